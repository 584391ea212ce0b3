import type { OperationType, Plan, PlanBasis } from '@bulkhead/model'
import type { Preview } from './preview.ts'
import { sentence, subjectOf } from './text.ts'

/** What somebody has looked at and wants done: this and nothing else. */
export interface Approval {
  /** The plan's id. */
  readonly plan: string
  readonly basis: PlanBasis
  /** Each operation that may be carried out, `createContainer container shop-web-1`. */
  readonly operations: readonly string[]
}

export function approvalOf(plan: string, basis: PlanBasis, { plan: nodes, possible }: Preview): Approval {
  return { plan, basis, operations: [...new Set([...nodes, ...possible].map(keyOf))] }
}

/**
 * Which operations of a later round were not approved, in words. Waiting has no
 * effect; and what the plan itself makes may be taken away again, for a round
 * that was cut short leaves some of it behind.
 */
export function notApproved({ operations }: Approval, plan: Plan): readonly string[] {
  const approved = new Set(operations)
  return plan
    .filter((node) => {
      const { operation } = node
      if (waits.has(operation.type) || approved.has(keyOf(node))) return false
      const cleansUp = operation.type === 'stopContainer' || operation.type === 'removeContainer'
      return !(cleansUp && approved.has(`createContainer ${subjectOf(operation)}`))
    })
    .map(({ operation }) => sentence(operation))
}

const waits: ReadonlySet<OperationType> = new Set(['awaitCondition', 'awaitReplica', 'wait'])

function keyOf({ operation }: Plan[number]): string {
  return `${operation.type} ${subjectOf(operation)}`
}
