import type { FailureAction } from '@bulkhead/model'

/** How the containers of a service are replaced, as `deploy.update_config` says, or `rollback_config` on the way back. */
export interface UpdatePolicy {
  /** Containers that are replaced at a time; Infinity: all. */
  readonly parallelism: number
  readonly delayMilliseconds: number
  readonly order: 'start-first' | 'stop-first'
  /** Why it is stop-first though the file says start-first. */
  readonly forbidden: string | undefined
  readonly onFailure: FailureAction
  /** Undefined: the file doesn't say. */
  readonly monitorMilliseconds: number | undefined
  /** So many containers may fail. */
  readonly tolerated: number
  /** How long one that leaves goes on after its names are gone. */
  readonly drainMilliseconds: number
}
