import type { Owner } from './claim.ts'
import type { ErrorCode } from './error.ts'

/**
 * What the loop notes of a project from round to round, and from one life of
 * the daemon to the next. The engine does not tell it again.
 */
export interface Notes {
  /** Services that somebody else stopped → since when, ISO 8601. */
  readonly held: Readonly<Record<string, string>>
  /** Containers that ended and are to run again: id → how they ended. */
  readonly ended: Readonly<Record<string, EndNote>>
  /** Ids of containers that we are about to stop. */
  readonly stopping: readonly string[]
  /** What somebody else last did to a container or network, by its name. */
  readonly touched: Readonly<Record<string, TouchNote>>
  /** What differs from what was asked for → since when it is known, ISO 8601. */
  readonly differs: Readonly<Record<string, string>>
  /** Services that the loop has trouble with. */
  readonly troubles: Readonly<Record<string, Trouble>>
  /** Services that could not be brought up, by name. */
  readonly failures: Readonly<Record<string, Failure>>
  /** Another Bulkhead has taken the project over: it is left alone until it is asked for here. Absent: it is ours. */
  readonly yielded?: Owner | undefined
}

export interface EndNote {
  /** ISO 8601, by the engine's clock. */
  readonly at: string
  /** In the user's words: `killed from outside (SIGKILL)`. */
  readonly cause: string
}

export interface TouchNote {
  /** ISO 8601, by the engine's clock. */
  readonly at: string
  /** The engine's word: `rename`, `update`, `disconnect`, … */
  readonly action: string
}

/** A service whose containers the loop has put right, in vain so far. Times are ISO 8601. */
export interface Trouble {
  /** The tries that count, oldest first. */
  readonly tries: readonly string[]
  /** What was wrong at the last of them. */
  readonly reason: string
  /** Not before this is it tried again. */
  readonly next?: string | undefined
  /** Since when the breaker is open: nothing more is tried. */
  readonly open?: string | undefined
}

/** A service for which the engine could not do what was planned. Times are ISO 8601. */
export interface Failure {
  /** The first of the tries that failed one after another. */
  readonly since: string
  readonly attempts: number
  /** The last of them. */
  readonly last: string
  readonly code: ErrorCode
  /** What was wrong at the last of them. */
  readonly reason: string
  /** Not before this is it tried again. */
  readonly next: string
  /** Since when the breaker is open: the tries are used up, and it's tried now and then only. */
  readonly open?: string | undefined
}

export const noNotes: Notes = {
  held: {},
  ended: {},
  stopping: [],
  touched: {},
  differs: {},
  troubles: {},
  failures: {},
}
