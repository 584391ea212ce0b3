import { rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'

/** Stands between a daemon and its engine, and can make every answer late. */
export interface SlowEngine {
  /** As DOCKER_HOST wants it. */
  readonly dockerHost: string
  /** Milliseconds that each part of an answer is kept back from now on. */
  delayMs: number
  close(): Promise<void>
}

export async function openSlowEngine(engineSocket: string, path: string): Promise<SlowEngine> {
  const sockets = new Set<Socket>()
  const slow = { dockerHost: `unix://${path}`, delayMs: 0 }
  const server = createServer((client) => {
    const engine = connect(engineSocket)
    for (const socket of [client, engine]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => undefined)
    }
    const late = new Transform({
      transform(chunk, _encoding, done) {
        if (slow.delayMs === 0) done(null, chunk)
        else setTimeout(() => done(null, chunk), slow.delayMs)
      },
    })
    client.pipe(engine)
    engine.pipe(late).pipe(client)
    client.on('close', () => engine.destroy())
    engine.on('close', () => client.end())
  })
  await new Promise<void>((resolve) => void server.listen(path, resolve))
  return Object.assign(slow, {
    async close(): Promise<void> {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
      await rm(path, { force: true })
    },
  })
}
