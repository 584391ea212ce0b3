import type { Bundle, Problem } from '@bulkhead/model'
import type { Store } from './store/store.ts'

type Stores = Pick<Store, 'projects' | 'deployments'>

/** A revision to go back to. */
export interface Earlier {
  readonly number: number
  readonly bundle: Bundle
  /** The revision that failed. */
  readonly failed: number
}

/** The newest revision before a failed one that was brought up whole; undefined: none is kept. */
export function earlierOf(
  project: string,
  failed: number,
  { projects, deployments }: Stores,
): Earlier | undefined {
  // Brought up whole before as it stands: what has changed since is not in the files, and does not come back with them.
  if (deployments.lastGood(project, failed + 1) === failed) return undefined
  const number = deployments.lastGood(project, failed)
  const bundle = number === undefined ? undefined : projects.bundle(project, number)
  return number === undefined || bundle === undefined ? undefined : { number, bundle, failed }
}

/**
 * Asks for an earlier revision again, as a revision of its own. Part of the
 * transaction that tells of the failure, so that a daemon that dies here has
 * done both or neither. A rollback that fails is not rolled back.
 */
export function goBack(
  project: string,
  { number, bundle, failed }: Earlier,
  { store: { projects, deployments }, newId }: { readonly store: Stores; readonly newId: () => string },
): void {
  const kept = projects.get(project)
  if (kept === undefined) return
  const note = `revision ${failed} failed: back to revision ${number}`
  const revision = projects.addRevision(project, bundle, { author: 'bulkhead', note }).number
  projects.save({ ...kept, revision, intent: { ...kept.intent, paused: undefined } })
  deployments.create({
    id: newId(),
    project,
    action: 'up',
    revision,
    options: { reverting: true },
    author: 'bulkhead',
  })
}

/** Has what runs of a service left as it is, until somebody brings the service up again. */
export function pause(
  project: string,
  service: string,
  reason: string,
  projects: Pick<Stores['projects'], 'get' | 'save'>,
): void {
  const kept = projects.get(project)
  if (kept === undefined) return
  const paused = { ...kept.intent.paused, [service]: reason }
  projects.save({ ...kept, intent: { ...kept.intent, paused } })
}

/** What to say of it in the deployment that failed. */
export function backProblem(failed: number, earlier: Earlier | undefined): Problem {
  if (earlier !== undefined) {
    return {
      severity: 'warning',
      code: 'BH_ROLLED_BACK',
      message: `The project goes back to what revision ${earlier.number} said.`,
      hint: 'Follow it with `bulkhead history` and `bulkhead ps`.',
    }
  }
  return {
    severity: 'warning',
    code: 'BH_REVISION_NOT_FOUND',
    message: `There is no revision to go back to: none with other files than ${failed} was brought up whole before.`,
    hint: 'The project stays as the failed deployment left it.',
  }
}
