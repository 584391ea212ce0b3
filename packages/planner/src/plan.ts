import {
  isBulkheadError,
  toProblem,
  type EngineCapabilities,
  type Intent,
  type Network,
  type Observed,
  type Plan,
  type Problem,
  type Project,
  type Service,
  type Volume,
} from '@bulkhead/model'
import { planDown, planStop } from './down.ts'
import { planImages } from './images.ts'
import { planUp } from './up.ts'

export interface PlanInput {
  /** Undefined for a project that is known by the labels on the engine alone: it can be stopped and taken down. */
  readonly project: Project | undefined
  readonly name: string
  readonly intent: Intent
  readonly observed: Observed
  readonly capabilities: EngineCapabilities
  /** Keys our hashes; the same for the life of a store. */
  readonly hashKey: string
  /** Compose's own hashes, written as labels and compared where a container is Compose's. */
  readonly composeHashes: ComposeHashes
  /** Services that somebody else stopped: the loop's own rounds leave them so. */
  readonly held: ReadonlySet<string>
  /** Set while the rounds of a deployment run, undefined in the loop's own rounds. */
  readonly deployment: DeploymentView | undefined
}

export interface ComposeHashes {
  service(project: Project, service: Service): string
  network(network: Network): string
  volume(volume: Volume): string
}

export interface DeploymentView {
  /** Images to pull or build although they are there, not yet done in this deployment. */
  readonly refresh: ImageRefresh | undefined
  /** Containers that this deployment has started already: one that ended since is not started again. */
  readonly started: ReadonlySet<string>
}

export interface ImageRefresh {
  /** Build every service that has a `build`. */
  readonly build: boolean
}

export interface PlanResult {
  readonly plan: Plan
  /** Errors: the plan is empty and nothing may be done. Warnings go with a plan. */
  readonly problems: readonly Problem[]
}

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
