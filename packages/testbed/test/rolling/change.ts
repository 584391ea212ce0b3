import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Outcome } from '../../src/index.ts'
import { eventually, type House } from '../end-to-end/harness.ts'
import { replicas, yaml, type Update, type Version } from './project.ts'
import { startTraffic, type Tally } from './traffic.ts'

/** Whoever brings the project up. */
export type Command = (...args: readonly string[]) => Promise<Outcome>

export interface Change {
  readonly name: string
  readonly from: Version
  readonly to: Version
  /** The version that all containers have in the end. */
  readonly until: Version
  readonly update: Update
  readonly command: Command
  readonly port: number
}

export interface Changed {
  readonly code: number
  readonly seconds: number
  readonly tally: Tally
}

/** Up, and then a change under traffic, until all containers are what they are to be and answer. */
export async function change(house: House, given: Change): Promise<Changed> {
  const { name, from, to, until, update, command, port } = given
  const file = join(house.folder, `${name}.yaml`)
  const url = `http://${house.engine.address}:${port}/`
  const up = async (version: Version): Promise<Outcome> => {
    await writeFile(file, yaml(version, update, port))
    return command('-f', file, '-p', name, 'up', '-d')
  }
  try {
    const first = await up(from)
    if (first.code !== 0) throw new Error(first.stderr)
    await eventually(async () => (await settled(house, name, from)) && (await answers(url)))
    const traffic = startTraffic(url)
    await seconds(2)
    const began = performance.now()
    const { code, stdout, stderr } = await up(to)
    await eventually(() => settled(house, name, until), 120_000).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${stdout}${stderr}`)
    })
    const took = (performance.now() - began) / 1000
    await seconds(3)
    return { code: code ?? -1, seconds: took, tally: await traffic.stop() }
  } finally {
    await command('-f', file, '-p', name, 'down', '-v', '-t', '1')
  }
}

/** Every container healthy, of the version, and under its own name. */
async function settled({ engine }: House, name: string, version: Version): Promise<boolean> {
  const filter = `label=com.docker.compose.project=${name}`
  const ids = (await engine.docker('ps', '-aq', '--filter', filter)).stdout.split('\n').filter(Boolean)
  if (ids.length === 0) return false
  const format =
    '{{.Name}} {{if .State.Health}}{{.State.Health.Status}}{{end}} {{range .Config.Env}}{{println .}}{{end}}'
  const { stdout } = await engine.docker('inspect', '-f', format, ...ids)
  return (
    Array.from({ length: replicas }, (_, index) => `/${name}-web-${index + 1} healthy`).every((one) =>
      stdout
        .split('/')
        .map((text) => `/${text}`)
        .some((text) => text.startsWith(one) && text.includes(`VERSION=${version.name}\n`)),
    ) && ids.length === replicas + 1
  )
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2000) })).ok
  } catch {
    return false
  }
}

function seconds(count: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, count * 1000)
  })
}
