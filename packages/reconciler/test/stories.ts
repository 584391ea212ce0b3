import type { Test } from 'tap'
import { composeLabels, upIntent } from '@bulkhead/model'
import type { DeploymentAction, Intent, Project, Service } from '@bulkhead/model'
import type { Twin } from '@bulkhead/twin'

export interface Wish {
  readonly project: Project
  readonly intent: Intent
  readonly action: DeploymentAction
}

export interface Story {
  readonly name: string
  /** What was there before, reached without faults. */
  readonly before: readonly Wish[]
  readonly wish: Wish
  readonly check: (t: Test, twin: Twin, kept: Kept) => void
}

/** What must have outlived it all. */
export interface Kept {
  /** The anonymous volume of the service db. */
  readonly anonymous: string | undefined
  readonly containers: Readonly<Record<string, string>>
}

const first = up(project('1'))
export const stories: readonly Story[] = [
  { name: 'a first up', before: [], wish: first, check: runs('1') },
  { name: 'a changed service', before: [first], wish: up(project('2')), check: replaced },
  { name: 'a down', before: [first], wish: down(false), check: isGone(false) },
  { name: 'a down with volumes', before: [first], wish: down(true), check: isGone(true) },
]

/** Replicas more, one service gone, one new, and one that lives in another's network and follows it. */
export const upheaval: Story = {
  name: 'an upheaval',
  before: [up(many('1', 2, 'old'))],
  wish: { project: many('2', 3, 'new'), intent: { ...upIntent, removeOrphans: true }, action: 'up' },
  check(t, { world }) {
    const containers = [...world.containers.values()]
    t.strictSame(
      containers.map(({ name, state }) => `${name} ${state.status}`).sort(),
      ['db-1', 'new-1', 'side-1', 'web-1', 'web-2', 'web-3'].map((name) => `app-${name} running`),
    )
    const web = containers.find(({ name }) => name === 'app-web-1')
    const side = containers.find(({ name }) => name === 'app-side-1')
    t.equal(
      side?.host['NetworkMode'],
      `container:${web?.id}`,
      'it lives in the network of the one that is there',
    )
    t.strictSame([...world.volumes.keys()].length, 2, 'no orphaned volume')
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

function up(project: Project): Wish {
  return { project, intent: upIntent, action: 'up' }
}

function down(removeVolumes: boolean): Wish {
  return { project: project('1'), intent: { ...upIntent, target: 'down', removeVolumes }, action: 'down' }
}

/** db with a named volume, an anonymous one and a healthcheck; web, which needs it healthy and is of a version. */
function project(version: string): Project {
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
    healthcheck: { test: ['CMD', 'true'], interval: '100ms' },
  }
  return {
    name: 'app',
    workingDir: '/srv/app',
    configFiles: ['/srv/app/compose.yaml'],
    environmentFiles: [],
    services: { db, web },
    disabledServices: {},
    networks: { default: { name: 'app_default' }, back: { name: 'app_back' } },
    volumes: { data: { name: 'app_data' } },
    secrets: {},
    configs: {},
    models: {},
    extensions: {},
    positions: new Map(),
  }
}

export function keptOf({ world }: Twin): Kept {
  const db = [...world.containers.values()].find(({ name }) => name === 'app-db-1')
  return {
    anonymous: db?.mounts.find(({ target }) => target === '/anonymous')?.name,
    containers: Object.fromEntries([...world.containers.values()].map(({ name, id }) => [name, id])),
  }
}

function runs(version: string): Story['check'] {
  return (t, { world }) => {
    const containers = [...world.containers.values()]
    t.strictSame(
      containers.map(({ name, state, argv }) => `${name} ${state.status} ${argv.join(' ')}`).sort(),
      ['app-db-1 running db', `app-web-1 running web ${version}`],
      'every service exactly once, under its own name',
    )
    const networks = [...world.networks.values()].map(({ name }) => name).sort()
    t.strictSame(networks, ['app_back', 'app_default', 'bridge', 'host', 'none'])
    const db = containers.find(({ name }) => name === 'app-db-1')
    const anonymous = db?.mounts.find(({ target }) => target === '/anonymous')?.name ?? 'none'
    t.strictSame([...world.volumes.keys()].sort(), ['app_data', anonymous].sort(), 'no orphaned volume')
    for (const { name, attachments, labels } of containers)
      t.strictSame(
        [...attachments.keys()].sort(),
        labels[composeLabels.service] === 'web' ? ['app_back', 'app_default'] : ['app_default'],
        `${name} is on its networks`,
      )
  }
}

function replaced(t: Test, twin: Twin, kept: Kept): void {
  runs('2')(t, twin, kept)
  const now = keptOf(twin)
  t.type(kept.anonymous, 'string')
  t.equal(now.anonymous, kept.anonymous, 'the anonymous volume and its data are kept')
  t.not(now.containers['app-db-1'], kept.containers['app-db-1'])
}

function isGone(volumes: boolean): Story['check'] {
  return (t, { world }, { anonymous = 'none' }) => {
    t.equal(world.containers.size, 0)
    const networks = [...world.networks.values()].map(({ name }) => name).sort()
    t.strictSame(networks, ['bridge', 'host', 'none'])
    t.strictSame([...world.volumes.keys()].sort(), volumes ? [] : ['app_data', anonymous].sort())
  }
}
