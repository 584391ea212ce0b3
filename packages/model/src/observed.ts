/** What one look at the engine showed of one project. A snapshot: data, never a live handle. */
export interface Observed {
  readonly containers: readonly ObservedContainer[]
  /** Networks with the project's label, and those that the project names (external ones). */
  readonly networks: readonly ObservedNetwork[]
  readonly volumes: readonly ObservedVolume[]
  /** Local images by the reference that the project uses; absent: not on the engine. */
  readonly images: Readonly<Record<string, ObservedImage>>
}

export const containerStates = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
] as const
export type ContainerState = (typeof containerStates)[number]
export type Health = 'none' | 'starting' | 'healthy' | 'unhealthy'

export interface ObservedContainer {
  readonly id: string
  /** Without the leading slash. */
  readonly name: string
  readonly service: string
  /** `com.docker.compose.container-number`; undefined for one-offs. */
  readonly number: number | undefined
  readonly oneOff: boolean
  /** It runs a hook of its service (`pre_start`) and is no replica; absent: it is none of those. */
  readonly hook?: string | undefined
  readonly state: ContainerState
  readonly health: Health
  readonly exitCode: number
  /** The engine's own words when a start failed. */
  readonly error: string | undefined
  readonly oomKilled: boolean
  readonly restartCount: number
  /** ISO 8601; undefined when it never started. */
  readonly startedAt: string | undefined
  readonly finishedAt: string | undefined
  readonly createdAt: string
  readonly labels: Readonly<Record<string, string>>
  /** Reference as given at create. */
  readonly image: string
  readonly imageId: string
  readonly command: string
  /** OCI runtime that the engine reports for the container. */
  readonly runtime: string | undefined
  /** `HostConfig.Isolation`, Windows engines. */
  readonly isolation: string | undefined
  /** Ids of the containers in whose network, IPC or PID namespace it lives; absent: it has its own. */
  readonly sharesWith?: readonly string[]
  /** Attached networks: engine name → id. The id is empty until the container has run on the network. */
  readonly networks: Readonly<Record<string, string>>
  /** Its names on each network, by engine name of the network; absent: not known. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>
  /** What may be changed while it runs, as the engine has it now; absent: not known. */
  readonly settings?: ContainerSettings
  readonly mounts: readonly ObservedMount[]
  readonly ports: readonly ObservedPort[]
  /** The last health probes' output, newest last; masked by whoever prints it. */
  readonly healthLog: readonly { readonly exitCode: number; readonly output: string }[]
}

/** Settings of a container that `docker update` changes. 0, or no text: none. */
export interface ContainerSettings {
  /** `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:3`. */
  readonly restart: string
  /** Bytes. */
  readonly memory: number
  /** Bytes, memory and swap together; -1: no limit. */
  readonly memorySwap: number
  /** Bytes. */
  readonly memoryReservation: number
  /** Billionths of a processor. */
  readonly nanoCpus: number
  readonly cpuShares: number
  readonly cpuset: string
  readonly pidsLimit: number
}

export interface ObservedMount {
  readonly type: string
  /** Volume name, for `type: volume`. */
  readonly name: string | undefined
  readonly source: string
  /** Path inside the container. */
  readonly target: string
}

export interface ObservedPort {
  readonly hostIp: string | undefined
  readonly published: number | undefined
  readonly target: number
  readonly protocol: string
}

export interface ObservedNetwork {
  readonly id: string
  readonly name: string
  readonly driver: string
  readonly labels: Readonly<Record<string, string>>
  /** ISO 8601. */
  readonly createdAt?: string | undefined
  /** Names of the containers on it that are not of the project; only looked up where the query asks for it. */
  readonly strangers?: readonly string[]
}

export interface ObservedVolume {
  readonly name: string
  readonly driver: string
  readonly labels: Readonly<Record<string, string>>
}

export interface ObservedImage {
  readonly id: string
  readonly os: string
  readonly architecture: string
  /** Declared by the image: their targets get anonymous volumes. */
  readonly volumes: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** `repository@sha256:…`, of each registry that it came from or went to. */
  readonly digests?: readonly string[]
  /** All names that it has on the engine. */
  readonly tags?: readonly string[]
  /** Bytes. */
  readonly size?: number
  /** ISO 8601: when it was built. */
  readonly createdAt?: string
  /** ISO 8601: when it last got a name here; undefined: the engine does not know. */
  readonly taggedAt?: string
}
