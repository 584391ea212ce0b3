import { rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'

/** Stands between a daemon and its engine, and times what passes. */
export interface Tap {
  /** As DOCKER_HOST wants it. */
  readonly dockerHost: string
  /** Milliseconds from each `health_status: healthy` to the next start call; counted anew from then on. */
  take(): readonly number[]
  close(): Promise<void>
}

export async function openTap(engineSocket: string, path: string): Promise<Tap> {
  await rm(path, { force: true })
  const sockets = new Set<Socket>()
  let waits: number[] = []
  let healthyAt: number | undefined
  const server = createServer((client) => {
    const engine = connect(engineSocket)
    for (const socket of [client, engine]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => undefined)
    }
    client.on('data', (chunk) => {
      if (healthyAt === undefined || !/^POST \S+\/start[? ]/u.test(chunk.toString('latin1'))) return
      waits.push(performance.now() - healthyAt)
      healthyAt = undefined
    })
    engine.on('data', (chunk) => {
      if (chunk.includes('"health_status: healthy"')) healthyAt = performance.now()
    })
    client.pipe(engine)
    engine.pipe(client)
    client.on('close', () => engine.destroy())
    engine.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => void server.listen(path, resolve))
  return {
    dockerHost: `unix://${path}`,
    take() {
      const taken = waits
      waits = []
      healthyAt = undefined
      return taken
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
    },
  }
}
