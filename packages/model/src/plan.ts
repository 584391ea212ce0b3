import type { Operation } from './operation.ts'

export interface PlanNode {
  /** Counts from 1 in the order of the list, which is a valid order of execution. */
  readonly id: number
  readonly operation: Operation
  /** Ids of the nodes that must be done before this one starts. */
  readonly after: readonly number[]
}

/** What is to be done, as a directed acyclic graph. Empty: the project has converged. */
export type Plan = readonly PlanNode[]
