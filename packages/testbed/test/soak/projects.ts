import type { EngineCaller } from './engine.ts'

/** One of the projects that are kept, and what the engine must hold of it. */
export interface SoakProject {
  readonly name: string
  readonly yaml: string
  /** Networks by the container's name. */
  readonly containers: ReadonlyMap<string, readonly string[]>
}

const idle = `image: bb:1
    pull_policy: never
    init: true
    stop_grace_period: 1s
    command: [sleep, "100000"]`

/** A database with data, what needs it, and two workers on a network more: every kind of repair has something to mend. */
export function soakProject(index: number): SoakProject {
  const name = `soak-${String(index).padStart(2, '0')}`
  const [front, back] = [`${name}_default`, `${name}_back`]
  const yaml = `services:
  db:
    ${idle}
    volumes: [data:/data]
    networks: [default, back]
  web:
    ${idle}
    restart: always
    depends_on:
      db: { condition: service_started, restart: true }
  worker:
    ${idle}
    scale: 2
    networks: [back]
    depends_on: [db]
networks: { back: {} }
volumes: { data: {} }
`
  const containers = new Map([
    [`${name}-db-1`, [back, front]],
    [`${name}-web-1`, [front]],
    [`${name}-worker-1`, [back]],
    [`${name}-worker-2`, [back]],
  ])
  return { name, yaml, containers }
}

interface Listed {
  readonly Names: readonly string[]
  readonly State: string
  readonly Labels: Readonly<Record<string, string>>
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, unknown>> }
}

/** What is not as the files say, in words, as the engine itself tells it; nothing: all have converged. */
export async function faultsIn(
  engine: EngineCaller,
  projects: readonly SoakProject[],
): Promise<readonly string[]> {
  const filters = JSON.stringify({ label: ['com.docker.compose.project'] })
  const all = (await engine.get(
    `/containers/json?all=1&filters=${encodeURIComponent(filters)}`,
  )) as readonly Listed[]
  return projects.flatMap((project) => {
    const ours = all.filter(({ Labels }) => Labels['com.docker.compose.project'] === project.name)
    return faultsOf(project, ours)
  })
}

function faultsOf({ containers }: SoakProject, found: readonly Listed[]): readonly string[] {
  const faults: string[] = []
  for (const [name, networks] of containers) {
    const mine = found.filter(({ Names }) => Names.includes(`/${name}`))
    if (mine.length !== 1) faults.push(`${name} is there ${mine.length} times`)
    for (const { State, NetworkSettings } of mine) {
      if (State !== 'running') faults.push(`${name} is ${State}`)
      const attached = Object.keys(NetworkSettings.Networks).sort()
      if (attached.join() !== networks.join())
        faults.push(`${name} is on ${attached.join(', ') || 'nothing'}`)
    }
  }
  for (const { Names } of found) {
    const [name = ''] = Names.map((one) => one.slice(1))
    if (!containers.has(name)) faults.push(`${name} is too many`)
  }
  return faults
}
