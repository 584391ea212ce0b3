import type { DeploymentAction } from './deployment.ts'
import type { Problem } from './error.ts'
import type { Operation, OperationType } from './operation.ts'

export interface PlanNode {
  /** Counts from 1 in the order of the list, which is a valid order of execution. */
  readonly id: number
  readonly operation: Operation
  /** Ids of the nodes that must be done before this one starts. */
  readonly after: readonly number[]
}

/** What is to be done, as a directed acyclic graph. Empty: the project has converged. */
export type Plan = readonly PlanNode[]

/**
 * One field that is otherwise than it was, in the specification's terms:
 * `environment.GREETING`, `ports[0].published`. Without `old` it is new,
 * without `new` it is gone; without both it is only said to be different.
 */
export interface FieldChange {
  readonly path: string
  readonly old?: unknown
  readonly new?: unknown
}

/**
 * A plan as it is shown, kept and applied: what would be done, why, and from
 * which state on. The same state and the same request give the same document,
 * byte for byte; it holds no secret, no time and nothing of chance.
 */
export interface PlanDocument {
  readonly format: typeof planFormat
  /** 64 hexadecimal digits over the rest, keyed by the daemon that made it. */
  readonly id: string
  readonly project: string
  readonly action: DeploymentAction
  /** What is done to each thing, in order; empty: nothing would be done. */
  readonly actions: readonly PlanAction[]
  /** The steps of it, as the graph that they are. */
  readonly operations: readonly PlannedOperation[]
  /** What can be known only while the plan is carried out. */
  readonly unknowns: readonly PlanUnknown[]
  /** Warnings. */
  readonly problems: readonly Problem[]
  readonly basis: PlanBasis
}

export const planFormat = 'bulkhead-plan/1'

export const planActionKinds = [
  'pull',
  'build',
  'push',
  'create',
  'replace',
  'start',
  'restart',
  'stop',
  'remove',
  'change',
  'run',
  'wait',
] as const
export type PlanActionKind = (typeof planActionKinds)[number]

/** All that is done to one thing: a `replace` is several operations. */
export interface PlanAction {
  readonly kind: PlanActionKind
  /** `container shop-web-1`, under its final name. */
  readonly subject: string
  readonly service: string | undefined
  readonly cause: string
  /** Ids of the operations that it takes. */
  readonly operations: readonly number[]
  /** Of a replacement: what is different in the file; absent where that cannot be told. */
  readonly changes?: readonly FieldChange[]
}

export interface PlannedOperation {
  /** Counts from 1; the order of the list is a valid order of execution. */
  readonly id: number
  readonly type: OperationType
  readonly subject: string
  readonly service: string | undefined
  readonly cause: string
  /** Ids of those that must be done before. */
  readonly after: readonly number[]
}

export interface PlanUnknown {
  readonly service: string
  readonly message: string
}

/** From which state on the plan is right, as keyed digests: what differs has moved. */
export interface PlanBasis {
  /** The revision that was kept; undefined: none. */
  readonly revision: number | undefined
  /** What was kept of the project: intent and revisions. */
  readonly kept: string
  /** What the plan leads to: the project and the intent. */
  readonly wanted: string
  /** What was on the engine: `container shop-web-1`, `network shop_default`, `image bb:1` → digest. */
  readonly observed: Readonly<Record<string, string>>
  /** All operations in full, with what the document does not show of them. */
  readonly operations: string
}
