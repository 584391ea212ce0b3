import { composeLabels, upIntent } from '@bulkhead/model'
import type { DeploymentAction, Intent, Network, Project, Service, Volume } from '@bulkhead/model'
import { timestamp } from '@bulkhead/twin'
import type { Script, Twin } from '@bulkhead/twin'

export interface Wish {
  readonly project: Project
  readonly intent: Intent
  readonly action: DeploymentAction
}

export interface Story {
  readonly name: string
  /** What was there before, reached without faults. */
  readonly before: readonly Wish[]
  readonly wish: (twin: Twin) => Wish
  /** The loop alone doesn't bring it about: whoever wants it asks again. @default false */
  readonly mustBeAsked?: boolean
  readonly check: (twin: Twin, kept: Kept) => readonly Claim[]
}

/** What is so in the end, and what should be. */
export interface Claim {
  readonly title: string
  readonly found: unknown
  readonly wanted: unknown
}

/** What must have outlived it all. */
export interface Kept {
  /** The anonymous volume of the service db. */
  readonly anonymous: string | undefined
  /** Ids by name. */
  readonly containers: Readonly<Record<string, string>>
  /** The latest start of any of them, in nanoseconds since the epoch. */
  readonly lastStart: bigint
}

/** Hooks end at once. */
export const scripts: readonly Script[] = [{ command: /^hook/u, does: { exits: { code: 0 } } }]

const first = up(project('1'))
export const stories: readonly Story[] = [
  { name: 'a first up', before: [], wish: () => first, check: runs('1') },
  { name: 'a changed service', before: [first], wish: () => up(project('2')), check: replaced },
  { name: 'a down', before: [first], wish: () => down(false), mustBeAsked: true, check: isGone(false) },
  {
    name: 'a down with volumes',
    before: [first],
    wish: () => down(true),
    mustBeAsked: true,
    check: isGone(true),
  },
]

/** Those that are told with the blows alone that leave the most behind. */
export const more: readonly Story[] = [
  {
    name: 'a changed network',
    before: [first],
    wish: () => up(project('1', { networks: { back: { name: 'app_back', labels: { version: '2' } } } })),
    check: (twin, kept) => [
      ...runs('1')(twin, kept),
      { title: 'its containers stay themselves', found: keptOf(twin).containers, wanted: kept.containers },
      {
        title: 'the network is the new one',
        found: [...twin.world.networks.values()].find(({ name }) => name === 'app_back')?.labels['version'],
        wanted: '2',
      },
    ],
  },
  {
    name: 'a changed volume',
    before: [first],
    wish: () =>
      up(project('1', { volumes: { data: { name: 'app_data', labels: { version: '2' } } } }), {
        recreateVolumes: 'all',
      }),
    mustBeAsked: true,
    check: (twin, kept) => [
      ...runs('1')(twin, kept),
      { title: 'the anonymous volume is kept', found: keptOf(twin).anonymous, wanted: kept.anonymous },
      {
        title: 'the volume is the new one',
        found: twin.world.volumes.get('app_data')?.labels?.['version'],
        wanted: '2',
      },
    ],
  },
  {
    name: 'a change with hooks',
    before: [up(hooked('1'))],
    wish: () => up(hooked('2')),
    check: (twin, kept) => [
      ...runs('2')(twin, kept),
      {
        title: 'who came after its change has had its hook run',
        found: [...twin.world.executions.values()]
          .map(({ container, argv, exitCode }) => `${container.name} ${argv.join(' ')} ${exitCode}`)
          .includes('app-web-1 hook greet 0'),
        wanted: true,
      },
    ],
  },
  {
    name: 'two replicas more',
    before: [first],
    wish: () => up(project('1'), { scale: { web: 3 } }),
    check: (twin, kept) => [
      ...areUp(['db-1', 'web-1', 'web-2', 'web-3'])(twin, kept),
      ...Object.entries(kept.containers).map(([name, id]) => ({
        title: `${name} stays itself`,
        found: keptOf(twin).containers[name],
        wanted: id,
      })),
    ],
  },
  {
    name: 'two replicas less',
    before: [up(project('1'), { scale: { web: 3 } })],
    wish: () => first,
    check: (twin, kept) => [
      ...runs('1')(twin, kept),
      {
        title: 'who stays, stays itself',
        found: keptOf(twin).containers['app-web-1'],
        wanted: kept.containers['app-web-1'],
      },
    ],
  },
  {
    name: 'a restart',
    before: [first],
    wish: ({ world }) => ({
      ...up(project('1'), {
        restarts: Object.fromEntries(
          [...world.containers.values()].map(({ id, state }) => [id, timestamp(state.startedAt ?? 0n)]),
        ),
      }),
      action: 'restart',
    }),
    check: (twin, kept) => [
      ...runs('1')(twin, kept),
      { title: 'its containers stay themselves', found: keptOf(twin).containers, wanted: kept.containers },
      {
        title: 'all of them were started again',
        found: startsOf(twin).every((start) => start > kept.lastStart),
        wanted: true,
      },
    ],
  },
]

/** Replicas more, one service gone, one new, and one that lives in another's network and follows it. */
export const upheaval: Story = {
  name: 'an upheaval',
  before: [up(many('1', 2, 'old'))],
  wish: () => ({ project: many('2', 3, 'new'), intent: { ...upIntent, removeOrphans: true }, action: 'up' }),
  check(twin, kept) {
    const containers = [...twin.world.containers.values()]
    const web = containers.find(({ name }) => name === 'app-web-1')
    const side = containers.find(({ name }) => name === 'app-side-1')
    return [
      ...areUp(['db-1', 'new-1', 'side-1', 'web-1', 'web-2', 'web-3'])(twin, kept),
      {
        title: 'it lives in the network of the one that is there',
        found: side?.host['NetworkMode'],
        wanted: `container:${web?.id}`,
      },
      { title: 'no orphaned volume', found: twin.world.volumes.size, wanted: 2 },
    ]
  },
}

function many(version: string, replicas: number, other: string): Project {
  const base = project('1')
  const { db, web } = base.services
  if (db === undefined || web === undefined) throw new Error('the project has both')
  const plain: Service = { name: other, image: 'bb:1', command: [other], networks: { back: null } }
  const side: Service = { name: 'side', image: 'bb:1', command: ['side'], network_mode: 'service:web' }
  return {
    ...base,
    services: { db, [other]: plain, web: { ...web, command: ['web', version], scale: replicas }, side },
  }
}

function up(project: Project, intent: Partial<Intent> = {}): Wish {
  return { project, intent: { ...upIntent, ...intent }, action: 'up' }
}

function down(removeVolumes: boolean): Wish {
  return { project: project('1'), intent: { ...upIntent, target: 'down', removeVolumes }, action: 'down' }
}

function hooked(version: string): Project {
  const its = project(version)
  const { db, web } = its.services
  if (db === undefined || web === undefined) throw new Error('the project has both')
  const hooks = { post_start: [{ command: ['hook', 'greet'] }], pre_stop: [{ command: ['hook', 'drain'] }] }
  return { ...its, services: { db, web: { ...web, ...hooks } } }
}

interface Definitions {
  readonly networks?: Readonly<Record<string, Network>>
  readonly volumes?: Readonly<Record<string, Volume>>
}

/** db with a named volume, an anonymous one and a healthcheck; web, which needs it healthy and is of a version. */
function project(version: string, { networks, volumes }: Definitions = {}): Project {
  const web: Service = {
    name: 'web',
    image: 'bb:1',
    command: ['web', version],
    networks: { default: null, back: null },
    depends_on: { db: { condition: 'service_healthy', required: true } },
  }
  const db: Service = {
    name: 'db',
    image: 'bb:1',
    command: ['db'],
    environment: { VERSION: version },
    networks: { default: null },
    volumes: [
      { type: 'volume', source: 'data', target: '/data' },
      { type: 'volume', target: '/anonymous' },
    ],
    // Probes are calls too, in a way: few of them once it is healthy.
    healthcheck: {
      test: ['CMD', 'true'],
      interval: '4s',
      start_period: '10s',
      start_interval: '500ms',
    },
  }
  return {
    name: 'app',
    workingDir: '/srv/app',
    configFiles: ['/srv/app/compose.yaml'],
    environmentFiles: [],
    services: { db, web },
    disabledServices: {},
    networks: { default: { name: 'app_default' }, back: { name: 'app_back' }, ...networks },
    volumes: { data: { name: 'app_data' }, ...volumes },
    secrets: {},
    configs: {},
    models: {},
    extensions: {},
    positions: new Map(),
  }
}

export function keptOf(twin: Twin): Kept {
  const all = [...twin.world.containers.values()]
  const db = all.find(({ name }) => name === 'app-db-1')
  return {
    anonymous: db?.mounts.find(({ target }) => target === '/anonymous')?.name,
    containers: Object.fromEntries(all.map(({ name, id }) => [name, id] as const)),
    lastStart: startsOf(twin).reduce((last, start) => (start > last ? start : last), 0n),
  }
}

function startsOf({ world }: Twin): readonly bigint[] {
  return [...world.containers.values()].map(({ state }) => state.startedAt ?? 0n)
}

function areUp(names: readonly string[]): Story['check'] {
  return ({ world }) => [
    {
      title: 'every replica exactly once, under its own name',
      found: [...world.containers.values()].map(({ name, state }) => `${name} ${state.status}`).sort(),
      wanted: names.map((name) => `app-${name} running`),
    },
  ]
}

function runs(version: string): Story['check'] {
  return ({ world }) => {
    const containers = [...world.containers.values()]
    const db = containers.find(({ name }) => name === 'app-db-1')
    const anonymous = db?.mounts.find(({ target }) => target === '/anonymous')?.name ?? 'none'
    return [
      {
        title: 'every service exactly once, under its own name',
        found: containers.map(({ name, state, argv }) => `${name} ${state.status} ${argv.join(' ')}`).sort(),
        wanted: ['app-db-1 running db', `app-web-1 running web ${version}`],
      },
      {
        title: 'no orphaned network',
        found: [...world.networks.values()].map(({ name }) => name).sort(),
        wanted: ['app_back', 'app_default', 'bridge', 'host', 'none'],
      },
      {
        title: 'no orphaned volume',
        found: [...world.volumes.keys()].sort(),
        wanted: ['app_data', anonymous].sort(),
      },
      ...containers.map(({ name, attachments, labels }) => ({
        title: `${name} is on its networks`,
        found: [...attachments.keys()].sort(),
        wanted: labels[composeLabels.service] === 'web' ? ['app_back', 'app_default'] : ['app_default'],
      })),
    ]
  }
}

function replaced(twin: Twin, kept: Kept): readonly Claim[] {
  const now = keptOf(twin)
  return [
    ...runs('2')(twin, kept),
    { title: 'there was an anonymous volume', found: typeof kept.anonymous, wanted: 'string' },
    {
      title: 'the anonymous volume and its data are kept',
      found: now.anonymous,
      wanted: kept.anonymous,
    },
    {
      title: 'db is another',
      found: now.containers['app-db-1'] === kept.containers['app-db-1'],
      wanted: false,
    },
  ]
}

function isGone(volumes: boolean): Story['check'] {
  return ({ world }, { anonymous = 'none' }) => [
    { title: 'no container', found: world.containers.size, wanted: 0 },
    {
      title: 'no network',
      found: [...world.networks.values()].map(({ name }) => name).sort(),
      wanted: ['bridge', 'host', 'none'],
    },
    {
      title: volumes ? 'no volume' : 'its volumes are kept',
      found: [...world.volumes.keys()].sort(),
      wanted: volumes ? [] : ['app_data', anonymous].sort(),
    },
  ]
}
