/**
 * What a client sends of a project: exactly the files and variables that its
 * loader read, and nothing else of its machine. The daemon loads from this
 * alone; no path in it is ever opened on the daemon's own host.
 */
export interface Bundle {
  /** Absolute folder of the client from which the files were named. */
  readonly workingDir: string
  /** Compose files in merge order, absolute, as `-f` named them; empty: found again among `files` by the loader's rules. */
  readonly configFiles: readonly string[]
  /** `--project-directory`, absolute; undefined: the folder of the first Compose file. */
  readonly projectDirectory?: string | undefined
  /** `-p`; undefined: by the loader's rules. */
  readonly projectName?: string | undefined
  readonly profiles: readonly string[]
  /** Services asked for by name, where that enables some that the profiles do not. */
  readonly services?: readonly string[] | undefined
  /** `--env-file`, absolute. */
  readonly environmentFiles: readonly string[]
  /** Contents by absolute path; bytes that are not UTF-8 as base64. */
  readonly files: Readonly<Record<string, BundleFile>>
  /** The variables that were looked up and were set. */
  readonly environment: Readonly<Record<string, string>>
  /** Build contexts: absolute folder → digest (`sha256:…`) of its archive, uploaded before. */
  readonly contexts: Readonly<Record<string, string>>
}

export type BundleFile = string | { readonly base64: string }
