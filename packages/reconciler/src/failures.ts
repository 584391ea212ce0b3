import type { BulkheadError, ErrorCode, Failure, Notes, Plan, PlanNode } from '@bulkhead/model'
import { retryDelayMs } from './round.ts'

type Failures = Notes['failures']

/** Tries that may fail one after another before the breaker opens. */
const budget = 5
/** Milliseconds from one try to the next while it is open. */
const openMs = 300_000

/** Failures of the engine itself: no service is to blame, and none pays for it. */
export const ofEngine: ReadonlySet<ErrorCode> = new Set(['BH_ENGINE_UNREACHABLE', 'BH_INTERNAL'])

/**
 * What is noted of a service after one more try of it has failed. The delay
 * doubles from try to try; once the budget is used up the breaker is open and
 * a try is made every few minutes. One that only waits for another service
 * never opens: that one is to blame.
 *
 * @param now milliseconds since the epoch. @param jitter in [0, 1).
 */
export function failedAgain(
  before: Failure | undefined,
  { code, message }: Pick<BulkheadError, 'code' | 'message'>,
  now: number,
  jitter: number,
): Failure {
  const attempts = (before?.attempts ?? 0) + 1
  const at = new Date(now).toISOString()
  const isOpen = code !== 'BH_DEPENDENCY_FAILED' && (before?.open !== undefined || attempts >= budget)
  const delay = isOpen ? Math.round(openMs * (1 - jitter / 4)) : retryDelayMs(attempts, jitter)
  return {
    since: before?.since ?? at,
    attempts,
    last: at,
    code,
    reason: message,
    next: new Date(now + delay).toISOString(),
    ...(isOpen ? { open: before?.open ?? at } : {}),
  }
}

/** Services whose next try is still to come. */
export function waitingOf(failures: Failures, now: number): ReadonlySet<string> {
  const waiting = Object.entries(failures).filter(([, { next }]) => Date.parse(next) > now)
  return new Set(waiting.map(([name]) => name))
}

/** When the next try of any service is due, in milliseconds since the epoch. */
export function nextTry(failures: Failures): number | undefined {
  const times = Object.values(failures).map(({ next }) => Date.parse(next))
  return times.length === 0 ? undefined : Math.min(...times)
}

/**
 * Something has changed that may have stood in the way: tries come forward, but
 * for those of `except`, and never so close that a change of our own making
 * turns them in a circle.
 */
export function hurried(failures: Failures, now: number, except: string | undefined): Failures {
  return Object.fromEntries(
    Object.entries(failures).map(([name, failure]) => {
      const earliest = Math.max(now, Date.parse(failure.last) + spacingOf(failure))
      if (name === except || Date.parse(failure.next) <= earliest) return [name, failure]
      return [name, { ...failure, next: new Date(earliest).toISOString() }]
    }),
  )
}

/** What a dependency comes to is never our own doing. */
function spacingOf({ code, open }: Failure): number {
  if (code === 'BH_DEPENDENCY_FAILED') return 0
  return open === undefined ? 2000 : 5000
}

/** A node that failed. */
export interface Failed {
  readonly node: PlanNode
  readonly error: BulkheadError
}

/** Services that a failed node is a failed try of; none: it is one of the whole project. */
export function blamedFor({ node: { id, operation } }: Failed, plan: Plan): readonly string[] {
  if (operation.type === 'pullImage' || operation.type === 'pushImage') return operation.services
  if (operation.type !== 'awaitCondition')
    return 'service' in operation && operation.service !== undefined ? [operation.service] : []
  const waiting = plan.filter(({ after }) => after.includes(id))
  return [...new Set(waiting.flatMap(({ operation: its }) => ('service' in its ? [its.service] : [])))]
}
