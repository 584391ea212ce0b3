import type { Clearing } from './clear.ts'
import type { Draft } from './draft.ts'
import type { ServicePlan, UpInput } from './input.ts'
import type { Judgment } from './judge.ts'
import type { Resources } from './resources.ts'

/** What others wait for: the nodes after which a service's containers run, and which containers those are. */
export interface Emitted {
  readonly started: readonly number[]
  /** By id where they stay, by name where they are new. */
  readonly containers: readonly string[]
}

/** A plan while the nodes of its services are added, in start order. */
export interface Emission {
  readonly input: UpInput
  readonly plans: ReadonlyMap<string, ServicePlan>
  readonly judgment: Judgment
  readonly clearing: Clearing
  readonly resources: Resources
  readonly draft: Draft
  readonly emitted: Map<string, Emitted>
  /** awaitCondition nodes by service and condition. */
  readonly awaits: Map<string, number>
  /** Services stopped because what they depend on is replaced → the nodes that stop them. */
  readonly stops: ReadonlyMap<string, readonly number[]>
  /** Service → the nodes that remove what its interrupted `pre_start` hooks left. */
  readonly leftovers: ReadonlyMap<string, readonly number[]>
}
