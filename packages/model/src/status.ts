import type { Owner } from './claim.ts'
import type { ContainerState, Health, ObservedPort } from './observed.ts'
import type { IsolationMode } from './isolation.ts'
import type { Rest, Target } from './intent.ts'

/** What `ps`, the API and the dashboard show of a project. */
export interface ProjectStatus {
  readonly name: string
  readonly workingDir: string | undefined
  readonly configFiles: readonly string[]
  /** Number of the current revision; undefined for projects that Bulkhead does not keep. */
  readonly revision: number | undefined
  readonly target: Target
  /** Since when reconciling rests, ISO 8601; absent: it does not. */
  readonly suspended?: string
  /** The other Bulkhead that keeps it; absent: none does. */
  readonly owner?: Owner
  /** True when a plan made now would be empty. */
  readonly converged: boolean
  readonly services: readonly ServiceStatus[]
  /** What somebody changed without asking Bulkhead, as far as it is not repaired yet; absent: not looked for. */
  readonly drift?: readonly Drift[]
}

/** One field in which a thing on the engine is not as it was made. */
export interface Drift {
  /** Name of the container, network or volume. */
  readonly object: string
  readonly service: string | undefined
  /** In the file's terms where it has one: `mem_limit`. */
  readonly field: string
  readonly expected: string
  readonly actual: string
  /** Since when it is known, ISO 8601; undefined: it was found just now. */
  readonly since: string | undefined
  /** What the engine told: `rename`, `update`, `pause`, `kill`, `destroy`, `disconnect`; undefined: nothing. */
  readonly cause: string | undefined
}

export interface ServiceStatus {
  readonly name: string
  readonly isolation: {
    /** What the user wrote (`default` when nothing). */
    readonly mode: IsolationMode
    /** The OCI runtime, or the Windows isolation, that the mode means here. */
    readonly profile: string | undefined
  }
  /** Replicas that are to run. */
  readonly wanted: number
  /** What is asked for instead of that it runs; undefined: that it runs, or nothing. */
  readonly rest: Rest | undefined
  /** Since when it is held: somebody stopped it without asking Bulkhead. ISO 8601; absent: it is not. */
  readonly held?: string
  /**
   * Set while its breaker is open: the tries are used up. `next`: when it is tried once more all the same;
   * absent: when somebody asks for it. Absent: it is closed.
   */
  readonly breaker?: { readonly since: string; readonly reason: string; readonly next?: string }
  /** Set while it cannot be brought up and is tried again with a growing delay. Absent: it is not, or its breaker is open. */
  readonly failing?: {
    readonly since: string
    readonly reason: string
    readonly attempts: number
    readonly next: string
  }
  /** Why its update rests, half done; absent: it does not. */
  readonly paused?: string
  readonly replicas: readonly ReplicaStatus[]
}

export interface ReplicaStatus {
  readonly id: string
  readonly name: string
  readonly service: string
  readonly number: number | undefined
  readonly image: string
  readonly command: string
  readonly state: ContainerState
  readonly health: Health
  readonly exitCode: number
  readonly createdAt: string
  readonly startedAt: string | undefined
  readonly finishedAt: string | undefined
  readonly ports: readonly ObservedPort[]
  readonly labels: Readonly<Record<string, string>>
  readonly networks: readonly string[]
  readonly mounts: readonly string[]
  /** OCI runtime (Linux) or isolation (Windows) that the engine reports for the container. */
  readonly runtime: string | undefined
}
