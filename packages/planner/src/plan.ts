import { imageActions, isBulkheadError, toProblem, type Observed } from '@bulkhead/model'
import { planDown, planStop } from './down.ts'
import { planErrand } from './errand.ts'
import { planImages } from './images.ts'
import type { PlanInput, PlanResult } from './input.ts'
import { labelledProject } from './labels.ts'
import { planProvisions } from './provisions.ts'
import { planSignal } from './signal.ts'
import { planLabelled, planUp } from './up.ts'

/**
 * Decides how to turn what is on the engine into what was asked for.
 *
 * Pure: no clock, no I/O, the same input gives the same plan. A second call
 * against the state that the plan leads to returns the empty plan. Where images
 * are missing, the plan only gets them: what a container is made of depends on
 * its image, so the next round plans the rest. So it is with what providers and
 * models give.
 */
export function plan(input: PlanInput): PlanResult {
  try {
    return planFor({ ...input, observed: inOrder(input.observed) })
  } catch (error) {
    if (!isBulkheadError(error)) throw error
    return { plan: [], problems: [toProblem(error)] }
  }
}

/** An engine lists in whatever order; the plan is the same for all of them. */
function inOrder(observed: Observed): Observed {
  const { containers, networks, volumes } = observed
  return {
    ...observed,
    containers: [...containers].sort((a, b) => order(a.name, b.name) || order(a.id, b.id)),
    networks: [...networks].sort((a, b) => order(a.name, b.name) || order(a.id, b.id)),
    volumes: [...volumes].sort((a, b) => order(a.name, b.name)),
  }
}

/** By code unit: the same in every language of the machine. */
function order(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function planFor(input: PlanInput): PlanResult {
  const { project, name, intent, deployment, observed } = input
  if (deployment !== undefined && imageActions.has(deployment.action))
    return { plan: project === undefined ? [] : planErrand({ ...input, project }, deployment), problems: [] }
  if (deployment?.options.signal !== undefined) return planSignal(input, deployment)
  if (intent.target === 'down') return planDown(input)
  if (intent.target === 'stopped') return planStop(input)
  if (project === undefined) {
    // Without files there is nothing that the loop could hold the engine to.
    if (deployment === undefined) return { plan: [], problems: [] }
    return planLabelled({ ...input, project: labelledProject(name, observed.containers) })
  }
  const images = planImages({ ...input, project })
  if (images.length > 0) return { plan: images, problems: [] }
  return planProvisions({ ...input, project }) ?? planUp({ ...input, project })
}
