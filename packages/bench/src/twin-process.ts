import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Answer, Order } from './twin-main.ts'

/** An engine in memory, in a process of its own, so that its cost is not taken for the daemon's. */
export interface TwinProcess {
  readonly dockerHost: string
  /** Calls so far. */
  count(): Promise<number>
  dropEvents(): Promise<void>
  /** Removes a container, and waits for another one under its name to run; milliseconds that it took. */
  replaced(name: string): Promise<number>
  stop(): Promise<void>
}

export async function startTwinProcess(socket: string): Promise<TwinProcess> {
  const child = fork(fileURLToPath(new URL('twin-main.ts', import.meta.url)), [socket], {
    execArgv: process.execArgv,
  })
  const answer = (): Promise<Answer> =>
    new Promise((resolve, reject) => {
      child.once('message', resolve)
      child.once('exit', () => reject(new Error('the twin has ended')))
    })
  const ask = async (order: Order): Promise<number> => {
    const coming = answer()
    child.send(order)
    return (await coming).value
  }
  await answer()
  child.setMaxListeners(0)
  return {
    dockerHost: `unix://${socket}`,
    count: () => ask({ type: 'count' }),
    dropEvents: async () => void (await ask({ type: 'drop events' })),
    replaced: (name) => ask({ type: 'replace', name }),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      await ended
    },
  }
}
