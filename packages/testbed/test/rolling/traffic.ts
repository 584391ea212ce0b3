import { Agent, get } from 'node:http'

/** What became of the requests of a while. */
export interface Tally {
  readonly sent: number
  /** Answered with 200, by the version that answered. */
  readonly answered: Readonly<Record<string, number>>
  /** All others, by what they came to: `HTTP 502`, `ECONNRESET`. */
  readonly lost: Readonly<Record<string, number>>
  /** Milliseconds that the slowest good answer took. */
  readonly slowest: number
}

export interface Traffic {
  /** Sends no more, and waits for the answers to what was sent. */
  stop(): Promise<Tally>
}

const everyMs = 20
const patienceMs = 30_000

/** Fifty requests a second, whether the ones before were answered or not, each on a connection of its own. */
export function startTraffic(url: string): Traffic {
  const agent = new Agent({ keepAlive: false })
  const answered: Record<string, number> = {}
  const lost: Record<string, number> = {}
  const open: Promise<void>[] = []
  let slowest = 0
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const began = performance.now()
      const lose = (why: string): void => {
        lost[why] = (lost[why] ?? 0) + 1
        resolve()
      }
      const request = get(url, { agent, timeout: patienceMs }, (response) => {
        let text = ''
        response.on('data', (part) => (text += String(part)))
        response.once('error', (error) => lose(error.message))
        response.once('end', () => {
          if (response.statusCode !== 200) return lose(`HTTP ${String(response.statusCode)}`)
          answered[text] = (answered[text] ?? 0) + 1
          slowest = Math.max(slowest, performance.now() - began)
          resolve()
        })
      })
      request.once('timeout', () => request.destroy(new Error('no answer')))
      request.once('error', (error: NodeJS.ErrnoException) => lose(error.code ?? error.message))
    })
  const began = performance.now()
  // A timer that was late catches up.
  const timer = setInterval(() => {
    while (open.length * everyMs <= performance.now() - began) open.push(one())
  }, everyMs)
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all(open)
      agent.destroy()
      return { sent: open.length, answered, lost, slowest }
    },
  }
}

export function losses({ lost }: Tally): number {
  return Object.values(lost).reduce((sum, count) => sum + count, 0)
}
