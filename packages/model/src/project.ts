import type { SourcePosition } from './position.ts'
import type { Service } from './service.ts'

/**
 * A Compose project after interpolation, merge, extends, include, profiles and
 * normalization: every element in the specification's long form, under the
 * specification's own names (snake_case), so that one vocabulary serves the
 * files, the model and `bulkhead config`.
 */
export interface Project {
  readonly name: string
  /** Absolute folder that relative paths were resolved against. */
  readonly workingDir: string
  /** Absolute paths of the Compose files, in merge order. */
  readonly configFiles: readonly string[]
  /** Absolute paths given by `--env-file`; empty when only the default `.env` was read. */
  readonly environmentFiles: readonly string[]
  /** DOCKER_DEFAULT_PLATFORM: what services run that name no platform; absent: what the engine takes. */
  readonly defaultPlatform?: string | undefined
  /** COMPOSE_COMPATIBILITY: what stands between project, service and number in the names of containers and images is `_`. */
  readonly underscores?: true
  /** Enabled services by name, in start order (dependencies first, else by name). */
  readonly services: Readonly<Record<string, Service>>
  /** Services that no active profile enables. */
  readonly disabledServices: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, Network>>
  readonly volumes: Readonly<Record<string, Volume>>
  readonly secrets: Readonly<Record<string, FileObject>>
  readonly configs: Readonly<Record<string, FileObject>>
  readonly models: Readonly<Record<string, Model>>
  /** Texts of the seccomp profiles that services name, by path as it is written; one that is not there has none. */
  readonly seccompProfiles?: Readonly<Record<string, string>>
  /** Top-level `x-*`. */
  readonly extensions: Readonly<Record<string, unknown>>
  /** Where each element was written, by JSON pointer (RFC 6901), e.g. `/services/web/image`. */
  readonly positions: ReadonlyMap<string, SourcePosition>
}

/** A network of the project. `name` is the name on the engine. */
export interface Network {
  readonly name: string
  readonly external?: boolean | undefined
  readonly driver?: string | undefined
  readonly driver_opts?: Readonly<Record<string, string>> | undefined
  readonly ipam?: Ipam | undefined
  readonly internal?: boolean | undefined
  readonly attachable?: boolean | undefined
  readonly enable_ipv4?: boolean | undefined
  readonly enable_ipv6?: boolean | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
}

export interface Ipam {
  readonly driver?: string | undefined
  readonly config?: readonly IpamPool[] | undefined
  readonly options?: Readonly<Record<string, string>> | undefined
}

export interface IpamPool {
  readonly subnet?: string | undefined
  readonly ip_range?: string | undefined
  readonly gateway?: string | undefined
  readonly aux_addresses?: Readonly<Record<string, string>> | undefined
}

/** A named volume of the project. `name` is the name on the engine. */
export interface Volume {
  readonly name: string
  readonly external?: boolean | undefined
  readonly driver?: string | undefined
  readonly driver_opts?: Readonly<Record<string, string>> | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
}

/** A secret or a config: exactly one of `file`, `environment`, `content`, `external`. */
export interface FileObject {
  readonly name: string
  readonly external?: boolean | undefined
  /** Absolute path on the client's machine. */
  readonly file?: string | undefined
  /** Name of the environment variable that holds the value. */
  readonly environment?: string | undefined
  /** The text, for configs with inline `content`; for `environment`, the value that was read. Never printed for secrets. */
  readonly content?: string | undefined
  /** How `content` is written where its bytes are no UTF-8: of a file. Absent: as it is. */
  readonly encoding?: 'base64' | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly driver?: string | undefined
  readonly driver_opts?: Readonly<Record<string, string>> | undefined
  readonly template_driver?: string | undefined
}

export interface Model {
  readonly name?: string | undefined
  readonly model: string
  readonly context_size?: number | undefined
  readonly runtime_flags?: readonly string[] | undefined
}

/** JSON pointer of a path inside the project: `pointer('services', 'a/b')` is `/services/a~1b`. */
export function pointer(...path: readonly (string | number)[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/**
 * The position of an element, or of its nearest ancestor that was written in a
 * file (defaults have no place of their own).
 */
export function positionOf(
  project: Pick<Project, 'positions'>,
  ...path: readonly (string | number)[]
): SourcePosition | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const found = project.positions.get(pointer(...path.slice(0, length)))
    if (found !== undefined) return found
  }
  return undefined
}
