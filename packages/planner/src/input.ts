import type {
  DeploymentAction,
  DeploymentOptions,
  EndNote,
  EngineCapabilities,
  Intent,
  Network,
  Observed,
  Plan,
  Problem,
  Project,
  Provision,
  Service,
  Volume,
} from '@bulkhead/model'
import type { Decision } from './decide.ts'
import type { Wanted } from './divergence.ts'
import type { Former } from './hash.ts'
import type { UpdatePolicy } from './update-policy.ts'

export interface PlanInput {
  /** Undefined for a project that is known by the labels on the engine alone: it can be stopped and taken down. */
  readonly project: Project | undefined
  readonly name: string
  readonly intent: Intent
  readonly observed: Observed
  readonly capabilities: EngineCapabilities
  /** Id of this Bulkhead, on what it makes. Absent: nothing is said of that. */
  readonly owner?: string | undefined
  /** Keys our hashes; the same for the life of a store. */
  readonly hashKey: string
  /** Compose's own hashes, written as labels and compared where a container is Compose's. */
  readonly composeHashes: ComposeHashes
  /** Services that somebody else stopped: the loop's own rounds leave them so. */
  readonly held: ReadonlySet<string>
  /** Services that the loop's own rounds leave alone for now, as the last tries failed. Absent: none. */
  readonly aside?: ReadonlySet<string> | undefined
  /** Containers that ended otherwise than by themselves, by id: the loop starts them again. Absent: none. */
  readonly ended?: Readonly<Record<string, EndNote>> | undefined
  /** Which `post_start` hooks have run, by container id. */
  readonly hooksRun: ReadonlyMap<string, HooksRun>
  /** Set while the rounds of a deployment run, undefined in the loop's own rounds. */
  readonly deployment: DeploymentView | undefined
  /** What providers and models have given, as far as it is known. `project` has it already. Absent: none. */
  readonly provisions?: readonly Provision[] | undefined
  /** Names of the one-offs that somebody is about to start. */
  readonly attended?: ReadonlySet<string> | undefined
  /** What a container was made from, where that is still known: causes then name the fields that changed. */
  readonly former?: Former | undefined
}

/** Which of a container's `post_start` hooks have run since its last start. */
export interface HooksRun {
  /** `startedAt` of the container when they ran: after another start they are due again. */
  readonly startedAt: string
  /** How many of them, from the first. */
  readonly count: number
}

export interface ComposeHashes {
  /** The form that is written. `containers`: ids by service, as far as they are known; namespaces are hashed by them. */
  service(project: Project, service: Service, containers: ReadonlyMap<string, string>): string
  /** Every form in which a container that Compose made may carry it. @default the one that is written */
  forms?(service: Service, containers: ReadonlyMap<string, string>): readonly string[]
  network(network: Network): string
  volume(volume: Volume): string
}

export interface DeploymentView {
  readonly action: DeploymentAction
  readonly options: DeploymentOptions
  /** Images to pull or build although they are there, not yet done in this deployment. */
  readonly refresh: ImageRefresh | undefined
  /** Providers and models that have given in this deployment: those are not asked again. Absent: none. */
  readonly provided?: ReadonlySet<string> | undefined
  /** Containers that this deployment has started already: one that ended since is not started again. */
  readonly started: ReadonlySet<string>
  /** When it was asked for, ISO 8601. Absent: what started since is not told from what ran before. */
  readonly since?: string | undefined
  /** Containers that have proven good in this deployment, or whose failing was tolerated. Absent: none. */
  readonly proven?: ReadonlySet<string> | undefined
  /** Containers that this deployment's signal was sent to. */
  readonly signaled: ReadonlySet<string>
}

export interface ImageRefresh {
  /** Build every service that has a `build`. */
  readonly build: boolean
  /** ISO 8601: when it was asked for. Images have an age only against it. */
  readonly now: string
}

export interface PlanResult {
  readonly plan: Plan
  /** Errors: the plan is empty and nothing may be done. Warnings go with a plan. */
  readonly problems: readonly Problem[]
  /**
   * What the plan stops in order to start it again: id → its start until now. It
   * belongs in the intent before anything is stopped, or a crash in between
   * would leave it stopped for good.
   */
  readonly restarts?: Readonly<Record<string, string>>
  /** Services of which something was left out: those set aside, and what comes after them. Absent: none. */
  readonly left?: ReadonlySet<string>
}

export type UpInput = PlanInput & { readonly project: Project }

/** One service with all that was decided of it. */
export interface ServicePlan {
  readonly wanted: Wanted
  readonly decisions: readonly Decision[]
  /** Up to date, but stopped and started again: a dependency with `restart: true` is replaced. */
  readonly restarts: boolean
  /** Its containers are made and not started. */
  readonly rests: boolean
  /** How its containers are replaced; undefined: all at once, stop first. */
  readonly update: UpdatePolicy | undefined
  /** The deployment isn't about it: its containers stay as they are unless they have to follow others. */
  readonly bystander: boolean
}
