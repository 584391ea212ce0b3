import { once } from 'node:events'
import type { FastifyReply, FastifyRequest } from 'fastify'

export interface ServerSentEvent {
  readonly event: string
  readonly id?: string | number | undefined
  /** Sent as JSON. */
  readonly data: unknown
}

export interface SseOptions {
  /** Ends the stream: the daemon stops. */
  readonly closing: AbortSignal
  /** Comments sent when nothing else is, so that a dead connection shows. */
  readonly heartbeatMs: number
  /** The last event of a stream that fails. */
  readonly onError: (error: unknown) => ServerSentEvent
}

/**
 * Answers with a stream of events, over the raw response: one at a time, no
 * faster than the client reads. `source` gets a signal that fires when the
 * client goes away or the daemon stops, and must end then.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export async function sendEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  source: (signal: AbortSignal) => AsyncIterable<ServerSentEvent>,
  { closing, heartbeatMs, onError }: SseOptions,
): Promise<void> {
  reply.hijack()
  const response = reply.raw
  const gone = new AbortController()
  const leave = () => gone.abort()
  response.on('close', leave)
  response.on('error', leave)
  const signal = AbortSignal.any([gone.signal, closing])

  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  })
  const heartbeat = setInterval(() => {
    if (!response.writableNeedDrain) response.write(': still here\n\n')
  }, heartbeatMs)
  const write = async (event: ServerSentEvent): Promise<void> => {
    heartbeat.refresh()
    if (!response.write(frame(event))) await once(response, 'drain', { signal })
  }

  try {
    response.flushHeaders()
    for await (const event of source(signal)) {
      if (signal.aborted) break
      await write(event)
    }
  } catch (error) {
    if (!signal.aborted) {
      request.log.warn({ err: error }, 'event stream failed')
      response.write(frame(onError(error)))
    }
  } finally {
    clearInterval(heartbeat)
    response.end()
  }
}

/** Where a client that was connected before wants to go on: the header that browsers send, else the query. */
export function lastEventId(request: FastifyRequest, fromQuery: number | undefined): number {
  const header = Number(request.headers['last-event-id'])
  return Number.isSafeInteger(header) && header >= 0 ? header : (fromQuery ?? 0)
}

function frame({ event, id, data }: ServerSentEvent): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  return `${idLine}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
