import { randomUUID } from 'node:crypto'
import { connect } from 'node:http2'
import type { ClientHttp2Session } from 'node:http2'
import { Readable } from 'node:stream'
import type Docker from 'dockerode'
import { isArchive, isRemote, withInline } from './build-context.ts'
import { readTrace } from './buildkit.ts'
import type { BuildStatus } from './buildkit.ts'
import { unpacked } from './definition.ts'
import { InStreamError } from './error.ts'
import { cachePlace, entitlementsOf, frontendAttributes } from './frontend.ts'
import { call, GrpcError } from './grpc.ts'
import type { BuildRequest } from './port.ts'
import { bytesField, fieldsOf, mapField, textField, textOf } from './protobuf.ts'
import { dial, openSession, sessionHost } from './session.ts'
import type { CredentialsOf, SessionOffer } from './session.ts'

const control = '/moby.buildkit.v1.Control'

/**
 * Builds an image by the engine's BuildKit, asked over its own protocol: the API
 * of `POST /build` has no words for further contexts, for stages that are built
 * anew, and for entitlements.
 *
 * @throws InStreamError with BuildKit's words; what the connection threw.
 * @see https://github.com/moby/buildkit/blob/master/api/services/control/control.proto
 */
export async function solve(
  docker: Docker,
  request: BuildRequest,
  credentialsOf: CredentialsOf,
  onStatus: (status: BuildStatus) => void,
): Promise<void> {
  const { build } = request
  const key = randomUUID()
  const archives = archivesOf(request, key)
  const session = await openSession(docker, { credentialsOf, secrets: request.secrets ?? {}, archives })
  const engine = await openControl(docker)
  const abort = (): void => engine.destroy()
  request.signal?.addEventListener('abort', abort, { once: true })
  try {
    const context = isRemote(build.context) ? build.context : urlOf(key, 'main')
    const hostGateway = needsGateway(build) ? await hostGatewayOf(engine) : undefined
    const attributes = frontendAttributes(request, { context, hostGateway })
    const reference = randomUUID()
    const watching = watch(engine, reference, onStatus)
    const message = solveRequest({ request, reference, session: session.id, attributes, key })
    await ended(call(engine, `${control}/Solve`, message))
    await watching
  } catch (error) {
    if (error instanceof GrpcError) throw new InStreamError(error.message.replace(/^failed to solve: /u, ''))
    throw error
  } finally {
    request.signal?.removeEventListener('abort', abort)
    engine.destroy()
    session.close()
  }
}

/** What a solve answers, the image's digest, is not of use; that it has ended is. */
async function ended(answers: AsyncGenerator<Buffer>): Promise<void> {
  while ((await answers.next()).done !== true) continue
}

/** The main context and the further ones, by their paths in the session. */
function archivesOf({ build, context, contexts = {} }: BuildRequest, key: string): SessionOffer['archives'] {
  const further = Object.entries(build.additional_contexts ?? {}).flatMap(([name, value]) => {
    const open = contexts[name]
    return isArchive(value) && open !== undefined ? [[`${key}/named/${name}`, open] as const] : []
  })
  const main = (): NodeJS.ReadableStream => Readable.from(inlined(context, build.dockerfile_inline))
  return { [`${key}/main`]: main, ...Object.fromEntries(further) }
}

async function* inlined(
  context: BuildRequest['context'],
  dockerfile: string | undefined,
): AsyncGenerator<Buffer> {
  yield* (await withInline(context(), dockerfile)) as AsyncIterable<Buffer>
}

function urlOf(key: string, path: string): string {
  return `http://${sessionHost}/${key}/${path}`
}

async function openControl(docker: Docker): Promise<ClientHttp2Session> {
  const socket = await dial(docker, {
    path: '/grpc',
    method: 'POST',
    hijack: true,
    headers: { Upgrade: 'h2c' },
  })
  const session = connect('http://buildkit', { createConnection: () => socket })
  session.on('error', () => socket.destroy())
  session.on('close', () => socket.destroy())
  return session
}

/** What it says while it builds. That the telling breaks off is no failure of the build. */
async function watch(
  engine: ClientHttp2Session,
  reference: string,
  onStatus: (status: BuildStatus) => void,
): Promise<void> {
  try {
    for await (const status of call(engine, `${control}/Status`, textField(1, reference))) {
      onStatus(readTrace(status))
    }
  } catch (error) {
    if (!(error instanceof GrpcError)) return
  }
}

interface Solving {
  readonly request: BuildRequest
  readonly reference: string
  readonly session: string
  readonly attributes: Readonly<Record<string, string>>
  readonly key: string
}

function solveRequest({ request, reference, session, attributes, key }: Solving): Buffer {
  const { build } = request
  const names = [...new Set([request.reference, ...(build.tags ?? [])])]
  const caches = [
    ...(build.cache_to ?? []).map((place) => cacheEntry(4, place)),
    ...(build.cache_from ?? []).map((place) => cacheEntry(5, place)),
  ]
  const inputs = Object.entries(build.additional_contexts ?? {}).flatMap(([name, value]) =>
    isArchive(value) ? [inputField(name, unpacked(urlOf(key, `named/${name}`)))] : [],
  )
  return Buffer.concat([
    textField(1, reference),
    textField(3, 'moby'),
    mapField(4, { name: names.join(',') }),
    textField(5, session),
    textField(6, 'dockerfile.v0'),
    mapField(7, attributes),
    bytesField(8, Buffer.concat(caches)),
    ...entitlementsOf(build).map((entitlement) => textField(9, entitlement)),
    ...inputs,
  ])
}

function inputField(name: string, definition: Buffer): Buffer {
  return bytesField(10, Buffer.concat([textField(1, name), bytesField(2, definition)]))
}

function cacheEntry(number: number, place: string): Buffer {
  const { type, attributes } = cachePlace(place)
  return bytesField(number, Buffer.concat([textField(1, type), mapField(2, attributes)]))
}

function needsGateway({ extra_hosts: hosts = [] }: BuildRequest['build']): boolean {
  return hosts.some((entry) => entry.endsWith('host-gateway'))
}

const gatewayLabel = 'org.mobyproject.buildkit.worker.moby.host-gateway-ip'

/** The address of the engine's own machine, which its builder carries as a label. */
async function hostGatewayOf(engine: ClientHttp2Session): Promise<string | undefined> {
  for await (const answer of call(engine, `${control}/ListWorkers`, Buffer.alloc(0))) {
    const workers = [...fieldsOf(answer)].flatMap(({ bytes }) => (bytes === undefined ? [] : [bytes]))
    const labels = workers.flatMap((worker) =>
      [...fieldsOf(worker)].flatMap(({ number, bytes }) =>
        number === 2 && bytes !== undefined ? [bytes] : [],
      ),
    )
    const label = labels.find((entry) => textOf(entry, 1) === gatewayLabel)
    if (label !== undefined) return textOf(label, 2)
  }
  return undefined
}
