import type {
  Build,
  Claim,
  ContainerFile,
  ContainerSettings,
  ContainerSpec,
  EngineCapabilities,
  NetworkAttachment,
  NetworkSpec,
  Observed,
  ObservedContainer,
  RegistryCredentials,
  VolumeSpec,
} from '@bulkhead/model'

import type { Recall } from './recall.ts'

export type { RegistryCredentials }

/**
 * The engine as the rest of Bulkhead sees it. One function per operation; each
 * is idempotent where the engine's own answer allows it (stopping what is
 * stopped, removing what is gone: done), and throws BulkheadError with a code
 * for what a user can cause or cure.
 */
export interface Engine {
  /** Cached after the first answer; `refresh` asks again. */
  capabilities(refresh?: boolean): Promise<EngineCapabilities>
  /** One snapshot of a project, few calls: lists by label, inspection of its containers in parallel. */
  observe(query: ObserveQuery): Promise<Observed>
  /**
   * One line for each Compose project on the engine, which changes with whatever
   * the engine's lists show of its containers, networks and volumes.
   */
  census(): Promise<ReadonlyMap<string, string>>
  /** One container, afresh; undefined: it is gone. `container`: id or name. */
  inspect(container: string): Promise<ObservedContainer | undefined>
  /** A container and its image in the engine's own words; undefined: it is gone. */
  describe(container: string): Promise<ContainerDescription | undefined>
  /** What runs in a container, as the engine tells it; its columns are the engine's own. @throws BulkheadError BH_CONFLICT when it doesn't run */
  processes(container: string): Promise<Processes>
  /** Compose projects on the engine, ours or not, with a count of containers by state. */
  projects(): Promise<readonly ProjectOnEngine[]>
  /** Who keeps what: all claims, or those on one project. */
  claims(project?: string): Promise<readonly Claim[]>
  /** Makes a claim where none of this project and generation is. Returns the one that is there then: the first one wins. */
  placeClaim(claim: Claim): Promise<Claim>
  /** Done too when it is gone. */
  removeClaim(claim: Pick<Claim, 'project' | 'generation'>): Promise<void>

  createNetwork(network: NetworkSpec, signal?: AbortSignal): Promise<void>
  removeNetwork(id: string, signal?: AbortSignal): Promise<void>
  /** Done too when the container is on it. A container that does not run joins it at its next start. */
  connectNetwork(container: string, attachment: NetworkAttachment, signal?: AbortSignal): Promise<void>
  /** Done too when the container is not on it, or when either is gone. `network`: name. */
  disconnectNetwork(container: string, network: string, signal?: AbortSignal): Promise<void>
  /**
   * Has a running container found under other names on a network that it is on. Returns whether it has kept its
   * address, and with it its connections. `asked`: the engine is asked for the same address, which the container
   * then needs whenever it starts again.
   */
  aliasContainer(
    container: string,
    attachment: NetworkAttachment,
    options: { readonly asked: boolean },
    signal?: AbortSignal,
  ): Promise<boolean>
  createVolume(volume: VolumeSpec, signal?: AbortSignal): Promise<void>
  removeVolume(name: string, signal?: AbortSignal): Promise<void>
  /** Creates and attaches all networks; on an API below 1.44 the second and later ones by connect. Returns the id. */
  createContainer(container: ContainerSpec, signal?: AbortSignal): Promise<string>
  /** `container`: id or name, here and below. */
  startContainer(container: string, signal?: AbortSignal): Promise<void>
  stopContainer(container: string, timeoutSeconds: number | undefined, signal?: AbortSignal): Promise<void>
  removeContainer(
    container: string,
    options: { readonly volumes: boolean },
    signal?: AbortSignal,
  ): Promise<void>
  renameContainer(container: string, name: string, signal?: AbortSignal): Promise<void>
  /** Sends a signal (`SIGINT`). Done when it doesn't run or is gone. */
  killContainer(container: string, name: string, signal?: AbortSignal): Promise<void>
  /** Has a paused container go on. Done too when it does not rest, or is gone. */
  unpauseContainer(container: string, signal?: AbortSignal): Promise<void>
  /** Changes what may be changed while a container runs. What is not named, or 0, stays as it is. */
  updateContainer(
    container: string,
    settings: Partial<ContainerSettings>,
    signal?: AbortSignal,
  ): Promise<void>
  putFiles(container: string, files: readonly ContainerFile[], signal?: AbortSignal): Promise<void>
  /**
   * Runs a command in a running container to its end, and hands on what it writes.
   * An abort leaves it: the engine knows no way to end a command.
   *
   * @returns its exit code; 126 or 127 where it could not be run.
   */
  exec(container: string, command: ExecRequest, onOutput?: OnOutput, signal?: AbortSignal): Promise<number>
  /** Starts a command in a running container and stays with it. */
  openExec(container: string, command: ExecRequest, signal?: AbortSignal): Promise<Execution>
  /** Starts a command in a running container and leaves it. */
  startExec(container: string, command: ExecRequest, signal?: AbortSignal): Promise<void>
  /** A container's standard streams, from now on; also of one that's not started yet. */
  attach(container: string, options: AttachOptions, signal?: AbortSignal): Promise<Attachment>
  /**
   * Resolves once the engine watches the container, to a promise of its exit
   * code: whoever awaits the first before a start misses no end.
   */
  awaitExit(container: string, until: ExitCondition, signal?: AbortSignal): Promise<Exit>
  pullImage(request: PullRequest): Promise<void>
  buildImage(request: BuildRequest): Promise<void>
  pushImage(request: PushRequest): Promise<void>
  /** The name alone where the image has others, else the image. Done too when it is gone. @throws BulkheadError BH_CONFLICT while a container uses it */
  removeImage(reference: string, signal?: AbortSignal): Promise<void>
  /** Platforms (`linux/amd64`, `windows/amd64`) that the registry has for a reference; undefined: it could not tell in time. */
  imagePlatforms(
    reference: string,
    timeoutMs: number,
    credentials?: RegistryCredentials,
  ): Promise<readonly ImagePlatform[] | undefined>
  /**
   * The digest that the registry has for a reference now. A reference that holds
   * one already is not asked for.
   */
  imageDigest(reference: string, timeoutMs: number, credentials?: RegistryCredentials): Promise<ImageDigest>

  /**
   * Engine events, container and network ones, reconnecting never: ends or throws when the stream does.
   * `onOpen` is called once the engine listens: what is observed after it misses no event.
   */
  events(signal: AbortSignal, onOpen?: () => void): AsyncIterable<EngineEvent>
  /**
   * What the engine still remembers since a moment's second, oldest first, events of that very moment included: no more
   * than 256, nothing from before its own last start. `timeNano`: of an event, as text.
   */
  eventsSince(timeNano: string): Promise<PastEvents>
  logs(container: string, options: LogOptions): AsyncIterable<LogLine>
  close(): Promise<void>
}

export interface ExecRequest {
  /** Program and arguments. */
  readonly command: readonly string[]
  /** `NAME=value`, or `NAME` to unset it. */
  readonly environment?: readonly string[] | undefined
  readonly user?: string | undefined
  readonly workingDir?: string | undefined
  readonly privileged?: boolean | undefined
  readonly terminal?: boolean | undefined
  /** It may be written to; else it reads the end of its input at once. */
  readonly input?: boolean | undefined
  /** As the engine's clients write them: `ctrl-p,ctrl-q`. */
  readonly detachKeys?: string | undefined
  /** Of its terminal, from the start. */
  readonly size?: TerminalSize | undefined
}

export interface AttachOptions {
  readonly input: boolean
  readonly output: boolean
  /** What it wrote before comes first. */
  readonly logs?: boolean | undefined
  readonly detachKeys?: string | undefined
}

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

/** Some bytes that a container or command wrote. */
export interface Output {
  readonly stream: 'stdout' | 'stderr'
  readonly content: Buffer
}

/** The next bytes come when it has resolved. */
export type OnOutput = (output: Output) => Promise<void> | void

/** The standard streams of a container or command, both ways. */
export interface Attachment {
  /** It has a terminal: all that it writes is `stdout`. */
  readonly terminal: boolean
  /** To be read once. Ends with the program, or when it's detached from. */
  readonly output: AsyncIterable<Output>
  /** Resolves when more may be written. What nobody reads any more is dropped. */
  write(content: Buffer): Promise<void>
  /** The program reads the end of its input. */
  end(): void
  /** Of what has no terminal, or has ended: nothing happens. */
  resize(size: TerminalSize): Promise<void>
  /** Detaches: the program goes on. */
  close(): void
}

export interface Execution extends Attachment {
  /** Resolves when the command has ended; to be asked for after the output. */
  exitCode(): Promise<number>
}

/** `next`: also of one that's not started yet. `removed`: once it's gone too. */
export type ExitCondition = 'now' | 'next' | 'removed'

export interface Exit {
  readonly code: Promise<number>
}

export interface ObserveQuery {
  readonly project: string
  /** Engine names of networks and volumes to look up though they may lack the project's label. */
  readonly networks: readonly string[]
  /**
   * The project's networks by name, with the labels that tell their definition:
   * one that carries others, or that is not named here, may have to be removed,
   * so who else is on it is looked up. Absent: nobody is looked up.
   */
  readonly settled?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly volumes: readonly string[]
  /** Image references to resolve locally. */
  readonly images: readonly string[]
  /** What need not be inspected again. Absent: all is. */
  readonly recall?: Recall | undefined
}

export interface ContainerDescription {
  /** Body of `GET /containers/{id}/json`. */
  readonly container: unknown
  /** Body of `GET /images/{id}/json` of the image that it was made of; undefined: that is gone. */
  readonly image: unknown
}

/** A table: names of columns, and a row of as many cells for each process. */
export interface Processes {
  /** `UID`, `PID`, …; another engine, or another runtime, has others. */
  readonly titles: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface ProjectOnEngine {
  readonly name: string
  readonly workingDir: string | undefined
  readonly configFiles: readonly string[]
  /** e.g. `{ running: 2, exited: 1 }`. */
  readonly states: Readonly<Record<string, number>>
}

export interface ImagePlatform {
  readonly os: string
  readonly architecture: string
}

export interface ImageDigest {
  /** `sha256:…`: of the list where the image is for several platforms. */
  readonly digest: string
  /** Name in full, tag and digest; as it was given where it held a digest. */
  readonly pinned: string
}

export interface PullRequest {
  readonly reference: string
  readonly platform: string | undefined
  readonly credentials: RegistryCredentials | undefined
  /** Gives up (BH_PULL_TIMEOUT) when nothing has come for this long. */
  readonly idleTimeoutMs: number
  readonly signal?: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

export interface PushRequest {
  readonly reference: string
  readonly credentials: RegistryCredentials | undefined
  readonly signal?: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

export interface BuildRequest {
  readonly reference: string
  readonly build: Build
  readonly labels: Readonly<Record<string, string>>
  readonly platform: string | undefined
  /** Opens the context as a tar archive, `.dockerignore` already applied. Not asked where the engine fetches it. */
  readonly context: () => NodeJS.ReadableStream
  /** The same of `additional_contexts` that are folders, by their names. */
  readonly contexts?: Readonly<Record<string, () => NodeJS.ReadableStream>>
  /** What build steps may mount as secrets, by id. */
  readonly secrets?: Readonly<Record<string, Buffer>>
  /** Asked for what a registry wants before what the engine was connected with. */
  readonly credentials?: (reference: string) => Promise<RegistryCredentials | undefined>
  readonly signal?: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

export interface Progress {
  readonly message: string
  /** Bytes, over all layers. */
  readonly current?: number
  readonly total?: number
}

export interface EngineEvent {
  readonly type: 'container' | 'network' | 'volume' | 'image'
  /** `start`, `die`, `health_status`, `destroy`, … without the data that the engine appends. */
  readonly action: string
  /** Container id, network id, … */
  readonly id: string
  readonly project: string | undefined
  readonly service: string | undefined
  /** `healthy` or `unhealthy`, for health_status. */
  readonly health: string | undefined
  readonly exitCode: number | undefined
  /** Nanoseconds since the epoch, as text (it exceeds a double). */
  readonly timeNano: string
  readonly attributes: Readonly<Record<string, string>>
}

export interface PastEvents {
  readonly events: readonly EngineEvent[]
  /** How many it remembers, those included that tell nothing here. */
  readonly count: number
}

export interface LogOptions {
  readonly follow: boolean
  /** Lines from the end; undefined: all. */
  readonly tail: number | undefined
  readonly timestamps: boolean
  /** RFC 3339 or Unix seconds. */
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly signal?: AbortSignal
}

export interface LogLine {
  readonly stream: 'stdout' | 'stderr'
  /** Without the line end. */
  readonly text: string
  /** RFC 3339 with nanoseconds, when asked for. */
  readonly time: string | undefined
}
