import { randomUUID } from 'node:crypto'
import { performServerHandshake } from 'node:http2'
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type Docker from 'dockerode'
import type { RegistryCredentials } from './port.ts'
import { fieldsOf, textField } from './protobuf.ts'
import type { DialRequest, Modem } from './transport.ts'

/** Finds what an image's registry wants; undefined: it wants nothing, or nothing is known. */
export type CredentialsOf = (reference: string) => Promise<RegistryCredentials | undefined>

/** A connection over which BuildKit asks its client back while it builds. */
export interface BuildSession {
  /** Names it in the request to build. */
  readonly id: string
  close(): void
}

type Answer = (request: Buffer) => Promise<Buffer> | Buffer

/**
 * Opens a session that answers one question: the login for a registry from
 * which the build draws an image. It's asked by host, and answered for that host
 * alone, so that no registry gets the password of another.
 *
 * @see https://github.com/moby/buildkit/blob/master/session/auth/auth.proto
 */
export async function openSession(docker: Docker, credentialsOf: CredentialsOf): Promise<BuildSession> {
  const methods: Readonly<Record<string, Answer>> = {
    '/moby.filesync.v1.Auth/Credentials': async (request) =>
      login(await credentialsOf(imageAt(hostIn(request)))),
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

function dialSession(docker: Docker, id: string, methods: readonly string[]): Promise<Duplex> {
  const request: DialRequest = {
    path: '/session',
    method: 'POST',
    hijack: true,
    headers: {
      Upgrade: 'h2c',
      'X-Docker-Expose-Session-Uuid': id,
      'X-Docker-Expose-Session-Name': 'build',
      'X-Docker-Expose-Session-Grpc-Method': [...methods],
    },
  }
  return new Promise((resolve, reject) => {
    const modem = docker.modem as Modem
    modem.dial(request, (error, socket) => (error === null ? resolve(socket as Duplex) : reject(error)))
  })
}

function close(session: ServerHttp2Session, socket: Duplex): void {
  session.destroy()
  socket.destroy()
}

/** One gRPC call: a flag, the length as 4 bytes and the message, both ways; its status comes after the answer. */
async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  methods: Readonly<Record<string, Answer>>,
): Promise<void> {
  stream.on('error', () => undefined)
  const chunks: Buffer[] = []
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
  const method = methods[String(headers[':path'])]
  const start = { ':status': 200, 'content-type': 'application/grpc' }
  if (method === undefined) {
    // 12, UNIMPLEMENTED: BuildKit then asks in a way that is.
    stream.respond({ ...start, 'grpc-status': '12' }, { endStream: true })
    return
  }
  try {
    const message = await method(Buffer.concat(chunks).subarray(5))
    const prefix = Buffer.alloc(5)
    prefix.writeUInt32BE(message.length, 1)
    stream.respond(start, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.end(Buffer.concat([prefix, message]))
  } catch {
    // 13, INTERNAL: what went wrong may hold a secret.
    stream.respond({ ...start, 'grpc-status': '13' }, { endStream: true })
  }
}

function hostIn(request: Buffer): string {
  return [...fieldsOf(request)].find(({ number }) => number === 1)?.bytes?.toString('utf8') ?? ''
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
