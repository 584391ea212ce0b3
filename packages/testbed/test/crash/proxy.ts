import { rm } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'

/** Stands between a daemon and its engine, and sees each call that changes something. */
export interface Proxy {
  /** As DOCKER_HOST wants it. */
  readonly dockerHost: string
  /**
   * Has `act` called when the engine has answered the `n`th changing call from now on, before that answer gets
   * through. `first` is called as the first of them begins.
   */
  expect(n: number, hooks: { readonly first?: () => void; readonly act?: () => void }): void
  /** Changing calls since `expect`. */
  readonly count: number
  close(): Promise<void>
}

export async function openProxy(engineSocket: string, path: string): Promise<Proxy> {
  let awaited = 0
  let seen = 0
  let hooks: Parameters<Proxy['expect']>[1] = {}
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const engine = connect(engineSocket)
    for (const socket of [client, engine]) {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => undefined)
    }
    let mine = 0
    client.on('data', (chunk) => {
      if (!changes(chunk)) return
      seen += 1
      mine = seen
      if (mine === 1) hooks.first?.()
    })
    engine.on('data', () => {
      const answered = mine
      mine = 0
      if (answered > 0 && answered === awaited) hooks.act?.()
    })
    client.pipe(engine)
    engine.pipe(client)
    client.on('close', () => engine.destroy())
    engine.on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => void server.listen(path, resolve))
  return {
    dockerHost: `unix://${path}`,
    expect(n, given) {
      awaited = n
      seen = 0
      hooks = given
    },
    get count() {
      return seen
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => void server.close(() => resolve()))
      await rm(path, { force: true })
    },
  }
}

/** A connection carries one call at a time, whose first bytes come together: they tell which it is. */
function changes(chunk: Buffer): boolean {
  return /^(?:POST|PUT|DELETE) /u.test(chunk.subarray(0, 8).toString('latin1'))
}
