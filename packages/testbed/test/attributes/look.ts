import type { TestEngine } from '../../src/index.ts'
import { normalized } from './compare.ts'

export const projectName = 'attributes'
/** A container that is no part of the project. */
export const outside = 'attributes-outside'

const ours = ['--filter', `label=com.docker.compose.project=${projectName}`]

/** All that the engine says of the project: `container.SERVICE`, `network.NAME`, `volume.NAME`. */
export async function look(host: TestEngine): Promise<Readonly<Record<string, unknown>>> {
  const containers = await list(host, 'ps', '-aq', '--no-trunc', ...ours)
  const others = await list(host, 'ps', '-aq', '--no-trunc', '--filter', `name=${outside}`)
  const networks = await list(host, 'network', 'ls', '-q', '--no-trunc', ...ours)
  const volumes = await list(host, 'volume', 'ls', '-q', ...ours)
  const found = {
    container: await inspect(host, 'container', [...containers, ...others]),
    network: await inspect(host, 'network', networks),
    volume: await inspect(host, 'volume', volumes),
  }
  const names = new Map(
    [...found.container, ...found.network].map((one) => [(one.Id ?? '').slice(0, 12), nameOf(one)]),
  )
  return Object.fromEntries(
    Object.entries(found).map(([kind, objects]) => [
      kind,
      Object.fromEntries(objects.map((one) => [keyOf(one), normalized(one, names)])),
    ]),
  )
}

/** Removes the project, and what is outside of it. */
export async function clear(host: TestEngine, { keepOutside = false } = {}): Promise<void> {
  const containers = await list(host, 'ps', '-aq', ...ours)
  const others = keepOutside ? [] : await list(host, 'ps', '-aq', '--filter', `name=${outside}`)
  if (containers.length + others.length > 0) await demand(host, 'rm', '-fv', ...containers, ...others)
  const networks = await list(host, 'network', 'ls', '-q', ...ours)
  if (networks.length > 0) await demand(host, 'network', 'rm', ...networks)
  const volumes = await list(host, 'volume', 'ls', '-q', ...ours)
  if (volumes.length > 0) await demand(host, 'volume', 'rm', ...volumes)
}

/** The client's answer; @throws Error with what it said when it failed. */
export async function demand(host: TestEngine, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await host.docker(...args)
  if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`)
  return stdout.trim()
}

interface Inspection {
  readonly Id?: string
  readonly Name: string
  readonly Config?: { readonly Labels?: Readonly<Record<string, string>> }
}

async function inspect(
  host: TestEngine,
  kind: string,
  ids: readonly string[],
): Promise<readonly Inspection[]> {
  if (ids.length === 0) return []
  return JSON.parse(await demand(host, 'inspect', '--type', kind, ...ids)) as readonly Inspection[]
}

async function list(host: TestEngine, ...args: readonly string[]): Promise<readonly string[]> {
  return (await demand(host, ...args)).split('\n').filter(Boolean)
}

function nameOf({ Name: name }: Inspection): string {
  return name.replace(/^\//, '')
}

/** A container by its service where that has no other one. */
function keyOf(one: Inspection): string {
  return nameOf(one).replace(/^attributes-(\w+)-1$/, '$1')
}
