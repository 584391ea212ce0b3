import { rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Stands between a client and its engine, on a Unix socket of its own. */
export interface Relay {
  /** As DOCKER_HOST wants it. */
  readonly dockerHost: string
  close(): Promise<void>
}

/** One connection that goes through a relay. */
export interface Passage {
  readonly client: Socket
  readonly engine: Socket
}

/**
 * Opens one at `path`.
 *
 * @param meet is told of each connection before anything passes; what it returns stands between the engine's answers and
 * the client.
 */
export async function openRelay(
  engineSocket: string,
  path: string,
  meet: (passage: Passage) => Duplex | undefined,
): Promise<Relay> {
  await rm(path, { force: true })
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const engine = connect(engineSocket)
    for (const socket of [client, engine]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => undefined)
    }
    const between = meet({ client, engine })
    client.pipe(engine)
    if (between === undefined) engine.pipe(client)
    else engine.pipe(between).pipe(client)
    client.on('close', () => engine.destroy())
    // What is kept back is let through before the end is.
    engine.on('close', () => (between === undefined ? client.destroy() : between.end()))
  })
  await new Promise<void>((resolve) => void server.listen(path, resolve))
  return {
    dockerHost: `unix://${path}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
      await rm(path, { force: true })
    },
  }
}
