import { request as httpRequest } from 'node:http'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { actorHeader } from '@bulkhead/api/paths'
import { BulkheadError } from '@bulkhead/model'
import { formatAddress } from './address.ts'
import type { Address } from './address.ts'
import { toProblemError } from './problem.ts'

export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly query?: Readonly<Record<string, QueryValue>> | undefined
  readonly headers?: OutgoingHttpHeaders | undefined
  /** Text is sent as it is; a stream in chunks. */
  readonly body?: string | Readable | undefined
  readonly signal?: AbortSignal | undefined
  /** Milliseconds of silence after which the request fails; undefined: none. */
  readonly timeoutMs?: number | undefined
}

export type QueryValue = string | number | boolean | readonly string[] | undefined

/**
 * One request on a connection of its own, so that no idle socket can be closed
 * under it. Resolves when the head of the answer is there, whatever its status.
 *
 * @throws BulkheadError BH_DAEMON_UNREACHABLE when nothing answers.
 */
export function send(address: Address, request: HttpRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      socketPath: address.socketPath,
      agent: false,
      method: request.method,
      path: request.path + queryString(request.query),
      headers: {
        host: 'bulkhead',
        ...(address.actor === undefined ? {} : { [actorHeader]: encodeURIComponent(address.actor) }),
        ...request.headers,
      },
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    })
    if (request.timeoutMs !== undefined) {
      outgoing.setTimeout(request.timeoutMs, () => outgoing.destroy(new Error('it took too long to answer')))
    }
    outgoing.once('response', resolve)
    outgoing.once('error', (error) => reject(request.signal?.aborted ? error : unreachable(address, error)))
    sendBody(request.body, outgoing, reject)
  })
}

/** As `send`, and reads the JSON body; undefined for an empty one. @throws BulkheadError for every status that is not 2xx. */
export async function sendForJson(address: Address, request: HttpRequest): Promise<unknown> {
  const response = await sendOk(address, request)
  const text = await readText(address, response)
  return text === '' ? undefined : JSON.parse(text)
}

/** As `send`; an answer that is not 2xx is thrown as the problem it carries. */
export async function sendOk(address: Address, request: HttpRequest): Promise<IncomingMessage> {
  const response = await send(address, request)
  const status = response.statusCode ?? 0
  if (status >= 200 && status < 300) return response
  throw toProblemError(status, await readText(address, response))
}

/** What a broken connection means to the user. */
export function unreachable(address: Address, cause: Error): BulkheadError {
  const code = 'code' in cause ? cause.code : undefined
  const at = formatAddress(address)
  if (code === 'EACCES' || code === 'EPERM') {
    return new BulkheadError('BH_DAEMON_UNREACHABLE', `You may not use the daemon at ${at}.`, {
      hint: 'Join the group of its socket, or leave -H and BULKHEAD_HOST unset for a daemon of your own.',
      cause,
    })
  }
  if (code === 'ENOENT' || code === 'ECONNREFUSED') {
    return new BulkheadError('BH_DAEMON_UNREACHABLE', `No daemon answers at ${at}.`, {
      hint: 'Start one with `bulkhead daemon start`.',
      cause,
    })
  }
  return new BulkheadError(
    'BH_DAEMON_UNREACHABLE',
    `The connection to the daemon at ${at} broke: ${cause.message}.`,
    { hint: 'See `bulkhead daemon status` and the log of the daemon.', cause },
  )
}

async function readText(address: Address, response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer)
  } catch (error) {
    throw error instanceof Error ? unreachable(address, error) : error
  }
  return Buffer.concat(chunks).toString('utf8')
}

function sendBody(
  body: HttpRequest['body'],
  outgoing: ReturnType<typeof httpRequest>,
  reject: (error: Error) => void,
): void {
  if (body === undefined || typeof body === 'string') {
    outgoing.end(body)
    return
  }
  body.once('error', (error) => {
    reject(error)
    outgoing.destroy()
  })
  outgoing.once('close', () => body.destroy())
  body.pipe(outgoing)
}

function queryString(query: HttpRequest['query']): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one))
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}
