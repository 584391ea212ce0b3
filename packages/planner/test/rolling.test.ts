import t from 'tap'
import type { Service } from '@bulkhead/model'
import { plan, planText } from '../src/index.ts'
import { scenario, type Scenario } from './scenario.ts'

type Update = NonNullable<NonNullable<Service['deploy']>['update_config']>

const web = (update: Update, more: Partial<Service> = {}): Readonly<Record<string, Partial<Service>>> => ({
  web: { ...more, deploy: { replicas: 2, update_config: update } },
})
const startFirst: Update = { order: 'start-first' }
const found = ['network', 'web running changed #1', 'web running changed #2'] as const
const changed = (update: Update, more: Partial<Service> = {}): Scenario =>
  scenario()
    .wants(web(update, more))
    .finds(...found)

t.test('start-first must let the old one go only when the new one has proven good and has the names', (t) => {
  changed(startFirst).plans(
    t,
    '[] #1 create container 0000000000aa_app-web-1 (configuration changed)',
    '[1] #2 start container 0000000000aa_app-web-1 (configuration changed)',
    '[2] #3 await container 0000000000aa_app-web-1 (it takes the place of another)',
    '[3] #4 alias container 0000000000aa_app-web-1 on network app_default (it has proven good)',
    '[4] #5 alias container app-web-1 on network app_default (configuration changed)',
    '[5] #6 wait 2 s for service web (clients may remember the one that leaves)',
    '[6] #7 stop container app-web-1 (configuration changed)',
    '[7] #8 remove container app-web-1 (configuration changed)',
    '[8] #9 rename container 0000000000aa_app-web-1 to app-web-1 (configuration changed)',
    '[9] #10 create container 0000000000ab_app-web-2 (configuration changed)',
    '[10] #11 start container 0000000000ab_app-web-2 (configuration changed)',
    '[11] #12 await container 0000000000ab_app-web-2 (it takes the place of another)',
    '[12] #13 alias container 0000000000ab_app-web-2 on network app_default (it has proven good)',
    '[13] #14 alias container app-web-2 on network app_default (configuration changed)',
    '[14] #15 wait 2 s for service web (clients may remember the one that leaves)',
    '[15] #16 stop container app-web-2 (configuration changed)',
    '[16] #17 remove container app-web-2 (configuration changed)',
    '[17] #18 rename container 0000000000ab_app-web-2 to app-web-2 (configuration changed)',
  )
  t.end()
})

t.test('a new one must be made without the names of the service', (t) => {
  const { plan: nodes } = plan(changed(startFirst).input())
  const made = nodes.flatMap(({ operation }) =>
    operation.type === 'createContainer' ? operation.container.networks : [],
  )
  t.same(
    made.map(({ endpoint }) => endpoint['Aliases']),
    [[], []],
  )
  const named = nodes.flatMap(({ operation }) =>
    operation.type === 'aliasContainer' ? [operation.attachment.endpoint['Aliases']] : [],
  )
  t.same(named, [['app-web-1', 'web'], [], ['app-web-2', 'web'], []])
  t.end()
})

t.test('stop-first must replace one after the other, and prove each before the next', (t) => {
  changed({ delay: '3s' }).plans(
    t,
    '[] #1 create container 0000000000aa_app-web-1 (configuration changed)',
    '[1] #2 stop container app-web-1 (configuration changed)',
    '[2] #3 remove container app-web-1 (configuration changed)',
    '[3] #4 rename container 0000000000aa_app-web-1 to app-web-1 (configuration changed)',
    '[4] #5 start container app-web-1 (configuration changed)',
    '[5] #6 await container app-web-1 (it takes the place of another)',
    '[6] #7 wait 3 s for service web (delay between updates)',
    '[7] #8 create container 0000000000ab_app-web-2 (configuration changed)',
    '[8] #9 stop container app-web-2 (configuration changed)',
    '[9] #10 remove container app-web-2 (configuration changed)',
    '[10] #11 rename container 0000000000ab_app-web-2 to app-web-2 (configuration changed)',
    '[11] #12 start container app-web-2 (configuration changed)',
    '[12] #13 await container app-web-2 (it takes the place of another)',
  )
  t.end()
})

t.test('as many must be replaced at a time as the file says, and all where it says 0', (t) => {
  for (const parallelism of [2, 0]) {
    const { plan: nodes } = plan(changed({ parallelism }).input())
    const creations = nodes.filter(({ operation }) => operation.type === 'createContainer')
    t.same(
      creations.map(({ after }) => after),
      [[], []],
      `parallelism ${parallelism}`,
    )
  }
  t.end()
})

t.test('a service without a word on updates must be replaced all at once, and proven by nobody', (t) => {
  const it = scenario()
    .wants({ web: { deploy: { replicas: 2 } } })
    .finds(...found)
  t.notMatch(it.text(), /await|wait|alias/)
  t.end()
})

t.test('wherever a round breaks off, the next ones must come to the same end, and plan nothing then', (t) => {
  for (const update of [startFirst, { order: 'stop-first' }, { ...startFirst, parallelism: 0 }]) {
    const whole = changed(update)
    const { length } = plan(whole.input()).plan
    for (let done = 0; done <= length; done += 1) {
      const broken = whole.afterwards(done)
      const end = broken.afterwards()
      t.equal(end.text(), '', `${JSON.stringify(update)}, broken off after ${done}`)
      t.same(Object.keys(end.containers()).sort(), ['app-web-1', 'app-web-2'])
      t.ok(Object.values(end.containers()).every((text) => text.startsWith('running')))
    }
  }
  t.end()
})

t.test('at every moment of start-first as many as asked for must run under the names of the service', (t) => {
  const whole = changed(startFirst)
  const { length } = plan(whole.input()).plan
  for (let done = 0; done <= length; done += 1) {
    const { containers } = whole.afterwards(done).input().observed
    const reachable = containers.filter(
      ({ state, aliases }) => state === 'running' && aliases?.['app_default']?.includes('web') !== false,
    )
    t.ok(reachable.length >= 2, `after ${done}`)
  }
  t.end()
})

t.test('what forbids two side by side must be said in the plan, with stop-first in its place', (t) => {
  const forbidden: readonly (readonly [Partial<Service>, string])[] = [
    [{ ports: [{ target: 80, published: '8080' }] }, 'its host port 8080 is fixed'],
    [{ ports: [{ target: 80, published: '8080-8081' }] }, 'its host port 8080-8081 is fixed'],
    [{ networks: { default: { ipv4_address: '10.0.0.9' } } }, 'its ipv4_address is fixed'],
    [{ mac_address: '02:00:00:00:00:01' }, 'its mac_address is fixed'],
    [{ network_mode: 'host' }, 'its network_mode is host'],
    [{ isolation: 'hyperv' }, 'its own kernel does not see that networks change'],
  ]
  for (const [more, why] of forbidden) {
    const text = changed(startFirst, more).text()
    t.match(text, `; stop-first, as ${why})`)
    t.notMatch(text, /alias/)
  }
  for (const free of ['8080-8090', '0', '']) {
    const text = changed(startFirst, { ports: [{ target: 80, published: free }] }).text()
    t.notMatch(text, /stop-first/, `published: "${free}"`)
  }
  const named = scenario()
    .wants({ web: { container_name: 'app-web-1', deploy: { update_config: startFirst } } })
    .finds('network', 'web running changed')
  t.match(named.text(), 'stop-first, as its container_name is fixed')
  const shared = scenario()
    .wants({
      web: { deploy: { update_config: startFirst } },
      side: {
        network_mode: 'service:web',
        depends_on: { web: { condition: 'service_started', required: true } },
      },
    })
    .finds('network', 'web running changed', 'side running')
  t.match(shared.text(), 'stop-first, as "side" lives in what it has')
  t.end()
})

t.test('an anonymous volume must go from one to the other, and both must not have it', (t) => {
  const mount = { type: 'volume', name: 'f00', source: '/var/lib/docker/volumes/f00', target: '/data' }
  const it = changed(startFirst).where((observed) => ({
    ...observed,
    containers: observed.containers.map((one) => ({ ...one, mounts: [mount] })),
  }))
  t.match(it.text(), 'stop-first, as its anonymous volume goes from one to the other')
  t.end()
})

t.test('a paused update must leave what runs, and take away what has not proven good', (t) => {
  changed(startFirst)
    .afterwards(2)
    .intending({ paused: { web: 'it is unhealthy' } })
    .inTheLoop()
    .plans(
      t,
      '[] #1 stop container 0000000000aa_app-web-1 (left by an interrupted replacement)',
      '[1] #2 remove container 0000000000aa_app-web-1 (left by an interrupted replacement)',
    )
  t.end()
})

t.test('what took a place in this deployment must be proven after a restart, once', (t) => {
  const deployment = { since: '2026-01-01T00:00:00Z', action: 'up', options: {} } as const
  const it = changed(startFirst).afterwards()
  const input = it.input()
  const resumed = (proven: readonly string[]) =>
    plan({
      ...input,
      deployment: {
        ...deployment,
        refresh: undefined,
        started: new Set(),
        signaled: new Set(),
        proven: new Set(proven),
      },
    }).plan
  t.equal(
    planText(resumed([])),
    [
      '[] #1 await container app-web-1 (it takes the place of another)',
      '[] #2 await container app-web-2 (it takes the place of another)',
    ].join('\n'),
  )
  t.equal(planText(resumed(input.observed.containers.map(({ id }) => id))), '')
  t.end()
})

t.test('the way back must be as rollback_config says', (t) => {
  const service = {
    deploy: {
      replicas: 2,
      update_config: startFirst,
      rollback_config: { order: 'stop-first', parallelism: 0, failure_action: 'rollback' },
    },
  }
  const it = scenario()
    .wants({ web: service })
    .finds(...found)
  const input = it.input()
  const { deployment } = input
  if (deployment === undefined) throw new Error('the scenario is of a deployment')
  const { plan: nodes } = plan({ ...input, deployment: { ...deployment, options: { reverting: true } } })
  t.notMatch(planText(nodes), /alias/)
  const actions = nodes.flatMap(({ operation }) =>
    operation.type === 'awaitReplica' ? [operation.onFailure] : [],
  )
  t.same(actions, ['pause', 'pause'], 'a rollback that fails is not rolled back')
  t.end()
})

t.test('so many must be allowed to fail as the ratio says, and all where it is to continue', (t) => {
  const tolerated = (update: Update): readonly number[] =>
    plan(changed(update).input()).plan.flatMap(({ operation }) =>
      operation.type === 'awaitReplica' ? [operation.tolerated] : [],
    )
  t.same(tolerated({}), [0, 0])
  t.same(tolerated({ max_failure_ratio: 0.5 }), [1, 1])
  t.same(tolerated({ max_failure_ratio: 0.4 }), [0, 0])
  t.same(tolerated({ failure_action: 'continue' }), [2, 2])
  t.end()
})
