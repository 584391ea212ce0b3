import type { SourcePosition } from './position.ts'

/**
 * Every failure that a user can cause or cure. The list is closed: a new code
 * needs an HTTP status (services/daemon) and an entry in docs/reference/errors.md.
 */
export const errorCodes = [
  'BH_BAD_REQUEST',
  'BH_BUILD_FAILED',
  'BH_BUNDLE_TOO_LARGE',
  'BH_COMPOSE_INVALID',
  'BH_COMPOSE_NOT_FOUND',
  'BH_COMPOSE_SYNTAX',
  'BH_COMPOSE_TOO_COMPLEX',
  'BH_COMPOSE_UNSUPPORTED',
  'BH_CONFLICT',
  'BH_DAEMON_RUNNING',
  'BH_DAEMON_START_FAILED',
  'BH_DAEMON_UNREACHABLE',
  'BH_DEPENDENCY_CYCLE',
  'BH_DEPENDENCY_FAILED',
  'BH_DEPLOYMENT_CANCELED',
  'BH_DEPLOYMENT_NOT_FOUND',
  'BH_DEPLOYMENT_TIMEOUT',
  'BH_DEVICE_UNAVAILABLE',
  'BH_ENGINE_FAILED',
  'BH_ENGINE_MISMATCH',
  'BH_ENGINE_UNREACHABLE',
  'BH_EXTENDS_INVALID',
  'BH_FILE_NOT_FOUND',
  'BH_HOOK_FAILED',
  'BH_IMAGE_NOT_FOUND',
  'BH_IMAGE_OS_MISMATCH',
  'BH_IMAGE_REFERENCE_INVALID',
  'BH_INCLUDE_INVALID',
  'BH_INTERNAL',
  'BH_INTERPOLATION_INVALID',
  'BH_ISOLATION_INVALID',
  'BH_ISOLATION_UNAVAILABLE',
  'BH_NAME_IN_USE',
  'BH_NETWORK_NOT_FOUND',
  'BH_NOT_FOUND',
  'BH_PLAN_NOT_FOUND',
  'BH_PLAN_STALE',
  'BH_PORT_IN_USE',
  'BH_PROJECT_NAME_INVALID',
  'BH_PROJECT_NOT_FOUND',
  'BH_PROJECT_OWNED',
  'BH_PROJECT_SUSPENDED',
  'BH_PROVIDER_FAILED',
  'BH_PROVIDER_NOT_FOUND',
  'BH_PULL_FAILED',
  'BH_PULL_TIMEOUT',
  'BH_PUSH_FAILED',
  'BH_REVISION_NOT_FOUND',
  'BH_ROLLED_BACK',
  'BH_SERVICE_NOT_FOUND',
  'BH_STORE_FAILED',
  'BH_STORE_FULL',
  'BH_UNAUTHORIZED',
  'BH_UPDATE_FAILED',
  'BH_USAGE',
  'BH_VARIABLE_REQUIRED',
  'BH_VOLUME_CHANGED',
  'BH_VOLUME_NOT_FOUND',
] as const

export type ErrorCode = (typeof errorCodes)[number]

export interface BulkheadErrorOptions {
  /** One imperative sentence: the next step. */
  readonly hint?: string | undefined
  readonly at?: SourcePosition | undefined
  readonly cause?: unknown
  /** All problems found, when there is more than one; the first is the error itself. */
  readonly problems?: readonly Problem[] | undefined
}

/**
 * One thing that is wrong (or, as a warning, doubtful) with what the user gave:
 * the form in which problems are collected, sent over REST and printed.
 */
export interface Problem {
  readonly severity: 'error' | 'warning'
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string | undefined
  readonly at?: SourcePosition | undefined
  /** Where in the project, e.g. `/services/web/ports/0` (RFC 6901). */
  readonly path?: string | undefined
  /** The line of the file at `at`, for a picture with a caret. Never a line of a secret. */
  readonly excerpt?: string | undefined
}

/** A failure the user can cause or cure. Broken invariants stay plain `Error`. */
export class BulkheadError extends Error {
  override readonly name = 'BulkheadError'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly at: SourcePosition | undefined
  readonly problems: readonly Problem[]

  constructor(code: ErrorCode, message: string, options: BulkheadErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.hint = options.hint
    this.at = options.at
    this.problems = options.problems ?? []
  }
}

/** True for any BulkheadError, also one that crossed a package boundary with its own copy of this class. */
export function isBulkheadError(error: unknown): error is BulkheadError {
  return error instanceof Error && error.name === 'BulkheadError' && 'code' in error
}

/** The error as a problem, for lists and for REST. */
export function toProblem(error: BulkheadError): Problem {
  return { severity: 'error', code: error.code, message: error.message, hint: error.hint, at: error.at }
}

/** One error for a list of problems: the first error speaks, all are carried. */
export function toError(problems: readonly Problem[]): BulkheadError {
  const first = problems.find(({ severity }) => severity === 'error')
  if (first === undefined) throw new Error('toError needs at least one problem that is an error')
  return new BulkheadError(first.code, first.message, { hint: first.hint, at: first.at, problems })
}
