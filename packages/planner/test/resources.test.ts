import t from 'tap'
import {
  bulkheadLabels,
  composeLabels,
  type Observed,
  type ObservedContainer,
  type ObservedNetwork,
  type Service,
} from '@bulkhead/model'
import { actionsOf, plan } from '../src/index.ts'
import { resourceHash } from '../src/hash.ts'
import { scenario } from './scenario.ts'

const started = '2026-01-01T00:10:00Z'
const pair = {
  db: {},
  web: { depends_on: { db: { condition: 'service_started', required: true } } },
} satisfies Readonly<Record<string, Partial<Service>>>

/** The default network was made from another definition. */
const changedNetwork = (world: Observed): Observed => ({
  ...world,
  networks: world.networks.map((network) => ({
    ...network,
    createdAt: '2026-01-01T00:00:00Z',
    labels: { ...network.labels, [bulkheadLabels.hash]: 'v1:former' },
  })),
  containers: world.containers.map((one) => ({ ...one, startedAt: started })),
})
const running =
  (change: (one: ObservedContainer) => Partial<ObservedContainer>) =>
  (world: Observed): Observed => ({
    ...world,
    containers: world.containers.map((one) => ({ ...one, startedAt: started, ...change(one) })),
  })

t.test('a network whose definition changed must be made again, and its containers stay themselves', (t) => {
  const before = scenario().wants(pair).finds('db running', 'web running').where(changedNetwork)
  before.plans(
    t,
    '[] #1 stop container app-web-1 (network app_default has changed)',
    '[1] #2 disconnect container app-web-1 from network app_default (network app_default has changed)',
    '[1] #3 stop container app-db-1 (network app_default has changed)',
    '[3] #4 disconnect container app-db-1 from network app_default (network app_default has changed)',
    '[2,4] #5 remove network app_default (its definition has changed)',
    '[5] #6 create network app_default (its definition has changed)',
    '[4,6] #7 connect container app-db-1 to network app_default (network app_default has changed)',
    '[7] #8 start container app-db-1 (network app_default has changed)',
    '[2,6] #9 connect container app-web-1 to network app_default (network app_default has changed)',
    '[8,9] #10 start container app-web-1 (network app_default has changed)',
  )
  t.same(before.afterwards().containers(), before.containers())
  t.equal(before.afterwards().text(), '')
  t.end()
})

t.test(
  'the rebuilding of a network must be taken up wherever it broke, by a deployment and by the loop',
  (t) => {
    for (const view of ['deployment', 'loop']) {
      const begun = scenario().wants(pair).finds('db running', 'web running').where(changedNetwork)
      for (let operations = 0; operations <= 10; operations += 1) {
        const broken = begun.afterwards(operations)
        const next = view === 'loop' ? broken.inTheLoop() : broken
        const healed = next.afterwards()
        t.same(healed.containers(), begun.containers(), `${view}, broken after ${operations}`)
        t.equal(healed.text(), '', `${view}, broken after ${operations}: nothing is left to do`)
      }
    }
    t.end()
  },
)

t.test('a container that changed too must be replaced on the new network', (t) => {
  const before = scenario().wants(pair).finds('db running', 'web running changed').where(changedNetwork)
  before.plans(
    t,
    '[] #1 stop container app-web-1 (network app_default has changed)',
    '[1] #2 disconnect container app-web-1 from network app_default (network app_default has changed)',
    '[1] #3 stop container app-db-1 (network app_default has changed)',
    '[3] #4 disconnect container app-db-1 from network app_default (network app_default has changed)',
    '[2,4] #5 remove network app_default (its definition has changed)',
    '[5] #6 create network app_default (its definition has changed)',
    '[4,6] #7 connect container app-db-1 to network app_default (network app_default has changed)',
    '[7] #8 start container app-db-1 (network app_default has changed)',
    '[6] #9 create container 0000000000ab_app-web-1 (configuration changed)',
    '[1,8,9] #10 remove container app-web-1 (configuration changed)',
    '[10] #11 rename container 0000000000ab_app-web-1 to app-web-1 (configuration changed)',
    '[8,11] #12 start container app-web-1 (configuration changed)',
  )
  for (let operations = 0; operations <= 12; operations += 1)
    t.equal(before.afterwards(operations).afterwards().text(), '', `broken after ${operations}`)
  t.end()
})

t.test('a network without a label of its definition must never be touched', (t) => {
  scenario()
    .wants({ db: {} })
    .with({ networks: { default: { name: 'app_default', internal: true } } })
    .finds('db running')
    .plans(t)
  t.end()
})

t.test("a network that Compose made must be held to Compose's hash", (t) => {
  const labeled =
    (hash: string) =>
    (world: Observed): Observed => ({
      ...world,
      networks: world.networks.map((network) => ({
        ...network,
        labels: { ...network.labels, [composeLabels.configHash]: hash },
      })),
    })
  const found = scenario().wants({ db: {} }).finds('db running')
  found.where(labeled('compose-app_default')).plans(t)
  t.match(found.where(labeled('other')).text(), /remove network app_default/)
  t.end()
})

t.test('a network on which others are must be left, and nothing be stopped for it', (t) => {
  scenario()
    .wants(pair)
    .finds('db running', 'web running')
    .where(changedNetwork)
    .where((world) => ({
      ...world,
      networks: world.networks.map((network) => ({ ...network, strangers: ['proxy'] })),
    }))
    .refuses(t, 'BH_CONFLICT')
  t.end()
})

t.test('a network that was renamed must be replaced, and the former one go once nobody is on it', (t) => {
  const before = scenario()
    .wants({ db: {} })
    .with({ networks: { default: { name: 'lan' } } })
    .finds('db running changed')
  before.plans(
    t,
    '[] #1 create network lan (not found)',
    '[1] #2 create container 0000000000aa_app-db-1 (configuration changed)',
    '[2] #3 stop container app-db-1 (configuration changed)',
    '[3] #4 remove container app-db-1 (configuration changed)',
    '[4] #5 rename container 0000000000aa_app-db-1 to app-db-1 (configuration changed)',
    '[5] #6 start container app-db-1 (configuration changed)',
    '[4] #7 remove network app_default (it is lan now)',
  )
  for (let operations = 0; operations <= 7; operations += 1)
    t.equal(before.afterwards(operations).afterwards().text(), '', `broken after ${operations}`)
  t.end()
})

t.test('a network that was removed must come back, and its containers with it', (t) => {
  const without = (world: Observed): Observed => ({ ...world, networks: [] })
  const stopped = scenario().wants({ db: {} }).finds('db failed').where(without)
  stopped.plans(
    t,
    '[] #1 disconnect container app-db-1 from network app_default (network app_default was removed)',
    '[] #2 create network app_default (not found)',
    '[1,2] #3 connect container app-db-1 to network app_default (network app_default was removed)',
    '[3] #4 start container app-db-1 (not running)',
  )
  t.equal(stopped.afterwards().text(), '')
  t.end()
})

t.test('a container that was taken off its network must be put back while it runs', (t) => {
  const off = running(() => ({ networks: {} }))
  const created =
    (createdAt: string) =>
    (world: Observed): Observed => ({
      ...world,
      networks: world.networks.map((network): ObservedNetwork => ({ ...network, createdAt })),
    })
  const found = scenario().wants({ db: {} }).finds('db running').where(off)
  found
    .where(created('2026-01-01T00:00:00Z'))
    .plans(t, '[] #1 connect container app-db-1 to network app_default (not attached to network app_default)')
  found
    .where(created('2026-01-01T00:20:00Z'))
    .plans(
      t,
      '[] #1 stop container app-db-1 (not attached to network app_default)',
      '[1] #2 connect container app-db-1 to network app_default (not attached to network app_default)',
      '[2] #3 start container app-db-1 (not attached to network app_default)',
    )
  t.end()
})

t.test('an external network that is another by now must be joined anew', (t) => {
  scenario()
    .wants({ db: {} })
    .externalNetwork('app_default')
    .finds('db running')
    .where(running(() => ({ networks: { app_default: 'former' } })))
    .plans(
      t,
      '[] #1 stop container app-db-1 (network app_default is another)',
      '[1] #2 disconnect container app-db-1 from network app_default (network app_default is another)',
      '[2] #3 connect container app-db-1 to network app_default (network app_default is another)',
      '[3] #4 start container app-db-1 (network app_default is another)',
    )
  t.end()
})

t.test('of networks with the same name the one in use must be used, and the others be told', (t) => {
  const twice = (world: Observed): Observed => ({
    ...world,
    networks: world.networks.flatMap((network) => [{ ...network, id: 'n0' }, network]),
  })
  const found = scenario().wants({ db: {} }).finds('db running').where(twice)
  found.plans(t)
  found.warns(t, /is there 2 times; n1 is used/)
  t.end()
})

t.test('networks and volumes that no service uses must be made only when all are asked for', (t) => {
  const spare = scenario()
    .wants({ db: {} })
    .with({ networks: { default: { name: 'app_default' }, spare: { name: 'app_spare' } } })
    .with({ volumes: { data: { name: 'app_data' } } })
    .finds('db running')
  spare.plans(t)
  spare
    .intending({ allResources: true })
    .plans(t, '[] #1 create network app_spare (not found)', '[] #2 create volume app_data (not found)')
  t.end()
})

const data = { type: 'volume', source: 'data', target: '/data' } as const
const keeper = {
  db: { volumes: [data] },
  web: { depends_on: { db: { condition: 'service_started', required: true, restart: true } } },
} satisfies Readonly<Record<string, Partial<Service>>>
const volumes = { data: { name: 'app_data', driver_opts: { type: 'tmpfs' } } }
const withVolume =
  (hash: string) =>
  (world: Observed): Observed => ({
    ...world,
    volumes: world.volumes.map((one) => ({ ...one, labels: { ...one.labels, [bulkheadLabels.hash]: hash } })),
    containers: world.containers.map((one) =>
      one.service === 'web'
        ? one
        : { ...one, mounts: [{ type: 'volume', name: 'app_data', source: '', target: '/data' }] },
    ),
  })
const kept = scenario().wants(keeper).with({ volumes }).finds('db running', 'web running', 'volume')
const changed = kept.where(withVolume('v1:former'))

t.test('a volume whose definition changed must stay as it is without consent', (t) => {
  changed.plans(t)
  changed.warns(t, /app_data.* stays as it is/)
  changed.intending({ recreateVolumes: ['other'] }).plans(t)
  changed.intending({ recreateVolumes: 'all' }).inTheLoop().plans(t)
  kept
    .where(withVolume(resourceHash(volumes.data)))
    .intending({ recreateVolumes: 'all' })
    .plans(t)
  t.end()
})

t.test('with consent its users must go before it, and come back after it', (t) => {
  const consented = changed.intending({ recreateVolumes: ['data'] })
  consented.plans(
    t,
    '[] #1 stop container app-web-1 (a dependency is replaced)',
    '[1] #2 stop container app-db-1 (volume app_data is made again)',
    '[2] #3 remove container app-db-1 (volume app_data is made again)',
    '[3] #4 remove volume app_data (its definition has changed)',
    '[4] #5 create volume app_data (its definition has changed)',
    '[3,5] #6 create container app-db-1 (volume app_data is made again)',
    '[6] #7 start container app-db-1 (volume app_data is made again)',
    '[1,7] #8 start container app-web-1 (a dependency is replaced)',
  )
  for (let operations = 0; operations <= 8; operations += 1)
    t.equal(consented.afterwards(operations).afterwards().text(), '', `broken after ${operations}`)
  t.end()
})

t.test('anonymous volumes must not be lost, wherever the making anew of another volume breaks off', (t) => {
  const own = { type: 'volume', name: 'e'.repeat(64), source: '', target: '/own' }
  const consented = scenario()
    .wants({ db: { volumes: [data, { type: 'volume', target: '/own' }] } })
    .with({ volumes })
    .finds('db running', 'volume')
    .where(withVolume('v1:former'))
    .where((world) => ({
      ...world,
      containers: world.containers.map((one) => ({ ...one, mounts: [...one.mounts, own] })),
    }))
    .intending({ recreateVolumes: ['data'] })
  consented.plans(
    t,
    '[] #1 create container 0000000000aa_app-db-1 (volume app_data is made again)',
    '[1] #2 stop container app-db-1 (volume app_data is made again)',
    '[2] #3 remove container app-db-1 (volume app_data is made again)',
    '[3] #4 remove volume app_data (its definition has changed)',
    '[4] #5 create volume app_data (its definition has changed)',
    '[3,5] #6 create container app-db-1 (volume app_data is made again)',
    '[6] #7 remove container 0000000000aa_app-db-1 (volume app_data is made again)',
    '[6] #8 start container app-db-1 (volume app_data is made again)',
  )
  const actions = actionsOf(plan(consented.input()).plan)
  t.same(
    actions.map(({ kind, subject }) => `${kind} ${subject}`),
    ['replace container app-db-1', 'replace volume app_data'],
  )
  const changed = { db: { command: ['other'], volumes: [data, { type: 'volume', target: '/own' }] } } as const
  for (let operations = 0; operations <= 8; operations += 1) {
    const broken = consented.afterwards(operations)
    for (const [how, next] of [
      ['the next round', broken],
      ['the loop', broken.inTheLoop()],
      ['another change, without consent', broken.intending({ recreateVolumes: [] }).wants(changed)],
      ['another change', broken.wants(changed)],
    ] as const) {
      const healed = next.afterwards()
      t.equal(healed.text(), '', `broken after ${operations}, ${how}`)
      t.same(
        healed
          .input()
          .observed.containers.map(({ name, mounts }) => [name, mounts.map((one) => one.name ?? '').sort()]),
        [['app-db-1', ['app_data', own.name]]],
        `broken after ${operations}, ${how}`,
      )
    }
  }
  t.end()
})

t.test('who mounts the volumes of another service must go before the volume too', (t) => {
  const sharing = scenario()
    .wants({
      db: { volumes: [data] },
      backup: {
        volumes_from: ['db'],
        depends_on: { db: { condition: 'service_started', required: true } },
      },
    })
    .with({ volumes })
    .finds('db running', 'backup running', 'volume')
    .where(withVolume('v1:former'))
    .intending({ recreateVolumes: 'all' })
  sharing.plans(
    t,
    '[] #1 stop container app-backup-1 (volume app_data is made again)',
    '[1] #2 remove container app-backup-1 (volume app_data is made again)',
    '[2] #3 stop container app-db-1 (volume app_data is made again)',
    '[3] #4 remove container app-db-1 (volume app_data is made again)',
    '[2,4] #5 remove volume app_data (its definition has changed)',
    '[5] #6 create volume app_data (its definition has changed)',
    '[4,6] #7 create container app-db-1 (volume app_data is made again)',
    '[7] #8 start container app-db-1 (volume app_data is made again)',
    '[2,8] #9 create container app-backup-1 (volume app_data is made again)',
    '[8,9] #10 start container app-backup-1 (volume app_data is made again)',
  )
  t.end()
})

t.test('a volume that a container outside of the round mounts must not cost anybody a container', (t) => {
  changed
    .intending({ recreateVolumes: 'all' })
    .where((world) => ({
      ...world,
      containers: world.containers.map((one) => (one.service === 'db' ? { ...one, oneOff: true } : one)),
    }))
    .refuses(t, 'BH_CONFLICT')
  t.end()
})

t.test(
  'a volume that was renamed must be made, its users replaced, and the former one and its data stay',
  (t) => {
    scenario()
      .wants({ db: { volumes: [data] } })
      .with({ volumes: { data: { name: 'store' } } })
      .finds('db running changed', 'volume')
      .plans(
        t,
        '[] #1 create volume store (not found)',
        '[1] #2 create container 0000000000aa_app-db-1 (configuration changed)',
        '[2] #3 stop container app-db-1 (configuration changed)',
        '[3] #4 remove container app-db-1 (configuration changed)',
        '[4] #5 rename container 0000000000aa_app-db-1 to app-db-1 (configuration changed)',
        '[5] #6 start container app-db-1 (configuration changed)',
      )
    t.end()
  },
)

const guest = {
  vpn: {},
  app: {
    network_mode: 'service:vpn',
    depends_on: { vpn: { condition: 'service_started', required: true, restart: true } },
  },
} satisfies Readonly<Record<string, Partial<Service>>>
const living = (vpnSince: string) =>
  running((one) =>
    one.service === 'vpn'
      ? { startedAt: vpnSince }
      : { networks: {}, sharesWith: [`0000000000aa${'0'.repeat(52)}`] },
  )

t.test('who lives in the network of another must be started again after it was', (t) => {
  const found = scenario().wants(guest).finds('vpn running', 'app running')
  for (const view of [found, found.inTheLoop()]) {
    view.where(living('2026-01-01T00:00:00Z')).plans(t)
    view
      .where(living('2026-01-01T00:30:00Z'))
      .plans(
        t,
        '[] #1 stop container app-app-1 ("vpn" was started again)',
        '[1] #2 start container app-app-1 ("vpn" was started again)',
      )
    t.equal(view.where(living('2026-01-01T00:30:00Z')).afterwards().text(), '')
  }
  t.end()
})

t.test('who lives in the network of another must stop with it while that is put on a new network', (t) => {
  scenario()
    .wants(guest)
    .finds('vpn running', 'app running')
    .where(changedNetwork)
    .where(living('2026-01-01T00:00:00Z'))
    .plans(
      t,
      '[] #1 stop container app-app-1 (it shares a namespace with one that stops)',
      '[1] #2 stop container app-vpn-1 (network app_default has changed)',
      '[2] #3 disconnect container app-vpn-1 from network app_default (network app_default has changed)',
      '[3] #4 remove network app_default (its definition has changed)',
      '[4] #5 create network app_default (its definition has changed)',
      '[3,5] #6 connect container app-vpn-1 to network app_default (network app_default has changed)',
      '[6] #7 start container app-vpn-1 (network app_default has changed)',
      '[1,7] #8 start container app-app-1 (it shares a namespace with one that stops)',
    )
  t.end()
})

t.test('what is external, or of another project, must outlive the project that uses it', (t) => {
  const going = scenario()
    .wants({ db: { volumes: [data] } })
    .finds('db exited', 'volume')
    .down({ removeVolumes: true })
  t.match(going.text(), /remove network app_default[^]*remove volume app_data/)
  going
    .with({ volumes: { data: { name: 'app_data', external: true } } })
    .externalNetwork('app_default')
    .plans(t, '[] #1 remove container app-db-1 (project goes down)')
  const foreign = { [composeLabels.project]: 'other' }
  going
    .where((world) => ({
      ...world,
      networks: world.networks.map((one) => ({ ...one, labels: { ...one.labels, ...foreign } })),
      volumes: world.volumes.map((one) => ({ ...one, labels: { ...one.labels, ...foreign } })),
    }))
    .plans(t, '[] #1 remove container app-db-1 (project goes down)')
  t.end()
})

t.test(
  'a network that the files no longer have must be told of, and left until the project goes down',
  (t) => {
    const former = scenario()
      .wants({ db: {} })
      .finds('db running')
      .where((world) => ({
        ...world,
        networks: [
          ...world.networks,
          {
            id: 'n9',
            name: 'app_old',
            driver: 'bridge',
            labels: { [composeLabels.project]: 'app', [composeLabels.network]: 'old' },
          },
        ],
      }))
    former.plans(t)
    former.warns(t, /"app_old".* no longer have it/)
    t.match(former.down().text(), /remove network app_old/)
    t.end()
  },
)
