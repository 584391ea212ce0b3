import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Json } from './json.ts'
import { object } from './json.ts'
import { Refusal } from './refusal.ts'

/** The query of a request; of a parameter that is there several times, the last. */
export function queryOf(request: FastifyRequest): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(new URLSearchParams(request.url.split('?')[1] ?? ''))
}

export function parameterOf(request: FastifyRequest, name: string): string {
  return (request.params as Readonly<Record<string, string | undefined>>)[name] ?? ''
}

export function bytesOf(request: FastifyRequest): Buffer {
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
}

/** The body as an object. @throws Refusal 400 when it is none. */
export function bodyOf(request: FastifyRequest): Json {
  return parseBody(bytesOf(request))
}

export function parseBody(content: Buffer): Json {
  const written = content.toString('utf8').trim()
  if (written === '') return {}
  const value = parsed(written)
  if (Array.isArray(value) || typeof value !== 'object')
    throw new Refusal(
      400,
      `invalid JSON: json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value}`,
    )
  return object(value)
}

function parsed(written: string): unknown {
  try {
    return JSON.parse(written)
  } catch (error) {
    throw new Refusal(400, `invalid JSON: ${String(error)}`)
  }
}

/** A response that is written bit by bit. */
export interface Outflow {
  write(content: string | Buffer): void
  /** Does what is ordered to go wrong instead of ending, if anything is. */
  end(): void
  /** Runs when either side has ended it. */
  onClose(work: () => void): void
  destroy(): void
}

/** Takes the response over from fastify and sends its head at once. */
export function stream(request: FastifyRequest, reply: FastifyReply, type: string): Outflow {
  reply.hijack()
  const { raw } = reply
  const { fault } = request
  raw.writeHead(200, { 'content-type': type })
  raw.flushHeaders()
  const destroy = (): void => void request.raw.socket.destroy()
  return {
    write: (content) => void raw.write(content),
    end() {
      if (fault?.does === 'lose' || fault?.does === 'fail') destroy()
      else if (fault === undefined) raw.end()
    },
    onClose: (work) => void raw.on('close', work),
    destroy,
  }
}

/**
 * Sends JSON as the engine does, with a line end; in bytes, as text would get a
 * character set, and Docker's client takes JSON for such only without one.
 */
export function answer(reply: FastifyReply, body: unknown): FastifyReply {
  return reply.header('content-type', 'application/json').send(Buffer.from(`${JSON.stringify(body)}\n`))
}

export function nothing(reply: FastifyReply, status: number): FastifyReply {
  return reply.status(status).send()
}
