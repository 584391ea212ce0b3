import type { Problem } from '@bulkhead/model'

export interface Dotenv {
  /** In the order of the file; a name with no value and none in the environment is left out. */
  readonly values: ReadonlyMap<string, string>
  /** Errors, and warnings for variables that became blank. Values never show in them. */
  readonly problems: readonly Problem[]
}

/** Reading ends after so many mistakes: a file with more of them isn't an env file. Warnings beyond it are dropped. */
export const maximumProblems = 50
