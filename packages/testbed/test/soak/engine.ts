import { readFile } from 'node:fs/promises'
import { request } from 'node:http'
import { dirname, join } from 'node:path'
import type { TestEngine } from '../../src/index.ts'

/** The engine itself, called past the daemon and past what slows it. */
export interface EngineCaller {
  get(path: string): Promise<unknown>
  /** Follows the engine's events from now on. */
  follow(path: '/events', filters: object): Follower
  /** The status of the answer; 0 when there was none. */
  call(method: 'POST' | 'DELETE', path: string, body?: object): Promise<number>
  /** Process id of dockerd. */
  pid(): Promise<number>
}

export interface Follower {
  /** Ends the following: how many events there were, by what an attribute says. */
  countBy(attribute: string): ReadonlyMap<string, number>
}

export function engineCaller({ dockerHost }: TestEngine): EngineCaller {
  const socketPath = dockerHost.replace('unix://', '')
  const send = (method: string, path: string, body?: object): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' }
      const asked = request({ socketPath, path, method, headers, timeout: 60_000 }, (response) => {
        let text = ''
        response.on('data', (part) => (text += String(part)))
        response.once('error', reject)
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
      })
      asked.once('error', reject)
      asked.once('timeout', () => asked.destroy(new Error(`${method} ${path}: no answer`)))
      asked.end(body === undefined ? undefined : JSON.stringify(body))
    })
  return {
    async get(path) {
      const { status, text } = await send('GET', path)
      if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`)
      return JSON.parse(text)
    },
    follow: (path, filters) =>
      follow(socketPath, `${path}?filters=${encodeURIComponent(JSON.stringify(filters))}`),
    call: async (method, path, body) => (await send(method, path, body)).status,
    pid: async () => Number(await readFile(join(dirname(socketPath), 'docker.pid'), 'utf8')),
  }
}

interface Told {
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> }
}

function follow(socketPath: string, path: string): Follower {
  let text = ''
  const asked = request({ socketPath, path }, (response) => {
    response.on('data', (part) => (text += String(part)))
    response.on('error', () => undefined)
  })
  asked.on('error', () => undefined)
  asked.end()
  return {
    countBy(attribute) {
      asked.destroy()
      const counts = new Map<string, number>()
      for (const line of text.split('\n').filter((one) => one !== '')) {
        const value = (JSON.parse(line) as Told).Actor.Attributes[attribute] ?? ''
        counts.set(value, (counts.get(value) ?? 0) + 1)
      }
      return counts
    },
  }
}
