import type { IncomingMessage } from 'node:http'
import { contentTypes } from '@bulkhead/api/paths'
import type { Address } from './address.ts'
import { sendOk, unreachable } from './http.ts'
import type { HttpRequest } from './http.ts'
import { readEvents } from './sse.ts'
import type { ServerSentEvent } from './sse.ts'

export interface StreamOptions {
  readonly signal?: AbortSignal | undefined
}

/** Resolves when the stream is open. @throws BulkheadError, also while it is read: BH_DAEMON_UNREACHABLE when it breaks. */
export async function openEvents(
  address: Address,
  path: string,
  options: Partial<Pick<HttpRequest, 'method' | 'headers' | 'query' | 'body' | 'signal'>>,
): Promise<AsyncGenerator<ServerSentEvent>> {
  const response = await sendOk(address, {
    method: 'GET',
    path,
    ...options,
    headers: { accept: contentTypes.events, ...options.headers },
  })
  return readEvents(body(address, response, options.signal))
}

async function* body(
  address: Address,
  response: IncomingMessage,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk as Buffer
  } catch (error) {
    if (signal?.aborted === true || !(error instanceof Error)) throw error
    throw unreachable(address, error)
  }
}
