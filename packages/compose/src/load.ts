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
  /** `--profile`; COMPOSE_PROFILES is read in addition. */
  readonly profiles: readonly string[]
  /** `--env-file`, as given; empty: COMPOSE_ENV_FILES, else `.env` of the project directory. */
  readonly environmentFiles: readonly string[]
  readonly options?: LoadOptions
}

/** All default to true, as in `docker compose config`. */
export interface LoadOptions {
  readonly interpolate?: boolean
  readonly normalize?: boolean
  readonly resolvePaths?: boolean
  readonly consistency?: boolean
  readonly resolveEnvironment?: boolean
}

export interface LoadResult {
  /** Undefined when any problem is an error. */
  readonly project: Project | undefined
  /** All of them at once, errors and warnings, in the order of the files. */
  readonly problems: readonly Problem[]
}

/**
 * Loads a Compose project. Pure: reads only through `reader`, never throws for
 * what a user wrote.
 */
export function load(_input: LoadInput): LoadResult {
  throw new Error('being written')
}
