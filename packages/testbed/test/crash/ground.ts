import type { TestEngine } from '../../src/index.ts'
import type { CrashProject } from './project.ts'

/** What the engine holds of a project. */
export interface Ground {
  readonly containers: readonly Held[]
  readonly networks: readonly string[]
  readonly volumes: readonly string[]
  /** Of the volumes that have a label `version`, name → its value. */
  readonly versions: ReadonlyMap<string, string>
}

interface Held {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly version: string
  /** The anonymous volume at `/own`. */
  readonly own: string
  readonly networks: readonly string[]
}

export async function look({ docker }: TestEngine, { name }: CrashProject): Promise<Ground> {
  const filter = ['--filter', `label=com.docker.compose.project=${name}`]
  const lines = async (...args: string[]): Promise<readonly string[]> =>
    (await docker(...args)).stdout
      .split('\n')
      .filter((line) => line !== '')
      .sort()
  const [ids, networks, labelled] = await Promise.all([
    lines('ps', '-aq', '--no-trunc', ...filter),
    lines('network', 'ls', '--format', '{{.Name}}', ...filter),
    lines('volume', 'ls', '--format', '{{.Name}} {{.Label "version"}}', ...filter),
  ])
  const inspected =
    ids.length === 0 ? [] : (JSON.parse((await docker('inspect', ...ids)).stdout) as readonly Inspected[])
  const volumes = labelled.map((line) => line.split(' '))
  return {
    containers: inspected.map(heldOf),
    networks,
    volumes: volumes.map(([volume = '']) => volume),
    versions: new Map(volumes.map(([volume = '', version = '']) => [volume, version])),
  }
}

interface Inspected {
  readonly Id: string
  readonly Name: string
  readonly State: { readonly Status: string }
  readonly Config: { readonly Env: readonly string[] }
  readonly Mounts: readonly { readonly Destination: string; readonly Name?: string }[]
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> }
}

function heldOf({ Id, Name, State, Config, Mounts, NetworkSettings }: Inspected): Held {
  return {
    id: Id,
    name: Name.slice(1),
    state: State.Status,
    version: Config.Env.find((entry) => entry.startsWith('VERSION='))?.slice('VERSION='.length) ?? '',
    own: Mounts.find(({ Destination }) => Destination === '/own')?.Name ?? '',
    networks: Object.keys(NetworkSettings.Networks).sort(),
  }
}

/** What is not as it should be, in words; nothing: all is well. */
export function faultsIn(
  found: Ground,
  {
    project,
    version,
    before,
  }: { readonly project: CrashProject; readonly version: number; readonly before: Ground | undefined },
): readonly string[] {
  const faults: string[] = []
  for (const name of project.containers) {
    const count = found.containers.filter((one) => one.name === name).length
    if (count === 0) faults.push(`missing: ${name}`)
  }
  for (const { name, state, version: its, own, networks } of found.containers) {
    if (/^[0-9a-f]{12}_/u.test(name)) faults.push(`temporary name: ${name}`)
    else if (!project.containers.includes(name)) faults.push(`too many: ${name}`)
    if (state !== 'running') faults.push(`not running: ${name} (${state})`)
    if (its !== `v${version}`) faults.push(`old: ${name} is of ${its}`)
    const then = before?.containers.find((one) => one.name === name)?.own
    if (then !== undefined && own !== then) faults.push(`lost data: ${name} has another anonymous volume`)
    const missing = project.networks.filter((network) => !networks.includes(network))
    if (missing.length > 0) faults.push(`not attached: ${name} to ${missing.join(', ')}`)
  }
  const extra = (what: string, all: readonly string[], wanted: readonly string[]): void => {
    for (const name of all) if (!wanted.includes(name)) faults.push(`orphaned ${what}: ${name}`)
    for (const name of wanted) if (!all.includes(name)) faults.push(`missing ${what}: ${name}`)
    if (all.length > new Set(all).size) faults.push(`twice: ${what} of ${all.join(', ')}`)
  }
  for (const name of project.renewed) {
    const its = found.versions.get(name)
    if (its !== undefined && its !== `v${version}`) faults.push(`old: volume ${name} is of ${its}`)
  }
  const owned = new Set(found.containers.map(({ own }) => own))
  extra('network', found.networks, project.networks)
  extra(
    'volume',
    found.volumes.filter((name) => !owned.has(name)),
    project.volumes,
  )
  return faults
}
