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
  readonly liveRestore: boolean
  readonly swarm: 'active' | 'inactive'
  /** Images are kept by containerd: several platforms of one, attestations, caches in registries. Absent: no. */
  readonly containerdImages?: boolean
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
