import type { Operation, Plan, PlanNode } from '@bulkhead/model'

/** A plan while it is being made: nodes are only ever added. */
export interface Draft {
  /** Adds a node and returns its id. Ids in `after` must be of nodes added before. */
  add(operation: Operation, after: readonly number[]): number
  plan(): Plan
}

export function newDraft(): Draft {
  const nodes: PlanNode[] = []
  return {
    add(operation, after) {
      const id = nodes.length + 1
      nodes.push({ id, operation, after: [...new Set(after)].sort((a, b) => a - b) })
      return id
    },
    plan: () => nodes,
  }
}
