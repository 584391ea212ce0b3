import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Outcome } from '../../src/index.ts'
import type { House } from '../end-to-end/harness.ts'

export interface Size {
  readonly services: number
  readonly replicas: number
  readonly networks: number
}

/** Whoever brings the project up, changes it and takes it down. */
export type Command = (...args: readonly string[]) => Promise<Outcome>

export interface Life {
  /** Seconds by step. */
  readonly seconds: Readonly<Record<'up' | 'idle' | 'change' | 'down', number>>
  /** Nothing: all was well. */
  readonly faults: readonly string[]
}

const program = "trap 'exit' TERM; while :; do sleep 5 & wait; done"

function yaml({ services, replicas, networks }: Size, version: number): string {
  const one = (index: number): string => `  s${index}:
    image: bb:1
    pull_policy: never
    stop_grace_period: 5s
    command: [sh, -c, "${program}"]
    environment: { VERSION: 'v${version}' }
    scale: ${replicas}
    networks: [n${index % networks}, n${(index + 1) % networks}]${index < 10 ? '' : `\n    depends_on: [s${index % 10}]`}`
  const all = (count: number, text: (index: number) => string): string =>
    Array.from({ length: count }, (_, index) => text(index)).join('\n')
  return `services:\n${all(services, one)}\nnetworks:\n${all(networks, (index) => `  n${index}: {}`)}\n`
}

/** Up, up again, a change of everything, down: each looked at on the engine. */
export async function live(house: House, name: string, size: Size, command: Command): Promise<Life> {
  const faults: string[] = []
  const file = join(house.folder, `${name}.yaml`)
  const timed = async (...args: readonly string[]): Promise<number> => {
    const began = performance.now()
    const { code, stdout, stderr } = await command('-f', file, '-p', name, ...args)
    if (code !== 0) faults.push(`${args.join(' ')} ended with ${code}: ${(stdout + stderr).slice(-400)}`)
    return (performance.now() - began) / 1000
  }
  const expectAll = async (version: number): Promise<void> => {
    const names = await listed(house, name, '{{.Names}} {{.State}}')
    const wanted = Array.from({ length: size.services }, (_, index) =>
      Array.from({ length: size.replicas }, (_one, replica) => `${name}-s${index}-${replica + 1} running`),
    ).flat()
    const missing = wanted.filter((one) => !names.includes(one))
    if (missing.length > 0) faults.push(`v${version}: missing ${missing.join(', ')}`)
    if (names.length !== wanted.length)
      faults.push(`v${version}: ${names.length} containers for ${wanted.length}`)
  }
  await writeFile(file, yaml(size, 1))
  const up = await timed('up', '-d')
  await expectAll(1)
  const before = await listed(house, name, '{{.ID}}')
  const idle = await timed('up', '-d')
  const kept = await listed(house, name, '{{.ID}}')
  if (kept.join() !== before.join()) faults.push('an up without a change changed something')
  await writeFile(file, yaml(size, 2))
  const change = await timed('up', '-d')
  await expectAll(2)
  const after = await listed(house, name, '{{.ID}}')
  const old = after.filter((id) => before.includes(id))
  if (old.length > 0) faults.push(`${old.length} containers were not changed`)
  const down = await timed('down', '-v')
  const filter = `label=com.docker.compose.project=${name}`
  const left = [
    ...(await listed(house, name, '{{.Names}}')),
    ...(await lines(house, 'network', 'ls', '--filter', filter, '--format', '{{.Name}}')),
    ...(await lines(house, 'volume', 'ls', '--filter', filter, '--format', '{{.Name}}')),
  ]
  if (left.length > 0) faults.push(`left after down: ${left.join(', ')}`)
  return { seconds: { up, idle, change, down }, faults }
}

/** Takes away by force what a failed life left. */
export async function clear(house: House, name: string): Promise<void> {
  const filter = `label=com.docker.compose.project=${name}`
  const ids = await lines(house, 'ps', '-aq', '--filter', filter)
  if (ids.length > 0) await house.engine.docker('rm', '-fv', ...ids)
  const networks = await lines(house, 'network', 'ls', '-q', '--filter', filter)
  if (networks.length > 0) await house.engine.docker('network', 'rm', ...networks)
}

function listed(house: House, name: string, format: string): Promise<readonly string[]> {
  const filter = `label=com.docker.compose.project=${name}`
  return lines(house, 'ps', '-a', '--no-trunc', '--filter', filter, '--format', format)
}

async function lines({ engine }: House, ...args: string[]): Promise<readonly string[]> {
  const { stdout } = await engine.docker(...args)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .sort()
}
