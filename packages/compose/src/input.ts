import type { Problem, Project } from '@bulkhead/model'
import type { Reader } from './reader.ts'

export interface LoadInput {
  readonly reader: Reader
  /** Absolute folder that the command runs in: where discovery starts and relative names are resolved. */
  readonly workingDir: string
  /** `-f`, as given; empty: COMPOSE_FILE, else discovery in this folder and its parents. */
  readonly configFiles: readonly string[]
  /** `--project-directory`. */
  readonly projectDirectory?: string | undefined
  /** `-p`. */
  readonly projectName?: string | undefined
  /** `--profile`; empty: COMPOSE_PROFILES. `*` is all of them. */
  readonly profiles: readonly string[]
  /** Services asked for by name: their profiles are active for them and for what they depend on. */
  readonly services?: readonly string[] | undefined
  /** `--env-file`, as given; empty: COMPOSE_ENV_FILES, else `.env` of the project directory. */
  readonly environmentFiles: readonly string[]
  readonly options?: LoadOptions
}

/** All but `unused` default to true, as in `docker compose config`. */
export interface LoadOptions {
  /** False: variables stay as they are written, and so do types; `document` is what is of use then. */
  readonly interpolate?: boolean
  readonly normalize?: boolean
  readonly resolvePaths?: boolean
  readonly consistency?: boolean
  /** False: `env_file` is kept and not read. */
  readonly resolveEnvironment?: boolean
  /** Keep networks, volumes, secrets and configs that no enabled service uses. */
  readonly unused?: boolean
}

export interface LoadResult {
  /** Undefined when any problem is an error. */
  readonly project: Project | undefined
  /**
   * The merged document in long form, of all services whatever their profile, as
   * it is before types are brought in line: what `config --no-interpolate`
   * prints. Undefined when any problem is an error.
   */
  readonly document: Readonly<Record<string, unknown>> | undefined
  /** `services` of the input where they enable one that the profiles do not; else empty. */
  readonly activating: readonly string[]
  /** All of them at once, errors and warnings, in the order of the files. */
  readonly problems: readonly Problem[]
}
