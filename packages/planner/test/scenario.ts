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
import {
  hashOf,
  plan,
  planText,
  sealHooks,
  type ComposeHashes,
  type DeploymentView,
  type PlanInput,
  type PlanResult,
} from '../src/index.ts'

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
  readonly aside: readonly string[]
  readonly intent: Intent
  readonly deployment: Partial<DeploymentView>
  readonly external: string | undefined
  readonly observed: Observed | undefined
  readonly more: Partial<Project>
  readonly change: (observed: Observed) => Observed
  readonly hooksRun: PlanInput['hooksRun'] | undefined
}

/**
 * What is wanted and what is found, told in words: `db running`, `web exited`,
 * `web failed`, `web created temporary`, `web running changed #2`; `web running
 * hooked=1`: one of its post_start hooks has run; `stops=drain`: it was made
 * with that for its pre_stop hook; `web running hook`: what runs a pre_start hook.
 */
export interface Scenario {
  wants(services: State['services']): Scenario
  finds(...containers: readonly string[]): Scenario
  inTheLoop(): Scenario
  holding(...services: readonly string[]): Scenario
  settingAside(...services: readonly string[]): Scenario
  externalNetwork(name: string): Scenario
  /** What the project has beside its services. */
  with(more: Partial<Project>): Scenario
  /** What else is so on the engine. */
  where(change: State['change']): Scenario
  intending(more: Partial<Intent>): Scenario
  /** What its deployment is; an `up` of everything by default. */
  deploying(more: Partial<DeploymentView>): Scenario
  down(more?: Partial<Intent>): Scenario
  /** The state that the plan leads to, or the first operations of it. */
  afterwards(operations?: number): Scenario
  /** Ids of the containers by name, with their states. */
  containers(): Readonly<Record<string, string>>
  stopped(): Scenario
  input(): PlanInput
  text(): string
  plans(t: Test, ...lines: readonly string[]): void
  /** Codes and messages of the warnings that go with the plan. */
  warns(t: Test, ...messages: readonly RegExp[]): void
  refuses(t: Test, code: ErrorCode): void
}

export function scenario(state: State = empty): Scenario {
  const next = (more: Partial<State>): Scenario => scenario({ ...state, ...more })
  const project = projectOf(state)
  const observed = state.observed ?? state.change(observe(project, state))
  const input = (): PlanInput => ({
    name: 'app',
    project,
    intent: state.intent,
    observed,
    capabilities: linux,
    hashKey: 'key',
    composeHashes,
    held: new Set(state.held),
    aside: new Set(state.aside),
    hooksRun: state.hooksRun ?? hooksRunIn(observed, state),
    deployment: state.loop
      ? undefined
      : {
          action: 'up',
          options: {},
          refresh: undefined,
          started: new Set(),
          signaled: new Set(),
          ...state.deployment,
        },
  })
  const result = (): PlanResult => plan(input())
  return {
    wants: (services) => next({ services }),
    finds: (...found) => next({ found }),
    inTheLoop: () => next({ loop: true }),
    holding: (...held) => next({ held }),
    settingAside: (...aside) => next({ aside }),
    externalNetwork: (external) => next({ external }),
    with: (more) => next({ more: { ...state.more, ...more } }),
    where: (change) => next({ change: (observed) => change(state.change(observed)) }),
    intending: (more) => next({ intent: { ...state.intent, ...more } }),
    deploying: (deployment) => next({ deployment }),
    down: (more = {}) => next({ intent: { ...upIntent, ...more, target: 'down' } }),
    stopped: () => next({ intent: { ...upIntent, target: 'stopped' } }),
    afterwards(operations = Infinity) {
      const done = result().plan.slice(0, operations)
      const world = done.reduce((before, node) => apply(before, node.operation), observed)
      return next({ observed: world, hooksRun: afterHooks(world, done) })
    },
    containers: () =>
      Object.fromEntries(observed.containers.map(({ name, id, state: its }) => [name, `${its} ${id}`])),
    input,
    text: () => planText(result().plan),
    plans: (t, ...lines) => t.equal(planText(result().plan), lines.join('\n')),
    warns(t, ...messages) {
      const { problems } = result()
      t.same(
        problems.map(({ severity }) => severity),
        messages.map(() => 'warning'),
      )
      for (const [index, message] of messages.entries()) t.match(problems[index]?.message, message)
    },
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
  aside: [],
  intent: upIntent,
  deployment: {},
  external: undefined,
  observed: undefined,
  more: {},
  change: (observed) => observed,
  hooksRun: undefined,
}

function projectOf({ services, external, more }: State): Project {
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
    ...more,
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

function hooksRunIn({ containers }: Observed, { found }: State): PlanInput['hooksRun'] {
  const named = found.filter((text) => text !== 'network' && text !== 'volume')
  return new Map(
    named.flatMap((text, index) => {
      const count = flagOf(text, 'hooked')
      const id = idOf(index)
      const startedAt = containers.find((one) => one.id === id)?.startedAt
      return count === undefined || startedAt === undefined
        ? []
        : [[id, { startedAt, count: Number(count) }] as const]
    }),
  )
}

function afterHooks({ containers }: Observed, plan: PlanResult['plan']): PlanInput['hooksRun'] {
  return new Map(
    plan.flatMap(({ operation }) => {
      if (operation.type !== 'runHook' || operation.phase !== 'post_start') return []
      const { id, startedAt } = containers.find((one) =>
        [one.id, one.name].includes(operation.container),
      ) ?? { id: '', startedAt: undefined }
      return startedAt === undefined ? [] : [[id, { startedAt, count: operation.index + 1 }] as const]
    }),
  )
}

function flagOf(text: string, name: string): string | undefined {
  const flag = text.split(' ').find((one) => one.startsWith(`${name}=`))
  return flag?.slice(name.length + 1)
}

const idOf = (index: number): string => `0000000000${(0xaa + index).toString(16)}${'0'.repeat(52)}`

function container(project: Project, text: string, index: number): ObservedContainer {
  const [name = '', state = '', ...flags] = text.split(' ')
  const number = Number(flags.find((flag) => flag.startsWith('#'))?.slice(1) ?? 1)
  const service = project.services[name]
  if (service === undefined) throw new Error(`the scenario wants no service ${name}`)
  const finalName = `app-${name}-${number}`
  const isHook = flags.includes('hook')
  const stops = flagOf(text, 'stops')
  const hash = flags.includes('changed') ? 'v1:other' : hashFor(project, service)
  return {
    id: idOf(index),
    name: flags.includes('temporary')
      ? `0000000000aa_${finalName}`
      : isHook
        ? `app-${name}-pre_start-0`
        : finalName,
    service: name,
    number: isHook ? undefined : number,
    oneOff: isHook,
    ...(isHook ? { hook: 'pre_start' } : {}),
    state: state === 'failed' ? 'exited' : (state as ObservedContainer['state']),
    health: 'none',
    exitCode: state === 'failed' ? 1 : 0,
    error: undefined,
    oomKilled: false,
    restartCount: 0,
    startedAt: state === 'created' ? undefined : '2026-01-01T00:00:30Z',
    finishedAt: undefined,
    createdAt: `2026-01-01T00:00:0${index}Z`,
    labels: {
      [composeLabels.project]: 'app',
      [composeLabels.service]: name,
      ...(flags.includes('composed')
        ? { [composeLabels.configHash]: `compose-${name}` }
        : { [bulkheadLabels.hash]: hash }),
      ...(stops === undefined ? {} : { [bulkheadLabels.preStop]: sealHooks([{ command: [stops] }], 'key') }),
    },
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
  return hashOf({ project, service, mode: 'default', key: 'key' })
}

/** What an operation makes of the world, as an engine would. */
function apply(world: Observed, operation: Operation): Observed {
  const { containers } = world
  const change = (key: string, more: Partial<ObservedContainer>): Observed => ({
    ...world,
    containers: containers.map((one) => (one.id === key || one.name === key ? { ...one, ...more } : one)),
  })
  switch (operation.type) {
    case 'createNetwork': {
      const { name, body } = operation.network
      const made = {
        id: `${name}-id`,
        name,
        driver: 'bridge',
        labels: body['Labels'] as Record<string, string>,
      }
      return { ...world, networks: [...world.networks, { ...made, createdAt: now }] }
    }
    case 'removeNetwork':
      if (
        containers.some(
          (one) => one.state === 'running' && Object.values(one.networks).includes(operation.id),
        )
      )
        throw new Error(`network ${operation.name} has active endpoints`)
      return { ...world, networks: world.networks.filter(({ id }) => id !== operation.id) }
    case 'createVolume': {
      const { name, body } = operation.volume
      const made = { name, driver: 'local', labels: body['Labels'] as Record<string, string> }
      return { ...world, volumes: [...world.volumes, made] }
    }
    case 'removeVolume':
      if (containers.some(({ mounts }) => mounts.some(({ name }) => name === operation.name)))
        throw new Error(`volume ${operation.name} is in use`)
      return { ...world, volumes: world.volumes.filter(({ name }) => name !== operation.name) }
    case 'connectNetwork': {
      const { network } = operation.attachment
      const one = containers.find(({ id }) => id === operation.container)
      const found = world.networks.find(({ name }) => name === network)
      if (found === undefined || one?.networks[network] !== undefined)
        throw new Error(`cannot connect ${network}`)
      const id = one?.state === 'running' ? found.id : ''
      return change(operation.container, { networks: { ...one?.networks, [network]: id } })
    }
    case 'disconnectNetwork': {
      const one = containers.find(({ id }) => id === operation.container)
      const { [operation.network]: left, ...networks } = one?.networks ?? {}
      if (left === undefined) throw new Error(`not on ${operation.network}`)
      return change(operation.container, { networks })
    }
    case 'createContainer': {
      const { name, service, number, body, networks } = operation.container
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
        startedAt: undefined,
        networks: Object.fromEntries(networks.map(({ network }) => [network, ''])),
        aliases: Object.fromEntries(
          networks.map(({ network, endpoint }) => [network, endpoint['Aliases'] as readonly string[]]),
        ),
        mounts: mountsIn(body),
      }
      return { ...world, containers: [...containers, made] }
    }
    case 'startContainer':
      return start(world, operation.container)
    case 'stopContainer':
      return change(operation.container, { state: 'exited' })
    case 'removeContainer':
      return {
        ...world,
        containers: containers.filter(({ id, name }) => ![id, name].includes(operation.container)),
      }
    case 'aliasContainer': {
      const { network, endpoint } = operation.attachment
      const one = containers.find(({ id, name }) => [id, name].includes(operation.container))
      if (one?.networks[network] === undefined) throw new Error(`not on ${network}`)
      const aliases = { ...one.aliases, [network]: endpoint['Aliases'] as readonly string[] }
      return change(operation.container, { aliases })
    }
    case 'unpauseContainer':
      return change(operation.container, { state: 'running' })
    case 'updateContainer':
      return world
    case 'renameContainer':
      return change(operation.container, { name: operation.to })
    case 'killContainer':
      return change(operation.container, { state: 'exited', exitCode: 137 })
    case 'awaitCondition':
    case 'awaitReplica':
    case 'wait':
    case 'runHook':
    case 'runInit':
    case 'runProvider':
    case 'prepareModel':
      return world
    case 'pullImage':
    case 'buildImage':
    case 'pushImage':
    case 'removeImage':
      throw new Error(`the scenario's world has no ${operation.type}`)
  }
}

/** The engine takes a place on a network that was there by its id, else by the name. */
function start(world: Observed, key: string): Observed {
  const idOf = (name: string, id: string): string => {
    const found = world.networks.find((one) => (id === '' ? one.name === name : one.id === id))
    if (found === undefined && name.startsWith('app_')) throw new Error(`network ${name} not found`)
    return found?.id ?? id
  }
  return {
    ...world,
    containers: world.containers.map((one) =>
      one.id !== key && one.name !== key
        ? one
        : {
            ...one,
            state: 'running',
            startedAt: now,
            networks: Object.fromEntries(
              Object.entries(one.networks).map(([name, id]) => [name, idOf(name, id)]),
            ),
          },
    ),
  }
}

function mountsIn(body: Readonly<Record<string, unknown>>): ObservedContainer['mounts'] {
  const { Mounts = [] } = body['HostConfig'] as { readonly Mounts?: readonly Record<string, string>[] }
  return Mounts.map(({ Type = '', Source, Target = '' }) => ({
    type: Type,
    name: Source,
    source: '',
    target: Target,
  }))
}

/** When plans are carried out. */
const now = '2026-01-01T01:00:00Z'

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
