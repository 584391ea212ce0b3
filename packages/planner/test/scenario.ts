import type { Test } from 'tap'
import {
  bulkheadLabels,
  composeLabels,
  upIntent,
  type ErrorCode,
  type EngineCapabilities,
  type Intent,
  type Network,
  type Observed,
  type ObservedContainer,
  type Operation,
  type Project,
  type Service,
} from '@bulkhead/model'
import { hashOf, plan, planText, type ComposeHashes, type PlanInput, type PlanResult } from '../src/index.ts'

export const composeHashes: ComposeHashes = {
  service: (_project, service) => `compose-${service.name}`,
  network: ({ name }) => `compose-${name}`,
  volume: ({ name }) => `compose-${name}`,
}

export const linux: EngineCapabilities = {
  id: 'engine',
  name: 'engine',
  version: '26.1.5',
  apiVersion: '1.45',
  os: 'linux',
  architecture: 'amd64',
  kernelVersion: '6.1.0',
  operatingSystem: 'Linux',
  runtimes: { runc: { path: 'runc', args: [] }, runsc: { path: '/usr/bin/runsc', args: [] } },
  defaultRuntime: 'runc',
  defaultIsolation: undefined,
  securityOptions: [],
  liveRestore: false,
  swarm: 'inactive',
}

interface State {
  readonly services: Readonly<Record<string, Partial<Service>>>
  readonly found: readonly string[]
  readonly loop: boolean
  readonly held: readonly string[]
  readonly intent: Intent
  readonly external: string | undefined
  readonly observed: Observed | undefined
}

/**
 * What is wanted and what is found, told in words: `db running`, `web exited`,
 * `web failed`, `web created temporary`, `web running changed #2`.
 */
export interface Scenario {
  wants(services: State['services']): Scenario
  finds(...containers: readonly string[]): Scenario
  inTheLoop(): Scenario
  holding(...services: readonly string[]): Scenario
  externalNetwork(name: string): Scenario
  down(more?: Partial<Intent>): Scenario
  /** The state that the plan leads to. */
  afterwards(): Scenario
  input(): PlanInput
  text(): string
  plans(t: Test, ...lines: readonly string[]): void
  refuses(t: Test, code: ErrorCode): void
}

export function scenario(state: State = empty): Scenario {
  const next = (more: Partial<State>): Scenario => scenario({ ...state, ...more })
  const project = projectOf(state)
  const observed = state.observed ?? observe(project, state)
  const input = (): PlanInput => ({
    name: 'app',
    project,
    intent: state.intent,
    observed,
    capabilities: linux,
    hashKey: 'key',
    composeHashes,
    held: new Set(state.held),
    deployment: state.loop ? undefined : { refresh: undefined, started: new Set() },
  })
  const result = (): PlanResult => plan(input())
  return {
    wants: (services) => next({ services }),
    finds: (...found) => next({ found }),
    inTheLoop: () => next({ loop: true }),
    holding: (...held) => next({ held }),
    externalNetwork: (external) => next({ external }),
    down: (more = {}) => next({ intent: { ...upIntent, ...more, target: 'down' } }),
    afterwards: () =>
      next({ observed: result().plan.reduce((world, node) => apply(world, node.operation), observed) }),
    input,
    text: () => planText(result().plan),
    plans: (t, ...lines) => t.equal(planText(result().plan), lines.join('\n')),
    refuses(t, code) {
      const { plan, problems } = result()
      t.same(plan, [])
      t.equal(problems[0]?.code, code)
    },
  }
}

const empty: State = {
  services: {},
  found: [],
  loop: false,
  held: [],
  intent: upIntent,
  external: undefined,
  observed: undefined,
}

function projectOf({ services, external }: State): Project {
  const network: Network =
    external === undefined ? { name: 'app_default' } : { name: external, external: true }
  const made = Object.entries(services).map(([name, service]): [string, Service] => [
    name,
    {
      name,
      image: 'bb:1',
      ...(service.network_mode === undefined ? { networks: { default: null } } : {}),
      ...service,
    },
  ])
  return {
    name: 'app',
    workingDir: '/app',
    configFiles: ['/app/compose.yaml'],
    environmentFiles: [],
    services: Object.fromEntries(made),
    disabledServices: {},
    networks: { default: network },
    volumes: {},
    secrets: {},
    configs: {},
    models: {},
    extensions: {},
    positions: new Map(),
  }
}

function observe(project: Project, { found }: State): Observed {
  const named = found.filter((text) => text !== 'network' && text !== 'volume')
  const labels = { [composeLabels.project]: 'app' }
  return {
    containers: named.map((text, index) => container(project, text, index)),
    networks: found.length === 0 ? [] : [network],
    volumes: found.includes('volume')
      ? [{ name: 'app_data', driver: 'local', labels: { ...labels, [composeLabels.volume]: 'data' } }]
      : [],
    images: { 'bb:1': { id: 'sha256:bb', os: 'linux', architecture: 'amd64', volumes: [], labels: {} } },
  }
}

const network = {
  id: 'n1',
  name: 'app_default',
  driver: 'bridge',
  labels: { [composeLabels.project]: 'app', [composeLabels.network]: 'default' },
}

function container(project: Project, text: string, index: number): ObservedContainer {
  const [name = '', state = '', ...flags] = text.split(' ')
  const number = Number(flags.find((flag) => flag.startsWith('#'))?.slice(1) ?? 1)
  const service = project.services[name]
  if (service === undefined) throw new Error(`the scenario wants no service ${name}`)
  const finalName = `app-${name}-${number}`
  const hash = flags.includes('changed') ? 'v1:other' : hashFor(project, service)
  return {
    id: `0000000000${(0xaa + index).toString(16)}${'0'.repeat(52)}`,
    name: flags.includes('temporary') ? `0000000000aa_${finalName}` : finalName,
    service: name,
    number,
    oneOff: false,
    state: state === 'failed' ? 'exited' : (state as ObservedContainer['state']),
    health: 'none',
    exitCode: state === 'failed' ? 1 : 0,
    error: undefined,
    oomKilled: false,
    restartCount: 0,
    startedAt: undefined,
    finishedAt: undefined,
    createdAt: `2026-01-01T00:00:0${index}Z`,
    labels: { [composeLabels.project]: 'app', [composeLabels.service]: name, [bulkheadLabels.hash]: hash },
    image: 'bb:1',
    imageId: 'sha256:bb',
    command: '',
    runtime: 'runc',
    isolation: undefined,
    networks: { app_default: 'n1' },
    mounts: [],
    ports: [],
    healthLog: [],
  }
}

function hashFor(project: Project, service: Service): string {
  return hashOf({ project, service, mode: 'default', key: 'key', nonce: 0 })
}

/** What an operation makes of the world, as an engine would. */
function apply(world: Observed, operation: Operation): Observed {
  const { containers } = world
  const change = (key: string, more: Partial<ObservedContainer>): Observed => ({
    ...world,
    containers: containers.map((one) => (one.id === key || one.name === key ? { ...one, ...more } : one)),
  })
  switch (operation.type) {
    case 'createNetwork':
      return { ...world, networks: [...world.networks, network] }
    case 'createContainer': {
      const { name, service, number, body } = operation.container
      const base = containers.find((one) => one.service === service)
      const labels = body['Labels'] as Record<string, string>
      const made: ObservedContainer = {
        ...(base ?? blank),
        id: `${name}-id`,
        name,
        service,
        number,
        labels,
        state: 'created',
        networks: { app_default: 'n1' },
      }
      return { ...world, containers: [...containers, made] }
    }
    case 'startContainer':
      return change(operation.container, { state: 'running' })
    case 'stopContainer':
      return change(operation.container, { state: 'exited' })
    case 'removeContainer':
      return { ...world, containers: containers.filter(({ id }) => id !== operation.container) }
    case 'renameContainer':
      return change(operation.container, { name: operation.to })
    case 'awaitCondition':
      return world
    case 'pullImage':
    case 'buildImage':
    case 'removeNetwork':
    case 'createVolume':
    case 'removeVolume':
      throw new Error(`the scenario's world has no ${operation.type}`)
  }
}

const blank: ObservedContainer = {
  id: '',
  name: '',
  service: '',
  number: 1,
  oneOff: false,
  state: 'created',
  health: 'none',
  exitCode: 0,
  error: undefined,
  oomKilled: false,
  restartCount: 0,
  startedAt: undefined,
  finishedAt: undefined,
  createdAt: '2026-01-01T00:01:00Z',
  labels: {},
  image: 'bb:1',
  imageId: 'sha256:bb',
  command: '',
  runtime: 'runc',
  isolation: undefined,
  networks: {},
  mounts: [],
  ports: [],
  healthLog: [],
}
