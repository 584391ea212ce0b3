export type Target = 'up' | 'stopped' | 'down'

/**
 * What was asked for beside the files: survives a restart of the daemon, and
 * is changed by deployments only.
 */
export interface Intent {
  /** `stopped`: containers are kept but none runs; `down`: nothing of the project is wanted on the engine. */
  readonly target: Target
  /** Services asked for by name; their dependencies come with them. Undefined: all enabled ones. */
  readonly services: readonly string[] | undefined
  /** With `down`: also remove named (not external) and anonymous volumes. */
  readonly removeVolumes: boolean
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
  readonly scale: Readonly<Record<string, number>>
  /** Raised to have a service recreated though nothing changed. */
  readonly nonces: Readonly<Record<string, number>>
}

export const upIntent: Intent = {
  target: 'up',
  services: undefined,
  removeVolumes: false,
  removeOrphans: false,
  stopTimeoutSeconds: undefined,
  scale: {},
  nonces: {},
}
