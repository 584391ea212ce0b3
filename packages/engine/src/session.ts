import { randomUUID } from 'node:crypto'
import { performServerHandshake } from 'node:http2'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type Docker from 'dockerode'
import { framed, messagesOf } from './grpc.ts'
import type { RegistryCredentials } from './port.ts'
import { bytesField, textField, textOf } from './protobuf.ts'
import type { DialRequest, Modem } from './transport.ts'

/** Finds what an image's registry wants; undefined: it wants nothing, or nothing is known. */
export type CredentialsOf = (reference: string) => Promise<RegistryCredentials | undefined>

/** What a build may ask its client for. */
export interface SessionOffer {
  readonly credentialsOf: CredentialsOf
  /** By id. */
  readonly secrets: Readonly<Record<string, Buffer>>
  /** Archives by the path under which the build knows them. */
  readonly archives: Readonly<Record<string, () => NodeJS.ReadableStream>>
}

/** A connection over which BuildKit asks its client back while it builds. */
export interface BuildSession {
  /** Names it in the request to build. */
  readonly id: string
  close(): void
}

/** One message for one, or as many as there are for none: an upload has nothing to be asked. */
type Answer = (
  request: Buffer,
  headers: IncomingHttpHeaders,
) => Promise<Buffer> | Buffer | AsyncIterable<Buffer>

/** 5, NOT_FOUND: what it was asked for is not offered. */
class NotOffered extends Error {
  override readonly name = 'NotOffered'
}

/** The host of what is fetched through the session. */
export const sessionHost = 'buildkit-session'

/**
 * Opens a session that answers what a build asks: the login for a registry, for
 * that host alone, so that no registry gets the password of another; a secret by
 * its id; an archive by its path.
 *
 * @see https://github.com/moby/buildkit/tree/master/session
 */
export async function openSession(docker: Docker, offer: SessionOffer): Promise<BuildSession> {
  const methods: Readonly<Record<string, Answer>> = {
    '/moby.filesync.v1.Auth/Credentials': async (request) =>
      login(await offer.credentialsOf(imageAt(textOf(request, 1)))),
    '/moby.buildkit.secrets.v1.Secrets/GetSecret': (request) => {
      const secret = offer.secrets[textOf(request, 1)]
      if (secret === undefined) throw new NotOffered()
      return bytesField(1, secret)
    },
    [pullMethod]: (_request, headers) => upload(offer, headers),
    // 1, SERVING: the engine hangs up on a session that doesn't say it's well.
    '/grpc.health.v1.Health/Check': () => Buffer.from([0x08, 1]),
  }
  const id = randomUUID()
  const socket = await dialSession(docker, id, Object.keys(methods))
  const session = performServerHandshake(socket)
  session.on('error', () => socket.destroy())
  session.on('stream', (stream, headers) => void answer(stream, headers, methods))
  return { id, close: () => close(session, socket) }
}

const pullMethod = '/moby.upload.v1.Upload/Pull'

async function* upload({ archives }: SessionOffer, headers: IncomingHttpHeaders): AsyncGenerator<Buffer> {
  const path = String(headers['urlpath'] ?? '').replace(/^\//u, '')
  const archive = archives[path]
  if (archive === undefined) throw new NotOffered()
  for await (const chunk of archive() as AsyncIterable<Buffer>) yield bytesField(1, chunk)
}

function dialSession(docker: Docker, id: string, methods: readonly string[]): Promise<Duplex> {
  return dial(docker, {
    path: '/session',
    method: 'POST',
    hijack: true,
    headers: {
      Upgrade: 'h2c',
      'X-Docker-Expose-Session-Uuid': id,
      'X-Docker-Expose-Session-Name': 'build',
      'X-Docker-Expose-Session-Grpc-Method': [...methods],
    },
  })
}

/** A connection that has become another protocol's. */
export function dial(docker: Docker, request: DialRequest): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const modem = docker.modem as Modem
    modem.dial(request, (error, socket) => (error === null ? resolve(socket as Duplex) : reject(error)))
  })
}

function close(session: ServerHttp2Session, socket: Duplex): void {
  session.destroy()
  socket.destroy()
}

/** One gRPC call; its status comes after the answer. */
async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  methods: Readonly<Record<string, Answer>>,
): Promise<void> {
  stream.on('error', () => undefined)
  const path = String(headers[':path'])
  const method = methods[path]
  const start = { ':status': 200, 'content-type': 'application/grpc' }
  if (method === undefined) {
    // 12, UNIMPLEMENTED: BuildKit then asks in a way that is.
    stream.respond({ ...start, 'grpc-status': '12' }, { endStream: true })
    return
  }
  try {
    // Who pulls an upload keeps its own side open and asks nothing on it.
    const request =
      path === pullMethod ? Buffer.alloc(0) : await only(messagesOf(stream as AsyncIterable<Buffer>))
    const answered = await method(request, headers)
    stream.respond(start, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    if (Buffer.isBuffer(answered)) stream.end(framed(answered))
    else await sendAll(stream, answered)
  } catch (error) {
    if (stream.headersSent || stream.destroyed) {
      stream.destroy()
      return
    }
    // 13, INTERNAL: what went wrong may hold a secret.
    const status = error instanceof NotOffered ? '5' : '13'
    stream.respond({ ...start, 'grpc-status': status }, { endStream: true })
  }
}

async function sendAll(stream: ServerHttp2Stream, messages: AsyncIterable<Buffer>): Promise<void> {
  for await (const message of messages) {
    if (stream.destroyed) return
    if (!stream.write(framed(message))) await drained(stream)
  }
  stream.end()
}

function drained(stream: ServerHttp2Stream): Promise<void> {
  return new Promise((resolve) => {
    stream.once('drain', resolve)
    stream.once('close', resolve)
  })
}

/** To the end of the stream: one that is left early is destroyed, and takes no answer. */
async function only(messages: AsyncIterable<Buffer>): Promise<Buffer> {
  let first: Buffer | undefined
  for await (const message of messages) first ??= message
  return first ?? Buffer.alloc(0)
}

/** Any image there: credentials are found by image. BuildKit calls Docker Hub by its host's own name. */
function imageAt(host: string): string {
  return /^(?:registry-1\.|index\.)?docker\.io$/u.test(host) ? 'library/any' : `${host}/any`
}

/** No user name means a token, by BuildKit's convention. */
function login(credentials: RegistryCredentials | undefined): Buffer {
  if (credentials === undefined) return Buffer.alloc(0)
  const { username = '', password = '', identityToken } = credentials
  if (identityToken !== undefined) return textField(2, identityToken)
  return Buffer.concat([textField(1, username), textField(2, password)])
}
