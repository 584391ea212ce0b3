import {
  bulkheadLabels,
  isBulkheadError,
  isIsolationMode,
  type Project,
  type Provision,
} from '@bulkhead/model'
import { hashOf, withProvisions, type Former } from '@bulkhead/planner'
import type { LoadedProject, Loader } from './loaded.ts'
import type { Mask } from './mask.ts'
import type { ProjectStore } from './store/projects.ts'

export interface FormerOptions {
  readonly projects: Pick<ProjectStore, 'revisions' | 'provisions'>
  readonly loader: Pick<Loader, 'revision'>
  readonly hashKey: string
}

/** What the containers of a project were made from. */
export interface Past {
  readonly former: Former
  /** Hides the secrets of the revisions that were looked at. */
  readonly mask: Mask
}

/** Revisions looked at, from the newest. */
const depth = 10

/**
 * Finds what a container was made from: the newest revision that comes to the
 * hash on its label. Revisions are loaded when they are asked for, once.
 */
export function pastOf(name: string, { projects, loader, hashKey }: FormerOptions): Past {
  const loaded = new Map<number, LoadedProject | undefined>()
  let provisions: readonly Provision[] | undefined
  const given = (project: Project): Project => {
    provisions ??= projects.provisions(name)
    return withProvisions(project, provisions)
  }
  const at = (number: number): LoadedProject | undefined => {
    if (!loaded.has(number)) loaded.set(number, loadOrSkip(loader, name, number))
    return loaded.get(number)
  }
  return {
    former({ service: key, labels }) {
      const hash = labels[bulkheadLabels.hash]
      const mode = labels[bulkheadLabels.isolation]
      if (hash === undefined || !isIsolationMode(mode)) return undefined
      for (const number of projects.revisions(name).slice(0, depth)) {
        const written = at(number)?.project
        const project = written && given(written)
        const service = project?.services[key] ?? project?.disabledServices[key]
        if (project === undefined || service === undefined) continue
        const made = { project, service, mode }
        if (hashOf({ ...made, key: hashKey }) === hash) return made
      }
      return undefined
    },
    mask: (text) => [...loaded.values()].reduce((shown, one) => one?.mask(shown) ?? shown, text),
  }
}

/** A revision that this version can't load tells nothing of the past. */
function loadOrSkip(
  loader: FormerOptions['loader'],
  name: string,
  number: number,
): LoadedProject | undefined {
  try {
    return loader.revision(name, number)
  } catch (error) {
    if (isBulkheadError(error)) return undefined
    throw error
  }
}
