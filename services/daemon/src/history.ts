import type { Revision, RevisionDetails } from '@bulkhead/api'
import type { FieldChange, Project } from '@bulkhead/model'
import { diff } from '@bulkhead/planner'
import type { LoadedProject, Loader } from './loaded.ts'
import { maskChanges } from './mask.ts'
import { unknownProject, unknownRevision } from './unknown.ts'

import type { RevisionEntry } from './store/projects.ts'
import type { Store } from './store/store.ts'

/** What was asked for of a project, revision by revision. */
export interface History {
  /** Newest first. */
  list(project: string): readonly Revision[]
  /** One revision, with what is different from the one before it that is kept. */
  details(project: string, number: number): RevisionDetails
}

/** Every function throws BulkheadError BH_PROJECT_NOT_FOUND, or BH_REVISION_NOT_FOUND. */
export function createHistory({
  store,
  loader,
}: {
  readonly store: Pick<Store, 'projects' | 'deployments'>
  readonly loader: Pick<Loader, 'revision'>
}): History {
  const { projects, deployments } = store

  const list: History['list'] = (name) => {
    const kept = projects.get(name)
    if (kept === undefined) throw unknownProject(name)
    const outcomes = deployments.outcomes(name)
    return projects.history(name).map((entry: RevisionEntry) => {
      const { number, createdAt, author, note } = entry
      const outcome = outcomes.get(number)
      return {
        number,
        createdAt,
        current: number === kept.revision,
        ...(author === undefined ? {} : { author }),
        ...(note === undefined ? {} : { note }),
        ...(outcome === undefined ? {} : { outcome }),
      }
    })
  }

  return {
    list,
    details(name, number) {
      const all = list(name)
      const index = all.findIndex((one) => one.number === number)
      const found = all[index]
      if (found === undefined) throw unknownRevision(name, number, all)
      const previous = all[index + 1]?.number
      const now = loader.revision(name, number)
      const before = previous === undefined ? undefined : loader.revision(name, previous)
      const mask = (text: string): string => now.mask(before?.mask(text) ?? text)
      return {
        ...found,
        ...(previous === undefined ? {} : { since: previous }),
        workingDir: now.project.workingDir,
        configFiles: [...now.project.configFiles],
        changes: before === undefined ? [] : [...maskChanges(changesBetween(before, now), mask)],
      }
    },
  }
}

function changesBetween(before: LoadedProject, now: LoadedProject): readonly FieldChange[] {
  return [
    ...diff(shapeOf(before.project), shapeOf(now.project)),
    ...contentChanges('configs', before.project, now.project),
    ...contentChanges('secrets', before.project, now.project),
  ].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** Without contents, and without what says where in the files it stands. */
function shapeOf({
  services,
  networks,
  volumes,
  secrets,
  configs,
}: Project): Readonly<Record<string, unknown>> {
  const bare = (objects: Project['configs']) =>
    Object.fromEntries(Object.entries(objects).map(([key, { content: _content, ...rest }]) => [key, rest]))
  return { services, networks, volumes, secrets: bare(secrets), configs: bare(configs) }
}

/** That a content changed is told, what it is, is not. */
function contentChanges(kind: 'configs' | 'secrets', before: Project, now: Project): readonly FieldChange[] {
  return Object.entries(now[kind]).flatMap(([key, { content }]) => {
    const old = before[kind][key]
    return old === undefined || old.content === content ? [] : [{ path: `${kind}.${key}.content` }]
  })
}
