import { BulkheadError, type Plan } from '@bulkhead/model'
import { basisOf, movedSince, notApproved, preview, type PlanInput } from '@bulkhead/planner'
import type { DeploymentRequest } from './port.ts'

/**
 * Lets a round through that does what was approved and nothing else. Before
 * anything is done the state must be the one that the plan was made from, and
 * the plan the same; after that, what is still to be done must be part of it.
 *
 * @throws BulkheadError BH_PLAN_STALE
 */
export function checkApproved({ approval, begun }: DeploymentRequest, input: PlanInput, nodes: Plan): void {
  if (approval === undefined) return
  if (begun === true) {
    const others = notApproved(approval, nodes)
    if (others.length > 0) throw stale(`It would now take what is not part of it: ${listed(others)}`)
    return
  }
  const { project, intent, observed, hashKey: key } = input
  const now = basisOf({ kept: undefined, project, intent, observed, plan: preview(input).plan, key })
  const { revision, kept } = approval.basis
  const moved = movedSince(approval.basis, { ...now, revision, kept })
  if (moved.length > 0) throw stale(`Since it was made: ${listed(moved)}`)
}

/** The plan does not fit any more; `why`: a clause that says what moved. */
export function stale(why: string): BulkheadError {
  return new BulkheadError('BH_PLAN_STALE', `The plan is out of date. ${why}.`, {
    hint: 'Make a new one with `bulkhead plan`, and look at it again.',
  })
}

const mostTold = 5

export function listed(texts: readonly string[]): string {
  const rest = texts.length - mostTold
  return `${texts.slice(0, mostTold).join('; ')}${rest > 0 ? `; and ${rest} more` : ''}`
}
