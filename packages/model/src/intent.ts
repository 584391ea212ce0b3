export type Target = 'up' | 'stopped' | 'down'

/**
 * What is asked for of a service instead of that it runs.
 *
 * - `created`: its containers are made as the files say, and nothing starts them.
 * - `stopped`: its containers stay as they are, and none runs.
 * - `off`: none of its containers is wanted.
 */
export const rests = ['created', 'stopped', 'off'] as const
export type Rest = (typeof rests)[number]

/**
 * What was asked for beside the files: survives a restart of the daemon, and
 * is changed by deployments only. Everything in it is a state to be reached,
 * nothing is a step to be taken: what has been reached plans nothing.
 */
export interface Intent {
  /** `stopped`: containers are kept but none runs; `down`: nothing of the project is wanted on the engine. */
  readonly target: Target
  /** Services asked for by name; their dependencies come with them. Undefined: all enabled ones. */
  readonly services: readonly string[] | undefined
  /** Of those asked for by name: they come without their dependencies. */
  readonly alone: readonly string[]
  /** Services that are not to run, though they belong to those that are on. */
  readonly resting: Readonly<Record<string, Rest>>
  /** Replicas other than the files say. */
  readonly scale: Readonly<Record<string, number>>
  /** Services whose present containers stay as they are though they differ from the files. */
  readonly frozen: readonly string[]
  /**
   * Services whose update failed and rests, and why: their present containers stay as they are
   * until somebody brings the service up again. Absent: none.
   */
  readonly paused?: Readonly<Record<string, string>> | undefined
  /** Ids of containers to be replaced though they are as the files say. */
  readonly replace: readonly string[]
  /** Ids of containers to be removed. */
  readonly remove: readonly string[]
  /**
   * Containers that are to be started anew: id → the start (ISO 8601, '' for none)
   * that must be behind them. Once a container's own start has moved on it is done.
   */
  readonly restarts: Readonly<Record<string, string>>
  /** With `down`: also remove named (not external) and anonymous volumes. */
  readonly removeVolumes: boolean
  /** With `down`: references of the images to be removed too. */
  readonly removeImages: readonly string[]
  /** Containers of services that the project no longer has are removed. */
  readonly removeOrphans: boolean
  /** Also networks and volumes that no service uses. Absent: no. */
  readonly allResources?: boolean | undefined
  /**
   * Volumes whose definition has changed that may be removed and made again, by
   * name or key. Holds for the deployment that asked for it. Absent: none.
   */
  readonly recreateVolumes?: 'all' | readonly string[] | undefined
  /** Seconds to wait for a container to stop before it is killed; undefined: the service's own. */
  readonly stopTimeoutSeconds: number | undefined
}

export const upIntent: Intent = {
  target: 'up',
  services: undefined,
  alone: [],
  resting: {},
  scale: {},
  frozen: [],
  replace: [],
  remove: [],
  restarts: {},
  removeVolumes: false,
  removeImages: [],
  removeOrphans: false,
  stopTimeoutSeconds: undefined,
}
