import { contentTypes } from '@bulkhead/api'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Mask } from '../mask.ts'
import type { AuditStore, NewAuditRecord } from '../store/audit.ts'
import { actorOf } from './actor.ts'

export interface AuditOptions {
  readonly audit: Pick<AuditStore, 'append'>
  readonly maskOf: (project: string) => Mask
  readonly log: Pick<FastifyBaseLogger, 'error'>
}

/** Reads that are written down, as all that is kept goes out with them; and requests that change nothing. */
const alsoAudited: ReadonlySet<string> = new Set(['getBackup'])
const notAudited: ReadonlySet<string> = new Set(['checkConfig'])

/** Fields of requests that hold no secret. What else they say (files, environments, commands, logins) is left out. */
const told = [
  'action',
  'services',
  'service',
  'scale',
  'plan',
  'revision',
  'recreate',
  'build',
  'pull',
  'signal',
  'removeVolumes',
  'removeImages',
  'removeOrphans',
  'recreateVolumes',
  'rollback',
  'user',
  'privileged',
] as const

/**
 * Writes down every request that could change something, with who asked and
 * what came of it: before the answer goes out, so that nothing that was
 * answered is missing. A record that cannot be written is logged; the answer
 * is not taken back.
 */
export function auditRequests(app: FastifyInstance, { audit, maskOf, log }: AuditOptions): void {
  const written = new WeakSet<FastifyRequest>()
  const write = (request: FastifyRequest, reply: FastifyReply, payload: unknown): void => {
    if (written.has(request) || !isAudited(request)) return
    written.add(request)
    try {
      audit.append(recordOf(request, reply, payload, maskOf))
    } catch (error) {
      log.error({ err: error, operation: operationOf(request) }, 'request is missing in the audit log')
    }
  }
  app.addHook('onSend', async (request, reply, payload) => {
    write(request, reply, payload)
    return payload
  })
  // Answers that are streams are not sent, they are written.
  app.addHook('onResponse', (request, reply, done) => {
    write(request, reply, undefined)
    done()
  })
}

function isAudited(request: FastifyRequest): boolean {
  const operation = operationOf(request)
  if (operation === undefined || notAudited.has(operation)) return false
  return alsoAudited.has(operation) || !['GET', 'HEAD', 'OPTIONS'].includes(request.method)
}

function operationOf({ routeOptions }: FastifyRequest): string | undefined {
  return routeOptions.schema?.operationId
}

function recordOf(
  request: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  maskOf: AuditOptions['maskOf'],
): NewAuditRecord {
  const { headers, params, body } = request
  const answer = answerOf(payload)
  const asked = fieldsOf(body)
  const project = text(fieldsOf(params)['name']) ?? text(answer['project']) ?? text(asked['project'])
  const deployment = text(reply.getHeader('location'))?.split('/').at(-1)
  const actor = text(asked['author']) ?? actorOf(headers)
  const client = text(headers['user-agent'])
  const mask = project === undefined ? undefined : maskOf(project)
  const details = {
    ...Object.fromEntries(told.flatMap((name) => (asked[name] === undefined ? [] : [[name, asked[name]]]))),
    ...(typeof answer['revision'] === 'number' ? { revision: answer['revision'] } : {}),
  }
  const shown = mask === undefined ? details : (JSON.parse(mask(JSON.stringify(details))) as typeof details)
  const isProblem = String(reply.getHeader('content-type')).startsWith(contentTypes.problem)
  return {
    ...(actor === undefined ? {} : { actor }),
    from: client === undefined ? 'socket' : `socket, ${client.slice(0, 100)}`,
    operation: operationOf(request) ?? '',
    ...(project === undefined ? {} : { project }),
    ...(deployment === undefined ? {} : { deployment }),
    ...(Object.keys(shown).length === 0 ? {} : { request: shown }),
    outcome: `${reply.statusCode}${isProblem ? ` ${text(answer['code']) ?? ''}` : ''}`,
  }
}

function answerOf(payload: unknown): Readonly<Record<string, unknown>> {
  if (typeof payload !== 'string' || !payload.startsWith('{')) return {}
  try {
    return fieldsOf(JSON.parse(payload))
  } catch {
    return {}
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
