import { contentTypes, problemTypePrefix } from '@bulkhead/api'
import type { ProblemDetails } from '@bulkhead/api'
import { BulkheadError, isBulkheadError } from '@bulkhead/model'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { errorCatalog } from '../error-catalog.ts'

/** The answer for an error, in the form of RFC 9457. */
export function problemDetails(error: BulkheadError): ProblemDetails {
  const { code, message, hint, at, problems } = error
  const { status, title } = errorCatalog[code]
  return {
    type: `${problemTypePrefix}${code}`,
    title,
    status,
    detail: message,
    code,
    ...(hint === undefined ? {} : { hint }),
    ...(at === undefined ? {} : { at }),
    ...(problems.length === 0 ? {} : { problems: [...problems] }),
  }
}

/** The one place where errors become answers. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toBulkheadError(error)
  if (problem.code === 'BH_INTERNAL') request.log.error({ err: error }, 'request failed')
  const details = problemDetails(problem)
  return reply.code(details.status).type(contentTypes.problem).send(details)
}

/** What a client is told of an error: its own faults in words, ours without details. */
export function toBulkheadError(error: unknown): BulkheadError {
  if (isBulkheadError(error)) return error
  const { code, statusCode, validation, validationContext, message } = error as Partial<FastifyError>
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new BulkheadError('BH_BUNDLE_TOO_LARGE', 'The body of the request is too large.', {
      hint: 'Leave out what the project does not need.',
    })
  }
  if (validation !== undefined) {
    const [first] = validation
    const where = `${validationContext ?? 'request'}${first?.instancePath ?? ''}`
    return new BulkheadError('BH_BAD_REQUEST', `${where}: ${first?.message ?? 'not valid'}.`, {
      hint: 'Compare the request with GET /openapi.json.',
    })
  }
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new BulkheadError('BH_BAD_REQUEST', message ?? 'The request is malformed.', {
      hint: 'Compare the request with GET /openapi.json.',
    })
  }
  return new BulkheadError('BH_INTERNAL', 'The daemon has a fault.', {
    hint: "Look at the daemon's log, and report it.",
    cause: error,
  })
}
