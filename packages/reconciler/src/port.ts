import type {
  Deployment,
  DeploymentOptions,
  DeploymentEventBody,
  DeploymentOutcome,
  FailureAction,
  Intent,
  Notes,
  OperationOf,
  Problem,
  Project,
  Provision,
} from '@bulkhead/model'
import type { Approval, Former, HooksRun } from '@bulkhead/planner'

/** What was asked for of one project, as the store has it now. */
export interface DesiredState {
  /** Undefined for a project that only the labels on the engine tell of: it can be stopped and taken down. */
  readonly project: Project | undefined
  readonly intent: Intent
  readonly revision: number | undefined
  /** Absolute context folder → digest of its archive. */
  readonly contexts: Readonly<Record<string, string>>
  /** Reconciling rests: the project is looked at and not touched. Absent: it does not. */
  readonly suspended?: boolean
  /** The running deployment that the next rounds report to; undefined: rounds of the loop's own. */
  readonly deployment: DeploymentRequest | undefined
  /** Which `post_start` hooks have run, by container id. */
  readonly hooksRun: ReadonlyMap<string, HooksRun>
  /** What providers and models have given; `project` is without it. Absent: nothing. */
  readonly provisions?: readonly Provision[] | undefined
  /** What the project's containers were made from, as far as the store still has it. */
  readonly former?: Former | undefined
}

/** Programs outside the engine that provide services and models. */
export interface Programs {
  /**
   * Runs the program of a provider to its end.
   *
   * @returns what it gave; nothing for `stop` and `down`.
   * @throws BulkheadError BH_PROVIDER_NOT_FOUND, BH_PROVIDER_FAILED
   */
  provide(operation: OperationOf<'runProvider'>, surroundings: ProgramSurroundings): Promise<Given>
  /** Gets a model, and has it told where it is. @throws BulkheadError as above. */
  prepareModel(operation: OperationOf<'prepareModel'>, surroundings: ProgramSurroundings): Promise<Given>
}

export interface ProgramSurroundings {
  readonly project: string
  /** Ends the program. */
  readonly signal: AbortSignal
  /** A line for whoever is looking. */
  readonly output: (line: string) => void
}

export type Given = Pick<Provision, 'variables' | 'rawVariables' | 'stops'>

/** A container that is about to be removed. */
export interface LeavingContainer {
  readonly project: string
  readonly service: string
  /** Id. */
  readonly container: string
  readonly name: string
}

export interface DeploymentRequest {
  readonly id: string
  readonly action: Deployment['action']
  readonly options: DeploymentOptions
  /** Set where somebody approved a plan: only this may be done. */
  readonly approval?: Approval | undefined
  /** True once a round of it was planned, by this process or an earlier one. */
  readonly begun?: boolean
  /** ISO 8601. */
  readonly createdAt: string
  /** The files that it is about, where these aren't the ones that are kept: of what is about images alone. */
  readonly files?: Pick<DesiredState, 'project' | 'contexts'> | undefined
}

/** The update of a service whose new containers are no good. */
export interface FailedUpdate {
  readonly service: string
  readonly onFailure: Exclude<FailureAction, 'continue'>
}

/**
 * The reconciler's view of the store. Synchronous: what a round decides on and
 * what it says of it is on disk before the next step.
 */
export interface Ledger {
  /** Names of all projects that are kept. */
  projects(): readonly string[]
  desired(project: string): DesiredState | undefined
  /**
   * Adds to what is to be restarted: id → the start that must be behind it. It outlives the round that stops it.
   * `replace`: ids of those that are to be made anew.
   */
  restarting(project: string, restarts: Readonly<Record<string, string>>, replace?: readonly string[]): void
  /** The tries of a service are used up. `next`: when it's tried all the same, ISO 8601; absent: when somebody asks for it. */
  breakerOpened(project: string, service: string, reason: string, next?: string): void
  /** `post_start` hooks of a container have run. */
  hookRan(project: string, container: string, run: HooksRun): void
  /** A provider or model was asked, or has given: in the place of what is kept of it. */
  provisioned(project: string, provision: Provision): void
  /** A provider has taken away what it made. */
  released(project: string, service: string): void
  /** A container is gone: what was kept of it can go too. */
  containerGone(container: string): void
  /** What the loop noted of a project; undefined: it is not kept. */
  notes(project: string): Notes | undefined
  note(project: string, notes: Notes): void
  /** Has all that is written meanwhile written at once, or nothing of it. */
  together(write: () => void): void
  /** The time of the last engine event that was seen, in nanoseconds since the epoch; undefined: none ever was. */
  seen(): string | undefined
  saw(timeNano: string): void
  deploymentRunning(id: string): void
  deploymentEvent(id: string, event: DeploymentEventBody): void
  /** An update that no deployment is there for has failed: it rests until somebody brings the service up again. */
  updatePaused(project: string, service: string, reason: string): void
  /**
   * Writes the final event and state. `operations`: done in all rounds. `update`: it failed as this update did,
   * and what is to come of that is written with it, or neither is.
   */
  deploymentFinished(
    id: string,
    outcome: DeploymentOutcome,
    operations: number,
    problem: Problem | undefined,
    update?: FailedUpdate,
  ): void
}
