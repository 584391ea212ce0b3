import type { Operation, Plan, PlanNode } from '@bulkhead/model'
import { stopHooks } from './hooks.ts'
import type { PlanInput } from './input.ts'

/** A plan while it is being made: nodes are only ever added. */
export interface Draft {
  /**
   * Adds a node and returns its id. Ids in `after` must be of nodes added
   * before. In front of a stop come the `pre_stop` hooks of the container, so
   * that nobody can plan the one without the other.
   */
  add(operation: Operation, after: readonly number[]): number
  /** The node that stops, removes or starts this container; undefined: none does so far. */
  stopOf(container: string): number | undefined
  removalOf(container: string): number | undefined
  startOf(container: string): number | undefined
  plan(): Plan
}

export function newDraft(input: Pick<PlanInput, 'project' | 'observed' | 'hashKey'>): Draft {
  const nodes: PlanNode[] = []
  const find = (
    type: 'stopContainer' | 'removeContainer' | 'startContainer',
    container: string,
  ): number | undefined =>
    nodes.find(({ operation }) => operation.type === type && operation.container === container)?.id
  const push = (operation: Operation, after: readonly number[]): number => {
    const id = nodes.length + 1
    nodes.push({ id, operation, after: [...new Set(after)].sort((a, b) => a - b) })
    return id
  }
  return {
    add(operation, after) {
      if (operation.type !== 'stopContainer') return push(operation, after)
      const hooked = stopHooks(input, operation).reduce((before, hook) => [push(hook, before)], after)
      return push(operation, hooked)
    },
    stopOf: (container) => find('stopContainer', container),
    removalOf: (container) => find('removeContainer', container),
    startOf: (container) => find('startContainer', container),
    plan: () => nodes,
  }
}
