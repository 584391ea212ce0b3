import { isBulkheadError, toProblem } from '@bulkhead/model'
import { planDown, planStop } from './down.ts'
import { planImages } from './images.ts'
import type { PlanInput, PlanResult } from './input.ts'
import { planUp } from './up.ts'

/**
 * Decides how to turn what is on the engine into what was asked for.
 *
 * Pure: no clock, no I/O, the same input gives the same plan. A second call
 * against the state that the plan leads to returns the empty plan. Where images
 * are missing, the plan only gets them: what a container is made of depends on
 * its image, so the next round plans the rest.
 */
export function plan(input: PlanInput): PlanResult {
  try {
    return planFor(input)
  } catch (error) {
    if (!isBulkheadError(error)) throw error
    return { plan: [], problems: [toProblem(error)] }
  }
}

function planFor(input: PlanInput): PlanResult {
  const { project, intent } = input
  if (intent.target === 'down') return planDown(input)
  if (intent.target === 'stopped') return planStop(input)
  if (project === undefined) return { plan: [], problems: [] }
  const images = planImages({ ...input, project })
  return images.length > 0 ? { plan: images, problems: [] } : planUp({ ...input, project })
}
