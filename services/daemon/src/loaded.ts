import { isUtf8 } from 'node:buffer'
import { bundleReader, readContents, withDockerfiles } from '@bulkhead/compose'
import type { LoadResult } from '@bulkhead/compose'
import { toError } from '@bulkhead/model'
import type { Bundle, FileObject, Problem, Project } from '@bulkhead/model'
import { maskFor, maskProblem, noMask, provisionMask } from './mask.ts'
import type { Mask } from './mask.ts'
import type { ProjectStore } from './store/projects.ts'

/** A bundle, understood. */
export interface LoadedProject {
  /** Secrets and configs of files have their content too: it counts for whether anything changed. */
  readonly project: Project
  /** Secrets and configs whose content was not sent: errors where a service that is to run needs them. */
  readonly missing: readonly Problem[]
  readonly contexts: Bundle['contexts']
  readonly mask: Mask
  readonly warnings: readonly Problem[]
  /** Services of the bundle that were asked for by name, where their profiles are active because of it. */
  readonly activating: readonly string[]
}

export interface Loader {
  /** @throws BulkheadError with all problems of the bundle. */
  load(bundle: Bundle): LoadedProject
  /** The kept project at its current revision; undefined where it has none. */
  current(name: string): LoadedProject | undefined
  /** The same at its newest revision. */
  latest(name: string): LoadedProject | undefined
  /** The same at any revision that is kept; not remembered. */
  revision(name: string, revision: number): LoadedProject
  /**
   * Keeps what a deployment about images alone was asked with, in memory: it changes nothing that is kept, so that
   * nothing of it is to be gone on with after a restart.
   */
  hold(deployment: string, loaded: LoadedProject): void
  held(deployment: string): LoadedProject | undefined
  letGo(deployment: string): void
  /** What may be shown of a project, kept or not. Never throws. */
  maskOf(name: string): Mask
  /** Masks the secrets of every project that was loaded: for the daemon's own log. */
  maskAll: Mask
}

/** Loads bundles, and remembers of each kept project what its current revision loads to. */
export function createLoader(loadBundle: (bundle: Bundle) => LoadResult, projects: ProjectStore): Loader {
  const known = new Map<string, { readonly revision: number; readonly loaded: LoadedProject }>()

  const errands = new Map<string, LoadedProject>()

  const load = (bundle: Bundle): LoadedProject => {
    const { project, problems, activating } = loadBundle(bundle)
    const mask = maskFor(project, bundle)
    const shown = problems.map((problem) => maskProblem(problem, mask))
    if (project === undefined) throw toError(shown)
    return { ...withContents(project, bundle), contexts: bundle.contexts, mask, warnings: shown, activating }
  }

  const read = (name: string, revision: number): LoadedProject => {
    const bundle = projects.bundle(name, revision)
    if (bundle === undefined) throw new Error(`revision ${revision} of ${name} is not in the store`)
    // The name was decided when the revision was stored; the rules may change, it does not.
    return load({ ...bundle, projectName: name })
  }

  const at = (name: string, revision: number | undefined): LoadedProject | undefined => {
    if (revision === undefined) return undefined
    const cached = known.get(name)
    if (cached?.revision === revision) return cached.loaded
    const loaded = read(name, revision)
    known.set(name, { revision, loaded })
    return loaded
  }

  const current = (name: string) => at(name, projects.get(name)?.revision)

  /** What providers gave is not in the bundle. The last that was read serves where the store is closed. */
  const masks = new Map<string, Mask>()
  const given = (name: string, loaded: LoadedProject | undefined): Mask => {
    try {
      masks.set(name, provisionMask(loaded?.project, projects.provisions(name)))
    } catch {
      // What is masked is said all the same, and of a closed store nothing new comes.
    }
    return masks.get(name) ?? noMask
  }

  return {
    load,
    current,
    latest: (name) => at(name, projects.latest(name)),
    revision: read,
    hold: (deployment, loaded) => void errands.set(deployment, loaded),
    held: (deployment) => errands.get(deployment),
    letGo: (deployment) => void errands.delete(deployment),
    maskAll(text) {
      const ofKept = [...known].reduce(
        (shown, [name, { loaded }]) => given(name, loaded)(loaded.mask(shown)),
        text,
      )
      return [...errands.values()].reduce((shown, { mask }) => mask(shown), ofKept)
    },
    maskOf(name) {
      try {
        const loaded = current(name)
        const provided = given(name, loaded)
        return (text) => provided(loaded?.mask(text) ?? text)
      } catch {
        return () => '(withheld: the project does not load)'
      }
    },
  }
}

function withContents(project: Project, bundle: Bundle): Pick<LoadedProject, 'project' | 'missing'> {
  const reader = bundleReader(bundle)
  const { secrets, configs, problems } = readContents(project, reader)
  const filled = (objects: Project['secrets'], contents: ReadonlyMap<string, Uint8Array>) =>
    Object.fromEntries(
      Object.entries(objects).map(([key, object]) => {
        const bytes = contents.get(key)
        return [key, bytes === undefined ? object : { ...object, ...contentOf(bytes) }]
      }),
    )
  return {
    project: {
      ...withDockerfiles(project, reader),
      secrets: filled(project.secrets, secrets),
      configs: filled(project.configs, configs),
    },
    missing: problems,
  }
}

function contentOf(bytes: Uint8Array): Pick<FileObject, 'content' | 'encoding'> {
  const buffer = Buffer.from(bytes)
  if (isUtf8(buffer)) return { content: buffer.toString('utf8') }
  return { content: buffer.toString('base64'), encoding: 'base64' }
}
