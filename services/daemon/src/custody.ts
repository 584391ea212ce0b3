import type { Ownership } from '@bulkhead/reconciler'
import type { FastifyBaseLogger } from 'fastify'
import type { Feed } from './feed.ts'
import type { Store } from './store/store.ts'
import { unknownProject } from './unknown.ts'

/** Whether Bulkhead looks after a project. Nothing here touches what runs. */
export interface Custody {
  /** Has reconciling rest: the project is looked at and not touched. Its running deployment is canceled. */
  suspend(name: string): void
  /** Has it go on, from what is there by now. */
  resume(name: string): void
  /** Stops keeping the project, which is nobody's then; all of it runs on. */
  release(name: string): Promise<void>
}

export interface CustodyOptions {
  readonly store: Pick<Store, 'projects' | 'deployments' | 'events' | 'transaction'>
  readonly ownership: Pick<Ownership, 'cede'>
  readonly log: Pick<FastifyBaseLogger, 'warn'>
  readonly feed: Feed
  readonly interrupt: (project: string) => void
  /** Has all that failed tried again. */
  readonly retry: (project: string) => void
}

/** Every function throws BulkheadError BH_PROJECT_NOT_FOUND for a project that is not kept. */
export function createCustody({ store, ownership, log, feed, interrupt, retry }: CustodyOptions): Custody {
  const { projects, deployments, events } = store
  const tell = (project: string, action: string): void =>
    events.append({ project, type: 'custody', action, attributes: {} })

  /** Cancels what runs for the project once the store says so; returns what was canceled. */
  const leave = (name: string, action: string, change: () => void): void => {
    if (projects.get(name)?.revision === undefined) throw unknownProject(name)
    const active = store.transaction(() => {
      const running = deployments.active(name)?.id
      if (running !== undefined) deployments.finish(running, 'canceled', 0, undefined)
      change()
      return running
    })
    tell(name, action)
    interrupt(name)
    if (active !== undefined) feed.ring(active)
  }

  return {
    suspend: (name) => leave(name, 'suspended', () => projects.suspend(name, true)),
    resume(name) {
      if (projects.get(name) === undefined) throw unknownProject(name)
      projects.suspend(name, false)
      tell(name, 'resumed')
      retry(name)
    },
    async release(name) {
      leave(name, 'released', () => void projects.remove(name))
      try {
        await ownership.cede(name)
      } catch (error) {
        // It is made up for when the engine answers again.
        log.warn({ project: name, error: String(error) }, 'the claim on a released project stays for now')
      }
    },
  }
}
