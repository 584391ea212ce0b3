import type { Files } from '../files.ts'
import type { Input } from '../input.ts'
import type { Json } from '../json.ts'
import type { Log } from '../log.ts'
import type { Running, TerminalSize } from '../program.ts'

export type Status = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'

/** A container: what it was made from, which stays, and how it is, which changes. */
export interface Container {
  readonly id: string
  name: string
  readonly createdAt: bigint
  readonly imageId: string
  /** `Config` of the Engine API, with what the image brings. */
  readonly config: Json
  /** `HostConfig` of the Engine API, filled in; an update replaces it. */
  host: Json
  readonly labels: Readonly<Record<string, string>>
  /** Entrypoint and command in one. */
  readonly argv: readonly string[]
  readonly mounts: readonly Mount[]
  /** By network name, in the order in which it joins them. */
  readonly attachments: Map<string, Attachment>
  readonly files: Files
  readonly log: Log
  readonly state: State
  health: Health | undefined
  running: Running | undefined
  /** What its next or present program reads. */
  input: Input
  size: TerminalSize
  /** How often its restart policy has started it again. */
  restartCount: number
  /** Milliseconds that the next restart waits. */
  backoff: number
  /** Somebody stopped or killed it: its restart policy rests. */
  manuallyStopped: boolean
  /** Somebody stops it just now, and whether that was told. */
  stopping: boolean
  stopTold: boolean
  removing: boolean
  /** Signals that came while it was paused. */
  readonly held: string[]
  /** Takes back the restart that is due. */
  cancelRestart: (() => void) | undefined
  /** Ports that it holds while it runs. */
  ports: readonly HeldPort[]
  /** Told of every end of its program, also when its policy starts it again. */
  readonly overs: Set<() => void>
  /** Those that wait for an exit or the removal. */
  readonly waiters: Set<Waiter>
}

export interface State {
  status: Status
  exitCode: number
  error: string
  oomKilled: boolean
  pid: number
  startedAt: bigint | undefined
  finishedAt: bigint | undefined
}

export interface Mount {
  readonly type: 'volume' | 'bind' | 'tmpfs' | 'npipe'
  /** Volume name. */
  readonly name: string | undefined
  readonly source: string
  readonly target: string
  readonly mode: string
  readonly writable: boolean
  /** Goes with its container when that is asked for. */
  readonly anonymous: boolean
}

/** A network that a container is on, or will be when it starts. */
export interface Attachment {
  /** `EndpointSettings` as given. */
  readonly settings: Json
  /** Empty until it has been there. */
  networkId: string
}

export interface HeldPort {
  /** `80/tcp` */
  readonly target: string
  readonly hostIp: string
  readonly hostPort: number
}

export interface Waiter {
  readonly condition: 'exit' | 'removed'
  readonly done: (exitCode: number) => void
}

export interface Health {
  status: 'starting' | 'healthy' | 'unhealthy'
  failingStreak: number
  readonly log: readonly Probe[]
  stop(): void
}

export interface Probe {
  readonly start: bigint
  readonly end: bigint
  readonly exitCode: number
  readonly output: string
}
