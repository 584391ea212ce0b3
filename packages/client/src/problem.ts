import { BulkheadError, errorCodes } from '@bulkhead/model'
import type { ErrorCode, Problem, SourcePosition } from '@bulkhead/model'

interface ProblemBody {
  readonly detail?: string
  readonly title?: string
  readonly code?: string
  readonly hint?: string
  readonly at?: SourcePosition
  readonly problems?: readonly Problem[]
}

/** The error that an answer with `application/problem+json` carries, all its problems with it. */
export function toProblemError(status: number, text: string): BulkheadError {
  const body = parse(text)
  if (body === undefined || !isErrorCode(body.code)) {
    // What it answers between the end of its work and that of its socket.
    if (status === 503) {
      return new BulkheadError('BH_DAEMON_UNREACHABLE', 'The daemon is about to stop.', {
        hint: 'Try again when it is back, or start it with `bulkhead daemon start`.',
      })
    }
    return new BulkheadError('BH_INTERNAL', `The daemon answered with status ${status} and no reason.`, {
      hint: 'Check that what listens there is bulkheadd, and look into its log.',
    })
  }
  return new BulkheadError(body.code, body.detail ?? body.title ?? body.code, {
    hint: body.hint,
    at: body.at,
    problems: body.problems,
  })
}

/** The error for one problem, as streams end with. */
export function problemToError({ code, message, hint, at }: Problem): BulkheadError {
  return new BulkheadError(code, message, { hint, at })
}

function parse(text: string): ProblemBody | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && (errorCodes as readonly string[]).includes(code)
}
