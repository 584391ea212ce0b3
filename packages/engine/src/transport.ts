import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { pipeline } from 'node:stream'
import { routeOf } from './address.ts'
import type { EngineAddress } from './address.ts'
import { SshAgent } from './ssh.ts'
import { unreachable } from './unreachable.ts'

/**
 * What dockerode asks of its modem. Ours stands in for docker-modem, which
 * reads `DOCKER_HOST` over the options given, inspects its agent to full depth
 * on every request, and never answers when an engine dies in mid-response.
 */
export interface Modem {
  readonly Promise: PromiseConstructor
  dial(request: DialRequest, callback: (error: unknown, result?: unknown) => void): void
}

export interface DialRequest {
  readonly path: string
  readonly method: string
  readonly options?: Readonly<Record<string, unknown>> | undefined
  readonly headers?: OutgoingHttpHeaders | undefined
  readonly authconfig?: object | undefined
  readonly registryconfig?: object | undefined
  readonly file?: Buffer | NodeJS.ReadableStream | undefined
  readonly hijack?: boolean | undefined
  readonly isStream?: boolean | undefined
}

/** An answer that is no success. `words`: the engine's own message. */
export class EngineAnswer extends Error {
  override readonly name = 'EngineAnswer'
  readonly statusCode: number

  constructor(statusCode: number, words: string) {
    super(words)
    this.statusCode = statusCode
  }
}

export interface Transport {
  /** A modem for one API version (`1.45`; undefined: unversioned) whose requests all end when `signal` aborts, and each after `limitMs`. */
  modem(version: string | undefined, signal?: AbortSignal, limitMs?: number): Modem
  close(): void
}

/** Calls beyond these wait: a socket's backlog is finite, and a server of ssh takes few logins at a time. */
const mostConnections = { socket: 64, tcp: 64, ssh: 6 }

/** Unread errors are cut here; the engine's own are far shorter. */
const errorBytes = 64 * 1024

/**
 * Opens nothing yet. `keepAlive`: connections are few and used again, for calls;
 * without it each request has one of its own, for streams and what waits long.
 */
export function openTransport(address: EngineAddress, keepAlive: boolean, sshCommand = 'ssh'): Transport {
  const wire = wireOf(address, keepAlive, sshCommand)
  return {
    modem: (version, signal, limitMs) => ({
      Promise,
      dial(request, callback) {
        exchange(wire, address, { version, signal, limitMs }, request).then(
          (result) => callback(null, result),
          (error: unknown) => callback(error),
        )
      },
    }),
    close: () => wire.agent.destroy(),
  }
}

interface Wire {
  readonly agent: HttpAgent
  readonly request: typeof httpRequest
  readonly target: { readonly socketPath: string } | { readonly host: string; readonly port: number }
}

function wireOf(address: EngineAddress, keepAlive: boolean, sshCommand: string): Wire {
  const route = routeOf(address)
  const most = keepAlive ? mostConnections[route.kind] : Infinity
  const pool = { keepAlive, keepAliveMsecs: 30_000, maxSockets: most, scheduling: 'lifo' } as const
  if (route.kind === 'socket')
    return { agent: new HttpAgent(pool), request: httpRequest, target: { socketPath: route.path } }
  if (route.kind === 'ssh') {
    return {
      agent: new SshAgent(route, sshCommand, pool),
      request: httpRequest,
      target: { host: 'docker', port: 80 },
    }
  }
  const target = { host: route.host, port: route.port }
  if (!route.secure) return { agent: new HttpAgent(pool), request: httpRequest, target }
  const { ca, cert, key, verify = true } = address.tls ?? {}
  const agent = new HttpsAgent({ ...pool, ca, cert, key, rejectUnauthorized: verify })
  return { agent, request: httpsRequest, target }
}

interface Terms {
  readonly version: string | undefined
  readonly signal: AbortSignal | undefined
  readonly limitMs: number | undefined
}

const seconds = (milliseconds = 0): number => Math.round(milliseconds / 100) / 10
/** Queries may hold what is no business of a log. */
const pathOf = ({ path }: DialRequest): string => path.split('?')[0] ?? path

async function exchange(
  wire: Wire,
  address: EngineAddress,
  { version, signal, limitMs }: Terms,
  request: DialRequest,
): Promise<unknown> {
  signal?.throwIfAborted()
  const limit = limitMs === undefined ? undefined : new AbortController()
  // One that outlives its call would hold on to it for as long as the limit is.
  const timer = limit && setTimeout(() => limit.abort(), limitMs).unref()
  const ends = [signal, limit?.signal].filter((one) => one !== undefined)
  try {
    const answer = await send(wire, version, ends, request)
    return 'socket' in answer ? answer.socket : await result(answer.message, request)
  } catch (error) {
    signal?.throwIfAborted()
    // It may have been carried out all the same: whoever asked looks afresh.
    if (limit?.signal.aborted === true)
      throw unreachable(
        address,
        new Error(`no answer to ${request.method} ${pathOf(request)} in ${seconds(limitMs)} s`),
      )
    throw error instanceof EngineAnswer ? error : unreachable(address, error)
  } finally {
    clearTimeout(timer)
  }
}

/** `socket`: what an upgraded connection became. */
type Answer = { readonly message: IncomingMessage } | { readonly socket: unknown }

function send(
  wire: Wire,
  version: string | undefined,
  ends: readonly AbortSignal[],
  request: DialRequest,
): Promise<Answer> {
  const body = request.file ?? jsonBody(request)
  const path = (version === undefined ? '' : `/v${version}`) + pathWithQuery(request)
  return new Promise((resolve, reject) => {
    let answered = false
    const answer = (given: Answer): void => {
      answered = true
      resolve(given)
    }
    const open = (): void => {
      const outgoing = wire.request({
        ...wire.target,
        agent: wire.agent,
        path,
        method: request.method,
        headers: headersOf(request, body),
      })
      const abort = (): void => void outgoing.destroy(new Error('aborted'))
      for (const end of ends) end.addEventListener('abort', abort, { once: true })
      outgoing.on('close', () => ends.forEach((end) => end.removeEventListener('abort', abort)))
      outgoing.on('upgrade', (_message, socket, head) => {
        // The engine may have spoken already.
        if (head.length > 0) socket.unshift(head)
        answer({ socket })
      })
      outgoing.on('response', (message) => answer({ message }))
      outgoing.on('error', (error) => {
        // The engine closed an idle connection just as it was taken up again: nothing was asked yet.
        const unasked = request.method === 'GET' && outgoing.reusedSocket && !answered
        if (unasked && !ends.some((end) => end.aborted)) open()
        else reject(error)
      })
      write(outgoing, body, reject)
    }
    open()
  })
}

function write(
  outgoing: ClientRequest,
  body: Buffer | NodeJS.ReadableStream | undefined,
  reject: (error: Error) => void,
): void {
  if (body === undefined || Buffer.isBuffer(body)) {
    outgoing.end(body)
    return
  }
  pipeline(body, outgoing, (error) => {
    if (error) reject(error)
  })
}

async function result(message: IncomingMessage, request: DialRequest): Promise<unknown> {
  const status = message.statusCode ?? 0
  // 304 says that all is as was asked for.
  const accepted = (status >= 200 && status < 300) || status === 304
  if (!accepted) throw new EngineAnswer(status, await errorWords(message))
  if (request.isStream === true) return message
  const content = await collect(message)
  if (content.length === 0) return undefined
  const type = message.headers['content-type'] ?? ''
  return type.startsWith('application/json') ? JSON.parse(content.toString('utf8')) : content
}

function collect(message: IncomingMessage, limit = Infinity): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    message.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes <= limit) return
      resolve(Buffer.concat(chunks))
      message.destroy()
    })
    message.on('end', () => resolve(Buffer.concat(chunks)))
    message.on('error', reject)
    message.on('close', () => reject(new Error('the answer broke off')))
  })
}

async function errorWords(message: IncomingMessage): Promise<string> {
  const text = (await collect(message, errorBytes)).toString('utf8').trim()
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed)
      return String(parsed.message).trim()
  } catch {
    // A proxy in between may answer in plain text or HTML.
  }
  return text === '' ? `HTTP status ${String(message.statusCode)}` : text
}

/** dockerode puts a `?` at the end of a path whose options may be a query; many of those read them from the body. */
function pathWithQuery({ path, options }: DialRequest): string {
  if (!path.endsWith('?')) return path
  const query = new URLSearchParams()
  const parameters = (options?.['_query'] ?? options ?? {}) as Readonly<Record<string, unknown>>
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || name === 'authconfig' || name === 'abortSignal' || name === '_body') continue
    if (Array.isArray(value)) for (const item of value) query.append(name, String(item))
    else query.append(name, typeof value === 'string' ? value : JSON.stringify(value))
  }
  const text = query.toString()
  return path.slice(0, -1) + (text === '' ? '' : `?${text}`)
}

function jsonBody({ method, options }: DialRequest): Buffer | undefined {
  if (method !== 'POST' || options === undefined) return undefined
  if (options['_body'] !== undefined) return Buffer.from(JSON.stringify(options['_body']))
  if (options['_query'] !== undefined || Object.keys(options).length === 0) return undefined
  return Buffer.from(JSON.stringify(options))
}

function headersOf(request: DialRequest, body: unknown): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { ...request.headers }
  if (request.authconfig !== undefined) headers['X-Registry-Auth'] = base64(request.authconfig)
  if (request.registryconfig !== undefined) headers['X-Registry-Config'] = base64(request.registryconfig)
  if (request.file !== undefined) headers['Content-Type'] = 'application/x-tar'
  else if (Buffer.isBuffer(body)) headers['Content-Type'] = 'application/json'
  if (Buffer.isBuffer(body)) headers['Content-Length'] = body.length
  if (request.hijack === true) {
    headers['Connection'] = 'Upgrade'
    headers['Upgrade'] ??= 'tcp'
  }
  return headers
}

function base64(value: object): string {
  // The engine reads base64url, but insists on the padding.
  return Buffer.from(JSON.stringify(value)).toString('base64').replaceAll('+', '-').replaceAll('/', '_')
}
