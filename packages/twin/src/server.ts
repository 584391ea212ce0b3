import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import Fastify from 'fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isBefore } from './calls.ts'
import type { Calls, Fault } from './calls.ts'
import { Refusal } from './refusal.ts'
import { containerRoutes } from './routes/containers.ts'
import { executionRoutes } from './routes/executions.ts'
import { fileRoutes } from './routes/files.ts'
import { imageRoutes } from './routes/images.ts'
import { networkRoutes } from './routes/networks.ts'
import { streamRoutes } from './routes/streams.ts'
import { systemRoutes } from './routes/system.ts'
import { volumeRoutes } from './routes/volumes.ts'
import { upgrade } from './upgrade.ts'
import { answer } from './wire.ts'
import type { World } from './state/world.ts'

/** The engine's ear: sockets come and go while the engine itself lives on. */
export interface Ear {
  /** @param path of a Unix socket. */
  open(path: string): Promise<Door>
  /** Breaks the event streams alone. */
  dropEvents(): void
}

export interface Door {
  /** Breaks every connection through it, at once, and lets nobody in any more. */
  close(): Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What goes wrong with this call after its effect. */
    fault: Fault | undefined
  }
}

/** Build contexts come in one piece. */
const largestBody = 1024 * 1024 * 1024

export async function openEar(world: World, calls: Calls): Promise<Ear> {
  const app = application(world, calls)
  await app.ready()
  return {
    open: (path) => openDoor({ world, calls, app }, path),
    dropEvents: () => app.eventStreams.forEach((stream) => stream.destroy()),
  }
}

interface House {
  readonly world: World
  readonly calls: Calls
  readonly app: FastifyInstance
}

function openDoor({ world, calls, app }: House, path: string): Promise<Door> {
  const sockets = new Set<Duplex>()
  const server = createServer((request, response) => app.routing(request, response))
  // Clients of the engine keep their connections for as long as they like.
  server.keepAliveTimeout = 0
  server.requestTimeout = 0
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    void upgrade(world, calls, { request, socket, head })
  })
  const close = (): Promise<void> => {
    const closed = new Promise<void>((resolve) => void server.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    return closed
  }
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => resolve({ close }))
  })
}

declare module 'fastify' {
  interface FastifyInstance {
    readonly eventStreams: Set<{ destroy(): void }>
  }
}

function application(world: World, calls: Calls): FastifyInstance {
  const { rules } = world
  const app = Fastify({
    bodyLimit: largestBody,
    forceCloseConnections: true,
    rewriteUrl: ({ url = '/' }) => url.replace(/^\/v\d+\.\d+(?=\/)/u, ''),
  })
  app.decorate('eventStreams', new Set<{ destroy(): void }>())
  app.decorateRequest('fault', undefined)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', async (request, reply) => {
    const { fault } = await calls.admit(request.method, request.url.split('?')[0] ?? '')
    if (fault !== undefined && isBefore(fault)) return spoil(request, reply, fault)
    request.fault = fault
    refuseVersion(world, request.originalUrl)
    return undefined
  })
  app.addHook('onSend', async (request, reply, payload) => {
    reply.headers({
      'api-version': rules.apiVersion,
      'docker-experimental': 'false',
      ostype: rules.os,
      server: `Docker/${rules.version} (${rules.os})`,
    })
    const { fault } = request
    request.fault = undefined
    if (fault !== undefined) return spoil(request, reply, fault)
    return payload
  })
  app.setErrorHandler(async (error, _request, reply) => {
    const status = error instanceof Refusal ? error.status : 500
    const message = error instanceof Error ? error.message : String(error)
    return answer(reply.status(status), { message })
  })
  app.setNotFoundHandler(async (_request, reply) => answer(reply.status(404), { message: 'page not found' }))
  const routes = [
    systemRoutes,
    containerRoutes,
    streamRoutes,
    fileRoutes,
    executionRoutes,
    imageRoutes,
    networkRoutes,
    volumeRoutes,
  ]
  for (const add of routes) add(app, world)
  return app
}

/** Does what the fault says instead of an answer. */
function spoil(request: FastifyRequest, reply: FastifyReply, { does, message }: Fault): unknown {
  if (does === 'refuse' || does === 'fail') {
    const words = { message: message ?? 'the engine failed on order' }
    if (does === 'refuse') return answer(reply.status(500), words)
    reply.status(500).header('content-type', 'application/json')
    return JSON.stringify(words)
  }
  reply.hijack()
  if (does === 'drop' || does === 'lose') request.raw.socket.destroy()
  return undefined
}

function refuseVersion({ rules }: World, url: string): void {
  const asked = /^\/v(\d+\.\d+)\//u.exec(url)?.[1]
  if (asked === undefined) return
  if (compare(asked, rules.apiVersion) > 0)
    throw new Refusal(
      400,
      `client version ${asked} is too new. Maximum supported API version is ${rules.apiVersion}`,
    )
  if (compare(asked, rules.minApiVersion) < 0)
    throw new Refusal(
      400,
      `client version ${asked} is too old. Minimum supported API version is ${rules.minApiVersion}, please upgrade your client to a newer version`,
    )
}

function compare(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}
