import * as fc from 'fast-check'
import { upIntent } from '@bulkhead/model'
import type { Dependency, Intent, Project, Service, ServiceVolume } from '@bulkhead/model'
import type { Script } from '@bulkhead/twin'

/** What is asked for: files, and the intent beside them. */
export interface Asked {
  readonly project: Project
  readonly intent: Intent
}

/** What somebody did to the engine while nobody kept the project. `pick` chooses the container or network that it hits. */
export interface Disturbance {
  readonly does:
    | 'stop'
    | 'kill'
    | 'remove'
    | 'pause'
    | 'rename to a temporary name'
    | 'rename at will'
    | 'copy'
    | 'copy under a temporary name'
    | 'stale copy under a temporary name'
    | 'copy as an orphan'
    | 'copy as a one-off'
    | 'disconnect'
    | 'remove the network'
    | 'make the network anew'
  readonly pick: number
  /** Copies only: whether it is started. */
  readonly running: boolean
}

export interface Case {
  readonly release: '26' | '20'
  readonly seed: number
  /** What was asked for before, if anything. */
  readonly before: Asked | undefined
  readonly disturbances: readonly Disturbance[]
  readonly after: Asked
  readonly removeVolumes: boolean
}

/**
 * What a service does. `sick` never turns healthy, `fails` ends with 3; `slow`
 * is healthy at its third probe, `job` ends well after a while.
 */
const kinds = ['serve', 'slow', 'job', 'sick', 'fails'] as const
export type Kind = (typeof kinds)[number]

export const scripts: readonly Script[] = [
  { command: /^slow/u, probes: [1, 1, 0] },
  { command: /^sick/u, probes: [1] },
  { command: /^job/u, does: { exits: { after: 300, code: 0 } } },
  { command: /^fails/u, does: { exits: { after: 300, code: 3 } } },
]

export function kindOf({ command = [] }: Service): Kind {
  const kind = kinds.find((one) => one === command[0])
  if (kind === undefined) throw new Error(`no kind of service: ${command.join(' ')}`)
  return kind
}

interface Draft {
  readonly kind: Kind
  readonly version: number
  readonly scale: number
  readonly needs: readonly (Pick<Dependency, 'condition' | 'required'> & {
    readonly on: number
    readonly restart: boolean
  })[]
  readonly shares: 'network' | 'pid' | 'ipc' | 'volumes' | undefined
  readonly parent: number
  readonly networks: readonly string[]
  readonly volumes: readonly ('data' | 'logs' | 'anonymous')[]
  readonly reads: boolean
}

const draft: fc.Arbitrary<Draft> = fc.record({
  kind: fc.oneof(
    { arbitrary: fc.constantFrom<Kind>('serve', 'slow', 'job'), weight: 12 },
    { arbitrary: fc.constantFrom<Kind>('sick', 'fails'), weight: 1 },
  ),
  version: fc.nat(1),
  scale: fc.oneof({ arbitrary: fc.constant(1), weight: 3 }, { arbitrary: fc.nat(3), weight: 1 }),
  needs: fc.array(
    fc.record({
      on: fc.nat(4),
      condition: fc.constantFrom('service_started', 'service_healthy', 'service_completed_successfully'),
      restart: fc.boolean(),
      required: fc.oneof(
        { arbitrary: fc.constant(true), weight: 3 },
        { arbitrary: fc.constant(false), weight: 1 },
      ),
    }),
    { maxLength: 2 },
  ),
  shares: fc.oneof(
    { arbitrary: fc.constant(undefined), weight: 5 },
    { arbitrary: fc.constantFrom('network', 'pid', 'ipc', 'volumes'), weight: 1 },
  ),
  parent: fc.nat(4),
  networks: fc.subarray(['default', 'back', 'outside'], { minLength: 1 }),
  volumes: fc.subarray(['data', 'logs', 'anonymous']),
  reads: fc.boolean(),
})

const names = ['a', 'b', 'c', 'd', 'e']

/** Two projects of the same services more or less, so that the second finds the first one's containers. */
const drafts: fc.Arbitrary<readonly [readonly Draft[], readonly Draft[]]> = fc
  .array(fc.tuple(draft, fc.option(draft, { freq: 2, nil: undefined })), { minLength: 1, maxLength: 5 })
  .chain((pairs) =>
    fc.tuple(
      fc.constant(pairs.map(([one]) => one)),
      fc.nat(1).map((more) => pairs.slice(0, pairs.length - more).map(([one, other]) => other ?? one)),
    ),
  )
  .map(([before, after]) => [before, after.length === 0 ? before : after])

const intent: fc.Arbitrary<(project: Project) => Intent> = fc
  .record({
    some: fc.option(fc.nat(4), { freq: 5, nil: undefined }),
    scaled: fc.option(fc.tuple(fc.nat(4), fc.nat(3)), { freq: 4, nil: undefined }),
    again: fc.option(fc.nat(4), { freq: 4, nil: undefined }),
    removeOrphans: fc.boolean(),
  })
  .map(({ some, scaled, again, removeOrphans }) => (project) => {
    const all = Object.keys(project.services)
    const named = (index: number): string => all[index % all.length] ?? ''
    const parents = parentsIn(project)
    const scale =
      scaled === undefined || parents.has(named(scaled[0])) ? {} : { [named(scaled[0])]: scaled[1] }
    return {
      ...upIntent,
      services: some === undefined ? undefined : [named(some)],
      nonces: again === undefined ? {} : { [named(again)]: 1 },
      scale,
      removeOrphans,
      stopTimeoutSeconds: 0,
    }
  })

const disturbance: fc.Arbitrary<Disturbance> = fc.record({
  does: fc.constantFrom<Disturbance['does']>(
    'stop',
    'kill',
    'remove',
    'pause',
    'rename to a temporary name',
    'rename at will',
    'copy',
    'copy under a temporary name',
    'stale copy under a temporary name',
    'copy as an orphan',
    'copy as a one-off',
    'disconnect',
    'remove the network',
    'make the network anew',
  ),
  pick: fc.nat(9),
  running: fc.boolean(),
})

export const cases: fc.Arbitrary<Case> = fc
  .record({
    release: fc.constantFrom('26', '20'),
    seed: fc.nat(1000),
    known: fc.oneof(
      { arbitrary: fc.constant(true), weight: 5 },
      { arbitrary: fc.constant(false), weight: 1 },
    ),
    drafts,
    intents: fc.tuple(intent, intent),
    disturbances: fc.array(disturbance, { maxLength: 4 }),
    removeVolumes: fc.boolean(),
  })
  .map(({ release, seed, known, drafts: [earlier, later], intents, disturbances, removeVolumes }) => {
    // What was there had come up well: its services neither fail nor fall ill.
    const first = projectOf(earlier.map((one) => ({ ...one, kind: wellOf(one.kind) })))
    const second = projectOf(later)
    return {
      release,
      seed,
      before: known ? { project: first, intent: intents[0](first) } : undefined,
      disturbances: known ? disturbances : [],
      after: { project: second, intent: intents[1](second) },
      removeVolumes,
    }
  })

function wellOf(kind: Kind): Kind {
  if (kind === 'sick') return 'slow'
  return kind === 'fails' ? 'job' : kind
}

/** Services in start order: each needs earlier ones only. */
function projectOf(drafts: readonly Draft[]): Project {
  const services: Service[] = []
  for (const one of drafts) services.push(serviceOf(one, services))
  const parents = parentsIn({ services: Object.fromEntries(services.map((one) => [one.name, one])) })
  // Whoever lends its namespaces is there exactly once.
  const scaled = services.map((one) => (parents.has(one.name) ? { ...one, scale: 1 } : one))
  return {
    name: 'app',
    workingDir: '/srv/app',
    configFiles: ['/srv/app/compose.yaml'],
    environmentFiles: [],
    services: Object.fromEntries(scaled.map((one) => [one.name, one])),
    disabledServices: {},
    networks: {
      default: { name: 'app_default' },
      back: { name: 'app_back' },
      outside: { name: 'outside', external: true },
    },
    volumes: { data: { name: 'app_data' }, logs: { name: 'logs', external: true } },
    secrets: {},
    configs: { settings: { name: 'app_settings', content: 'on' } },
    models: {},
    extensions: {},
    positions: new Map(),
  }
}

function serviceOf({ kind, version, ...one }: Draft, earlier: readonly Service[]): Service {
  const name = names[earlier.length] ?? ''
  const parent = earlier.filter((other) => lasts(other))[one.parent % Math.max(1, earlier.length)]
  const shares = parent === undefined ? undefined : one.shares
  const needs: Record<string, Dependency> = {}
  for (const { on, condition, restart, required } of one.needs) {
    const target = earlier[on % Math.max(1, earlier.length)]
    if (target === undefined) continue
    needs[target.name] = { condition: fitting(target, condition), restart, required }
  }
  // As the loader adds them.
  if (parent !== undefined && shares !== undefined)
    needs[parent.name] ??= { condition: 'service_started', restart: shares !== 'volumes', required: true }
  const mode = `service:${parent?.name}`
  const volumes: readonly ServiceVolume[] = one.volumes.map((volume) =>
    volume === 'anonymous'
      ? { type: 'volume', target: '/anonymous' }
      : { type: 'volume', source: volume, target: `/${volume}` },
  )
  return {
    name,
    image: 'bb:1',
    command: [kind, String(version)],
    scale: one.scale,
    ...(kind === 'slow' || kind === 'sick'
      ? { healthcheck: { test: ['CMD', 'true'], interval: '200ms', retries: kind === 'sick' ? 1 : 5 } }
      : {}),
    ...(shares === 'network'
      ? { network_mode: mode }
      : { networks: Object.fromEntries(one.networks.map((key) => [key, null])) }),
    ...(shares === 'pid' ? { pid: mode } : {}),
    ...(shares === 'ipc' ? { ipc: mode } : {}),
    ...(shares === 'volumes' ? { volumes_from: [parent?.name ?? ''] } : {}),
    ...(volumes.length === 0 ? {} : { volumes }),
    ...(one.reads ? { configs: [{ source: 'settings', target: '/settings' }] } : {}),
    ...(Object.keys(needs).length === 0 ? {} : { depends_on: needs }),
  }
}

function lasts(service: Service): boolean {
  const kind = kindOf(service)
  return kind === 'serve' || kind === 'slow' || kind === 'sick'
}

/** The condition where a service of this kind can be asked for it at all. */
function fitting(target: Service, condition: Dependency['condition']): Dependency['condition'] {
  const kind = kindOf(target)
  if (condition === 'service_healthy' && target.healthcheck !== undefined) return condition
  const ends = kind === 'job' || kind === 'fails'
  return condition === 'service_completed_successfully' && ends ? condition : 'service_started'
}

function parentsIn({ services }: Pick<Project, 'services'>): ReadonlySet<string> {
  return new Set(
    Object.values(services).flatMap(({ network_mode, pid, ipc, volumes_from = [] }) => [
      ...[network_mode, pid, ipc].flatMap((mode) => mode?.split('service:')[1] ?? []),
      ...volumes_from,
    ]),
  )
}
