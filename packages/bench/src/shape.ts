import { request } from 'node:http'
import { startTwin } from '@bulkhead/twin'

/** What two engines answer to the same questions, field by field. */
export interface Differences {
  readonly compared: number
  /** Fields of the real engine that the twin has not, or of another type: `container State.Pid: number, undefined`. */
  readonly missing: readonly string[]
}

const name = 'bench-shape'
const labels = { 'com.docker.compose.project': name, 'com.docker.compose.service': 's' }

/** Compares the answers that a look at a project is made of. */
export async function differences(dockerHost: string): Promise<Differences> {
  const twin = await startTwin({ images: [{ reference: 'bb:1' }] })
  try {
    const [real, ours] = [await answers(dockerHost.slice('unix://'.length)), await answers(twin.socket)]
    let compared = 0
    const missing: string[] = []
    const compare = (path: string, a: unknown, b: unknown): void => {
      // What the engine leaves empty tells nothing of its type.
      if (a === null || a === undefined) return
      compared += 1
      if (kind(a) !== kind(b)) missing.push(`${path}: ${kind(a)}, ${kind(b)}`)
      if (Array.isArray(a) && Array.isArray(b)) {
        if (a.length > 0 && b.length > 0) compare(`${path}[]`, a[0], b[0])
        return
      }
      if (kind(a) !== 'object' || kind(b) !== 'object') return
      const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
      for (const key of Object.keys(left)) compare(`${path}.${key}`, left[key], right[key])
    }
    for (const [question, answer] of real) compare(question, answer, ours.get(question))
    return { compared, missing }
  } finally {
    await twin.close()
  }
}

async function answers(socket: string): Promise<ReadonlyMap<string, unknown>> {
  const ask = (method: string, path: string, body?: unknown): Promise<unknown> =>
    call(socket, method, `/v1.44${path}`, body)
  const filter = encodeURIComponent(JSON.stringify({ label: [`com.docker.compose.project=${name}`] }))
  try {
    await ask('POST', '/networks/create', { Name: name, Labels: labels })
    await ask('POST', '/volumes/create', { Name: name, Labels: labels })
    await ask('POST', `/containers/create?name=${name}`, {
      Image: 'bb:1',
      Cmd: ['sleep', '60'],
      Labels: labels,
      HostConfig: { NetworkMode: name, Mounts: [{ Type: 'volume', Source: name, Target: '/data' }] },
    })
    await ask('POST', `/containers/${name}/start`)
    const first = async (path: string, key?: string): Promise<unknown> => {
      const answer = await ask('GET', path)
      const list = key === undefined ? answer : (answer as Record<string, unknown>)[key]
      return (list as readonly unknown[])[0]
    }
    return new Map([
      ['container', await ask('GET', `/containers/${name}/json`)],
      ['container in the list', await first(`/containers/json?filters=${filter}`)],
      ['network in the list', await first(`/networks?filters=${filter}`)],
      ['volume in the list', await first(`/volumes?filters=${filter}`, 'Volumes')],
      ['image', await ask('GET', '/images/bb:1/json')],
    ])
  } finally {
    await ask('DELETE', `/containers/${name}?force=1&v=1`).catch(() => undefined)
    await ask('DELETE', `/networks/${name}`).catch(() => undefined)
    await ask('DELETE', `/volumes/${name}`).catch(() => undefined)
  }
}

function call(socketPath: string, method: string, path: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    request({ socketPath, method, path, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => {
        if ((response.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${text}`))
        else resolve(text === '' ? undefined : JSON.parse(text))
      })
    })
      .on('error', reject)
      .end(body === undefined ? undefined : JSON.stringify(body))
  })
}

function kind(value: unknown): string {
  if (value === null) return 'nothing'
  return Array.isArray(value) ? 'list' : typeof value
}
