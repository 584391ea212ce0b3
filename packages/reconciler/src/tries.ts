import type { BulkheadError } from '@bulkhead/model'
import type { Clock } from './clock.ts'
import { failedAgain, hurried, nextTry, waitingOf } from './failures.ts'
import type { Log } from './log.ts'
import type { Notebook } from './notebook.ts'
import type { Ledger } from './port.ts'

/** Which services could not be brought up, and when each is tried again. It outlives the daemon. */
export interface Tries {
  /** Services whose next try is still to come. */
  aside(project: string): ReadonlySet<string>
  failed(project: string, services: readonly string[], error: BulkheadError): void
  /** Those of these services that failed before do so no more. */
  well(project: string, isWell: (service: string) => boolean): void
  /** Somebody asked for these services: they're tried at once, and their tries count anew. Undefined: for all. */
  forget(project: string, services: readonly string[] | undefined): void
  /** Something may have been put right. True: a try comes forward. `except`: of whom the news is. */
  hurry(project: string, except?: string): boolean
  /** Projects with a service that failed. */
  projects(): readonly string[]
  /** When the next try is due, in milliseconds since the epoch; undefined: none is. */
  next(project: string): number | undefined
}

export interface TriesOptions {
  readonly notebook: Notebook
  readonly ledger: Pick<Ledger, 'breakerOpened' | 'projects'>
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly log: Log
}

export function newTries({ notebook, ledger, clock, random, log }: TriesOptions): Tries {
  /** Those that have failures and maybe some that had; undefined: nobody has looked. */
  let known: Set<string> | undefined
  const troubled = (): Set<string> => (known ??= new Set(ledger.projects()))
  const keep = (project: string, isKept: (service: string) => boolean): void => {
    if (Object.keys(notebook.of(project).failures).length === 0) return
    notebook.change(project, ({ failures }) => ({
      failures: Object.fromEntries(Object.entries(failures).filter(([name]) => isKept(name))),
    }))
  }
  return {
    aside: (project) => waitingOf(notebook.of(project).failures, clock.now()),
    failed(project, services, error) {
      const before = notebook.of(project).failures
      const now = clock.now()
      const after = Object.fromEntries(
        services.map((name) => [name, failedAgain(before[name], error, now, random())]),
      )
      notebook.change(project, ({ failures }) => ({ failures: { ...failures, ...after } }))
      troubled().add(project)
      for (const [service, { open, attempts, reason, next }] of Object.entries(after)) {
        log.warn({ project, service, attempts, reason, next }, 'service could not be brought up')
        if (open === undefined || before[service]?.open !== undefined) continue
        log.warn({ project, service, reason, next }, 'breaker opened')
        ledger.breakerOpened(project, service, reason, next)
      }
    },
    well: (project, isWell) => keep(project, (service) => !isWell(service)),
    forget: (project, services) =>
      keep(project, (service) => services !== undefined && !services.includes(service)),
    hurry(project, except) {
      const before = notebook.of(project).failures
      if (Object.keys(before).length === 0) {
        troubled().delete(project)
        return false
      }
      const after = hurried(before, clock.now(), except)
      notebook.change(project, () => ({ failures: after }))
      return nextTry(after) !== nextTry(before)
    },
    projects: () => [...troubled()],
    next: (project) => nextTry(notebook.of(project).failures),
  }
}
