/** What an engine is and can do: asked once per connection, never assumed. */
export interface EngineCapabilities {
  /** Identity of the engine (`GET /info` → `ID`), to tell one engine from another. */
  readonly id: string
  readonly name: string
  /** e.g. `26.1.5`. */
  readonly version: string
  /** Highest API version it speaks, e.g. `1.45`. */
  readonly apiVersion: string
  readonly os: 'linux' | 'windows'
  /** GOARCH, e.g. `amd64`. */
  readonly architecture: string
  readonly kernelVersion: string
  /** e.g. `Debian GNU/Linux 12 (bookworm)`. */
  readonly operatingSystem: string
  /** OCI runtimes by name; `path` and arguments as the engine reports them. */
  readonly runtimes: Readonly<Record<string, EngineRuntime>>
  readonly defaultRuntime: string | undefined
  /** Windows engines: what `default` isolation means there. */
  readonly defaultIsolation: 'process' | 'hyperv' | undefined
  /** e.g. `name=seccomp,profile=default`, `name=rootless`. */
  readonly securityOptions: readonly string[]
  /** Folders in which it looks for CDI devices; empty or undefined: it knows none. */
  readonly cdiSpecDirs?: readonly string[] | undefined
  readonly liveRestore: boolean
  readonly swarm: 'active' | 'inactive'
  /** Images are kept by containerd: several platforms of one, attestations, caches in registries. Absent: no. */
  readonly containerdImages?: boolean
  /** Absent: the engine did not tell; nothing is refused or warned of for it. */
  readonly features?: EngineFeatures
}

/** What the engine's machine lets it do: what is missing here is dropped by the engine, or refused late. */
export interface EngineFeatures {
  /** Undefined: none, as without root and without systemd: no limit holds. */
  readonly cgroupVersion: '1' | '2' | undefined
  readonly memoryLimit: boolean
  readonly swapLimit: boolean
  readonly oomKillDisable: boolean
  readonly cpuQuota: boolean
  readonly cpuShares: boolean
  readonly cpuSet: boolean
  readonly pidsLimit: boolean
  /** e.g. `overlay2`. */
  readonly storageDriver: string
  /** What the storage driver lies on, e.g. `extfs`, `xfs`; undefined: it does not say. */
  readonly backingFilesystem: string | undefined
  /** Built in, or installed and enabled; by name without a tag. */
  readonly logDrivers: readonly string[]
  readonly networkDrivers: readonly string[]
  readonly volumeDrivers: readonly string[]
}

export interface EngineRuntime {
  readonly path: string | undefined
  readonly args: readonly string[]
}

/** True when the engine's API is at least `wanted`, e.g. `apiAtLeast(capabilities, '1.44')`. */
export function apiAtLeast({ apiVersion }: Pick<EngineCapabilities, 'apiVersion'>, wanted: string): boolean {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number)
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number)
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}
