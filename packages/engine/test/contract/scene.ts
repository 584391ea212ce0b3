import type { Test } from 'tap'
import { composeLabels } from '@bulkhead/model'
import type { ContainerSpec, NetworkAttachment, ObservedContainer } from '@bulkhead/model'
import type { Engine } from '../../src/index.ts'

/** What the contract needs of whoever offers an engine. */
export interface Subject {
  readonly engine: Engine
  /** An image with busybox's programs, on the engine. */
  readonly image: string
  /** Where to listen to the engine itself; without it only what the port shows is held to the contract. */
  readonly wire?: Wire
}

export interface Wire {
  /** Path of the engine's Unix socket. */
  readonly socket: string
  readonly release: '26' | '20'
}

/** How long anything may take to come about. */
const patienceMs = 20_000

export interface Scene extends Subject {
  /** A project of this test's own; all of it is taken away at the end. */
  readonly project: string
  readonly named: (suffix: string) => string
  readonly observe: () => ReturnType<Engine['observe']>
  /** The container's name is the project's and the service's. */
  readonly specify: (service: string, script: string, more?: Specification) => ContainerSpec
  readonly create: (service: string, script: string, more?: Specification) => Promise<string>
  /** Creates and starts. */
  readonly run: (service: string, script: string, more?: Specification) => Promise<string>
  readonly network: (suffix: string) => Promise<string>
  readonly found: (container: string) => Promise<ObservedContainer>
  /** Waits until a container is as wanted. */
  readonly until: (
    container: string,
    wanted: (its: ObservedContainer) => boolean,
  ) => Promise<ObservedContainer>
  /** What it has written to standard output. */
  readonly output: (container: string) => Promise<string>
}

export interface Specification {
  readonly body?: Readonly<Record<string, unknown>>
  readonly host?: Readonly<Record<string, unknown>>
  readonly labels?: Readonly<Record<string, string>>
  readonly networks?: readonly NetworkAttachment[]
  readonly image?: string
  readonly number?: number
}

let scenes = 0

export function scene(t: Test, { engine, image }: Subject): Scene {
  scenes += 1
  const project = `contract${process.pid}x${scenes}`
  const named = (suffix: string): string => `${project}_${suffix}`
  const observe = (): ReturnType<Engine['observe']> =>
    engine.observe({ project, networks: [], volumes: [], images: [] })

  const specify = (service: string, script: string, more: Specification = {}): ContainerSpec => ({
    name: `${project}-${service}-${more.number ?? 1}`,
    service,
    number: more.number ?? 1,
    platform: undefined,
    networks: more.networks ?? [],
    body: {
      Image: more.image ?? image,
      Cmd: ['sh', '-c', script],
      ...more.body,
      Labels: {
        [composeLabels.project]: project,
        [composeLabels.service]: service,
        [composeLabels.number]: String(more.number ?? 1),
        [composeLabels.oneOff]: 'False',
        ...more.labels,
      },
      HostConfig: { ...(more.networks === undefined ? { NetworkMode: 'none' } : {}), ...more.host },
    },
  })
  const create = (service: string, script: string, more?: Specification): Promise<string> =>
    engine.createContainer(specify(service, script, more))
  const run = async (service: string, script: string, more?: Specification): Promise<string> => {
    const id = await create(service, script, more)
    await engine.startContainer(id)
    return id
  }
  const network = async (suffix: string): Promise<string> => {
    await engine.createNetwork({
      name: named(suffix),
      body: { Labels: { [composeLabels.project]: project } },
    })
    return named(suffix)
  }
  const found = async (container: string): Promise<ObservedContainer> => {
    const its = await engine.inspect(container)
    if (its === undefined) throw new Error(`Container ${container} is gone.`)
    return its
  }
  const until: Scene['until'] = async (container, wanted) => {
    const deadline = performance.now() + patienceMs
    for (;;) {
      const its = await found(container)
      if (wanted(its)) return its
      if (performance.now() > deadline)
        throw new Error(`Container ${its.name} stayed ${its.state} (${its.health}).`)
    }
  }
  const output = async (container: string): Promise<string> => {
    const lines: string[] = []
    const options = { follow: false, tail: undefined, timestamps: false }
    for await (const line of engine.logs(container, options))
      if (line.stream === 'stdout') lines.push(line.text)
    return lines.join('\n')
  }
  t.teardown(() => sweep(engine, observe))
  return { engine, image, project, named, observe, specify, create, run, network, found, until, output }
}

async function sweep(engine: Engine, observe: Scene['observe']): Promise<void> {
  const { containers, networks, volumes } = await observe()
  await Promise.all(containers.map(({ id }) => engine.removeContainer(id, { volumes: true })))
  await Promise.all(networks.map(({ id }) => engine.removeNetwork(id)))
  await Promise.all(volumes.map(({ name }) => engine.removeVolume(name)))
}
