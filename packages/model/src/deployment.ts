import type { ErrorCode, Problem } from './error.ts'

export const deploymentActions = [
  'up',
  'create',
  'scale',
  'start',
  'stop',
  'restart',
  'kill',
  'rm',
  'down',
  'build',
  'pull',
  'push',
] as const
export type DeploymentAction = (typeof deploymentActions)[number]
/** Those about images alone: they change nothing that is kept, and no container. */
export const imageActions: ReadonlySet<DeploymentAction> = new Set(['build', 'pull', 'push'])
export type DeploymentOutcome = 'succeeded' | 'failed' | 'canceled' | 'superseded'
export type DeploymentState = 'queued' | 'running' | DeploymentOutcome

export interface Deployment {
  readonly id: string
  readonly project: string
  readonly action: DeploymentAction
  readonly revision: number | undefined
  /** Id of the plan that it carries out, where somebody approved one. */
  readonly plan?: string | undefined
  readonly state: DeploymentState
  /** ISO 8601. */
  readonly createdAt: string
  readonly finishedAt: string | undefined
  /** Operations done so far, all rounds together; 0 at the end: nothing had to be changed. */
  readonly operations: number
  readonly problem: (Omit<Problem, 'code'> & { readonly code: ErrorCode }) | undefined
}

export const pullPolicies = ['always', 'missing', 'never', 'build'] as const
export type PullPolicy = (typeof pullPolicies)[number]

/**
 * How one deployment goes about what the intent says: stored with the
 * deployment, gone with it. The loop's own rounds know nothing of it.
 */
export interface DeploymentOptions {
  /** Services that it is about; undefined: all that are on. */
  readonly services?: readonly string[] | undefined
  /** Build images though they exist. */
  readonly build?: boolean | undefined
  /** Build none, even where one is missing. */
  readonly noBuild?: boolean | undefined
  /** In place of every service's own `pull_policy`. */
  readonly pull?: PullPolicy | undefined
  /** With `build`: every step anew. */
  readonly noCache?: boolean | undefined
  /** With `build`: newer images to build upon are pulled. */
  readonly pullBases?: boolean | undefined
  /** With `build`: they go before those of the files. */
  readonly buildArguments?: Readonly<Record<string, string>> | undefined
  /** With `build`: what was built is pushed. */
  readonly push?: boolean | undefined
  /** With `pull`: not what can be built. */
  readonly ignoreBuildable?: boolean | undefined
  /** With `pull` and `push`: an image that fails is only warned of. */
  readonly ignoreFailures?: boolean | undefined
  /** Images got at once; undefined: as many as the daemon gets at once. */
  readonly parallel?: number | undefined
  /** Containers that are replaced don't hand on their anonymous volumes. */
  readonly renewAnonymousVolumes?: boolean | undefined
  /** When it fails, the newest revision that was brought up whole is asked for again. */
  readonly rollback?: boolean | undefined
  /** It goes back to an earlier revision: `rollback_config` says how, in place of `update_config`. */
  readonly reverting?: boolean | undefined
  /** Providers and models that are asked again though they have given; undefined: none. */
  readonly renewProvisions?: readonly string[] | undefined
  /** A signal to be sent once; the deployment does nothing else. */
  readonly signal?: { readonly name: string; readonly containers: readonly string[] } | undefined
}
