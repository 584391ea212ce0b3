import { request } from 'node:http'
import t from 'tap'
import type { Test } from 'tap'
import { upIntent, type Intent, type Project, type ProjectStatus, type Service } from '@bulkhead/model'
import type { Script, Twin } from '@bulkhead/twin'
import { openScene } from './scene.ts'
import type { Player, Scene } from './scene.ts'

const scripts: readonly Script[] = [
  { command: /^ends/u, does: { exits: { after: 2000, code: 0 } } },
  { command: /^fails/u, does: { exits: { after: 2000, code: 3 } } },
  { command: /^sick/u, probes: [1] },
  { command: /^wakes/u, probes: [1, 1, 1, 0] },
]

t.setTimeout(120_000)
t.jobs = 4

/** One row of docs/guides/drift.md: what somebody does, and what comes of it. */
interface Row {
  readonly name: string
  readonly services: Readonly<Record<string, Partial<Service>>>
  readonly extensions?: Project['extensions']
  /** While no daemon runs. */
  readonly away?: boolean
  readonly does: (world: Stage) => Promise<void>
  /** Comes about before long… */
  readonly until: (world: Stage) => boolean | Promise<boolean>
  /** …and is so when another round would plan nothing. */
  readonly check?: (t: Test, world: Stage) => unknown
}

interface Stage {
  readonly twin: Twin
  readonly scene: Scene
  readonly status: () => Promise<ProjectStatus>
  readonly intend: (intent: Partial<Intent>) => void
  /** State of a service's first container, `gone` where it has none. */
  readonly state: (service: string) => string
  readonly call: (method: string, path: string, body?: unknown) => Promise<void>
  readonly startedBefore: Readonly<Record<string, bigint>>
  /** Ids of the containers as they were before. */
  readonly before: Readonly<Record<string, string>>
  readonly now: () => Readonly<Record<string, string>>
}

const steady = { restart: 'unless-stopped' } as const
const probe = { test: ['CMD', 'true'], interval: '100ms', start_period: '20s', retries: 100 }
const rows: readonly Row[] = [
  {
    name: 'what ends by itself must be left to a restart policy that says no',
    services: { web: { command: ['ends'] } },
    does: async () => undefined,
    until: ({ state }) => state('web') === 'exited',
    check: (t, { state }) => t.equal(state('web'), 'exited'),
  },
  {
    name: 'what ends by itself must be left to the engine where its policy says always',
    services: { web: { command: ['fails'], restart: 'always' } },
    does: async () => undefined,
    until: ({ twin }) => [...twin.world.containers.values()].some(({ restartCount }) => restartCount > 0),
  },
  {
    name: 'what is killed must run again',
    services: { web: steady },
    does: ({ call }) => call('POST', '/containers/app-web-1/kill'),
    until: startedAgain('web'),
    check: same('web'),
  },
  {
    name: 'what is killed must run again though its policy says no',
    services: { web: {} },
    does: ({ call }) => call('POST', '/containers/app-web-1/kill'),
    until: startedAgain('web'),
    check: same('web'),
  },
  {
    name: 'what is killed while no daemon runs must run again',
    services: { web: steady },
    away: true,
    does: ({ call }) => call('POST', '/containers/app-web-1/kill'),
    until: startedAgain('web'),
    check: same('web'),
  },
  {
    name: 'what is stopped must be held',
    services: { web: steady },
    does: ({ call }) => call('POST', '/containers/app-web-1/stop'),
    until: isHeld('web'),
    check: (t, { state }) => t.equal(state('web'), 'exited'),
  },
  {
    name: 'what is stopped while no daemon runs must be held',
    services: { web: steady },
    away: true,
    does: ({ call }) => call('POST', '/containers/app-web-1/stop'),
    until: isHeld('web'),
    check: (t, { state }) => t.equal(state('web'), 'exited'),
  },
  {
    name: 'what is stopped and removed while no daemon runs must be held',
    services: { web: steady },
    away: true,
    does: async ({ call }) => {
      await call('POST', '/containers/app-web-1/stop')
      await call('DELETE', '/containers/app-web-1')
    },
    until: isHeld('web'),
    check: (t, { state }) => t.equal(state('web'), 'gone'),
  },
  {
    name: 'what the engine forgot to tell must be held where a policy would have had it run',
    services: { web: steady, db: {} },
    away: true,
    does: async ({ call }) => {
      await call('POST', '/containers/app-web-1/stop')
      for (let turn = 0; turn < 130; turn += 1) {
        await call('POST', '/containers/app-db-1/pause')
        await call('POST', '/containers/app-db-1/unpause')
      }
    },
    until: isHeld('web'),
    check: (t, { state }) => t.equal(state('web'), 'exited'),
  },
  {
    name: 'what is restarted must not be held',
    services: { web: steady },
    does: ({ call }) => call('POST', '/containers/app-web-1/restart'),
    until: startedAgain('web'),
    check: async (t, { status }) => t.equal((await status()).services[0]?.held, undefined),
  },
  {
    name: 'what is held and started must be held no more',
    services: { web: steady },
    does: async ({ call }) => {
      await call('POST', '/containers/app-web-1/stop')
      await call('POST', '/containers/app-web-1/start')
    },
    until: startedAgain('web'),
    check: async (t, { status }) => t.equal((await status()).services[0]?.held, undefined),
  },
  {
    name: 'what is removed by force must be made anew',
    services: { web: steady },
    does: ({ call }) => call('DELETE', '/containers/app-web-1?force=1'),
    until: ({ state, now, before }) =>
      state('web') === 'running' && now()['app-web-1'] !== before['app-web-1'],
  },
  {
    name: 'what is unhealthy must be restarted, with those that restart with it, until its tries are used up',
    services: {
      web: {
        ...steady,
        command: ['sick'],
        healthcheck: { test: ['CMD', 'false'], interval: '5s', retries: 1 },
        'x-bulkhead': { health: { on_unhealthy: 'restart', retries: 2, window: '1m0s' } },
      },
      side: { depends_on: { web: { condition: 'service_started', required: true, restart: true } } },
    },
    does: async () => undefined,
    until: async ({ status }) => (await status()).services.some(({ breaker }) => breaker !== undefined),
    check: async (t, { twin, scene, status }) => {
      const stopsOf = (name: string): number => {
        const id = [...twin.world.containers.values()].find((one) => one.name === name)?.id ?? ''
        return twin.calls.filter(({ path }) => path.endsWith('/stop') && path.includes(id)).length
      }
      t.same([stopsOf('app-web-1'), stopsOf('app-side-1')], [2, 2])
      t.match(scene.ledger.opened, [{ service: 'web', reason: /app-web-1 is unhealthy/ }])
      t.match((await status()).services.find(({ name }) => name === 'web')?.breaker, {
        reason: /unhealthy/,
        since: /^20/,
      })
    },
  },
  {
    name: 'what is unhealthy must be made anew where that is asked for',
    services: {
      web: {
        ...steady,
        command: ['sick'],
        healthcheck: { test: ['CMD', 'false'], interval: '5s', retries: 1 },
        'x-bulkhead': { health: { on_unhealthy: 'recreate', retries: 1 } },
      },
    },
    does: async () => undefined,
    until: async ({ status, now, before }) =>
      now()['app-web-1'] !== before['app-web-1'] &&
      (await status()).services.some(({ breaker }) => breaker !== undefined),
  },
  {
    name: 'what is paused must go on',
    services: { web: steady },
    does: ({ call }) => call('POST', '/containers/app-web-1/pause'),
    until: ({ state }) => state('web') === 'running',
    check: same('web'),
  },
  {
    name: 'what is renamed must get its name back',
    services: { web: steady },
    does: ({ call }) => call('POST', '/containers/app-web-1/rename?name=mine'),
    until: ({ state }) => state('web') === 'running',
    check: same('web'),
  },
  {
    name: 'what is updated must be updated back',
    services: { web: { ...steady, mem_limit: '67108864' } },
    does: ({ call }) =>
      call('POST', '/containers/app-web-1/update', {
        Memory: 134_217_728,
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      }),
    until: ({ twin }) =>
      [...twin.world.containers.values()].every(({ host }) => host['Memory'] === 67_108_864),
    check: (t, stage) => {
      same('web')(t, stage)
      t.match([...stage.twin.world.containers.values()][0]?.host, {
        RestartPolicy: { Name: 'unless-stopped' },
      })
    },
  },
  {
    name: 'what is given a limit must be made anew, as the engine takes none off',
    services: { web: steady },
    does: ({ call }) => call('POST', '/containers/app-web-1/update', { Memory: 134_217_728 }),
    until: ({ state, now, before }) =>
      state('web') === 'running' && now()['app-web-1'] !== before['app-web-1'],
  },
  {
    name: 'what is taken off its network must be put back',
    services: { web: steady },
    does: ({ call }) =>
      call('POST', '/networks/app_default/disconnect', { Container: 'app-web-1', Force: true }),
    until: ({ twin }) =>
      [...twin.world.containers.values()].every(({ attachments }) => attachments.has('app_default')),
    check: same('web'),
  },
  {
    name: 'what is to be reported must be reported, field by field, and left as it is',
    services: {
      web: { ...steady, mem_limit: '67108864' },
      db: {},
      job: { 'x-bulkhead': { drift: 'repair' } },
    },
    extensions: { 'x-bulkhead': { drift: 'report' } },
    does: async ({ call }) => {
      await call('POST', '/containers/app-web-1/update', { Memory: 134_217_728 })
      await call('POST', '/containers/app-web-1/pause')
      await call('POST', '/containers/app-job-1/pause')
      await call('DELETE', '/containers/app-db-1?force=1')
    },
    until: async ({ status, state }) => (await status()).drift?.length === 3 && state('job') === 'running',
    check: async (t, { status, state }) => {
      const { drift = [] } = await status()
      t.match(
        drift.map(({ object, field, expected, actual, cause }) => ({
          object,
          field,
          expected,
          actual,
          cause,
        })),
        [
          { object: 'app-web-1', field: 'state', expected: 'running', actual: 'paused', cause: 'pause' },
          {
            object: 'app-web-1',
            field: 'mem_limit',
            expected: '67108864',
            actual: '134217728',
            cause: 'pause',
          },
          { object: 'app-db-1', field: 'state', expected: 'present', actual: 'gone', cause: 'destroy' },
        ],
      )
      t.ok(drift.every(({ since }) => since !== undefined))
      t.same([state('web'), state('db')], ['paused', 'gone'])
    },
  },
  {
    name: 'what ended with the engine must come up in order, whatever order the engine started them in',
    services: {
      db: { ...steady, healthcheck: probe, command: ['wakes'] },
      web: { ...steady, depends_on: { db: { condition: 'service_healthy', required: true } } },
    },
    does: async ({ twin }) => {
      await twin.die()
      await twin.comeBack('stopped')
    },
    until: ({ state }) => state('db') === 'running' && state('web') === 'running',
    check: (t, { twin }) => {
      const [db, web] = ['app-db-1', 'app-web-1'].map((name) =>
        [...twin.world.containers.values()].find((one) => one.name === name),
      )
      t.equal(db?.health?.status, 'healthy')
      t.ok((web?.state.startedAt ?? 0n) > (db?.state.startedAt ?? 0n))
    },
  },
  {
    name: 'what ended with the engine while no daemon ran must come up',
    services: { web: steady },
    away: true,
    does: async ({ twin }) => {
      await twin.die()
      await twin.comeBack('stopped')
    },
    until: startedAgain('web'),
  },
  {
    name: 'what the engine stopped as it went down must run again, whatever its policy',
    services: { web: steady, db: {} },
    does: async (stage) => {
      // As an engine does that is told to end: it stops all that runs, and tells so.
      await stage.call('POST', '/containers/app-web-1/stop')
      await stage.call('POST', '/containers/app-db-1/stop')
      await comesTrue(async () => (await isHeld('web')(stage)) && (await isHeld('db')(stage)))
      await stage.twin.die()
      await stage.twin.comeBack('stopped')
    },
    until: async (stage) => (await startedAgain('web')(stage)) && (await startedAgain('db')(stage)),
    check: async (t, { status }) =>
      t.equal(
        (await status()).services.some(({ held }) => held),
        false,
      ),
  },
  {
    name: 'what an engine that was killed stops as it comes back must run again, and what was held stay so',
    services: { web: steady, db: { restart: 'always' }, held: steady },
    does: async (stage) => {
      await stage.call('POST', '/containers/app-held-1/stop')
      await comesTrue(() => isHeld('held')(stage))
      await stage.twin.die()
      await stage.twin.comeBack('cleared')
    },
    until: startedAgain('web'),
    check: async (t, { state, status }) => {
      t.same([state('web'), state('db'), state('held')], ['running', 'running', 'exited'])
      t.same(
        (await status()).services.filter(({ held }) => held !== undefined).map(({ name }) => name),
        ['held'],
      )
    },
  },
  {
    name: 'what was held must be held after a restart of the engine too',
    services: { web: steady, db: steady },
    does: async (stage) => {
      await stage.call('POST', '/containers/app-web-1/stop')
      await comesTrue(() => isHeld('web')(stage))
      await stage.twin.die()
      await stage.twin.comeBack('stopped')
    },
    until: startedAgain('db'),
    check: (t, { state }) => t.equal(state('web'), 'exited'),
  },
  {
    name: 'what the engine started ahead of what it needs must be started again, and what needs that, and nothing else',
    services: {
      db: { restart: 'always', healthcheck: { ...probe, interval: '20s' }, command: ['wakes'] },
      web: { restart: 'always', depends_on: { db: { condition: 'service_healthy', required: true } } },
      front: { restart: 'always', depends_on: { web: { condition: 'service_started', required: true } } },
      free: { restart: 'always' },
    },
    does: async ({ twin }) => {
      await twin.die()
      await twin.comeBack('stopped')
    },
    until: async (stage) =>
      (await startedAgain('db')(stage)) &&
      stage.twin.calls.filter(({ path }) => path.endsWith('/stop')).length >= 2 &&
      [...stage.twin.world.containers.values()].every(({ state }) => state.status === 'running'),
    check: (t, { twin }) => {
      const all = [...twin.world.containers.values()]
      const one = (service: string) => all.find(({ name }) => name === `app-${service}-1`)
      const stopped = twin.calls.flatMap(({ path }) => /containers\/([^/]+)\/stop$/.exec(path)?.[1] ?? [])
      t.same(new Set(stopped), new Set([one('web')?.id, one('front')?.id]))
      t.equal(stopped.length, 2, 'each once')
      t.equal(one('db')?.health?.status, 'healthy')
      t.ok((one('web')?.state.startedAt ?? 0n) > (one('db')?.state.startedAt ?? 0n))
      t.ok((one('front')?.state.startedAt ?? 0n) > (one('web')?.state.startedAt ?? 0n))
    },
  },
]

for (const row of rows) void t.test(row.name, (t) => play(t, row))

void t.test('a round that is quicker than the word of a stop must wait for it', async (t) => {
  const scene = await openScene('26', 1, { scripts, eventsLateMs: 60 })
  const { twin } = scene
  t.teardown(() => twin.close())
  const player = await scene.enter()
  const project = projectOf({ services: { web: {}, db: {} } })
  await player.asks({ project, intent: upIntent, action: 'up' })
  await ask(twin.socket, 'POST', '/containers/app-web-1/stop', undefined)
  await ask(twin.socket, 'DELETE', '/containers/app-web-1', undefined)
  player.reconciler.enqueue('app')
  const heldServices = async () =>
    (await player.reconciler.status('app')).services.filter(({ held }) => held !== undefined)
  t.ok(await comesTrue(async () => (await heldServices()).length === 1))
  t.ok(await player.settles())
  t.same(states(twin), ['app-db-1 running'])
  t.equal(twin.calls.filter(({ path }) => path.startsWith('/containers/create')).length, 2)
  await player.leaves()
})

async function play(t: Test, row: Row): Promise<void> {
  const scene = await openScene('26', 1, { scripts })
  const { twin, ledger } = scene
  t.teardown(() => twin.close())
  const project = projectOf(row)
  let player: Player = await scene.enter()
  await player.asks({ project, intent: upIntent, action: 'up' })
  t.match(ledger.outcomes.at(-1), { outcome: 'succeeded', problem: undefined })
  const now = () => Object.fromEntries([...twin.world.containers.values()].map(({ name, id }) => [name, id]))
  const stage: Stage = {
    twin,
    scene,
    status: () => player.reconciler.status('app'),
    intend: (intent) => ledger.ask(project, { ...upIntent, ...intent }, 'up'),
    state: (service) =>
      [...twin.world.containers.values()].find(({ name }) => name === `app-${service}-1`)?.state.status ??
      'gone',
    call: (method, path, body) => ask(twin.socket, method, path, body),
    before: now(),
    startedBefore: Object.fromEntries(
      Object.entries(starts(twin)).map(([name, { startedAt = 0n }]) => [name, startedAt]),
    ),
    now,
  }
  if (row.away === true) await player.leaves()
  await row.does(stage)
  if (row.away === true) player = await scene.enter()
  t.ok(await comesTrue(() => row.until(stage)), `in the end: ${JSON.stringify(states(twin))}`)
  t.ok(await player.settles(), 'another round plans nothing')
  await row.check?.(t, stage)
  await player.leaves()
}

function startedAgain(service: string): Row['until'] {
  return ({ startedBefore, twin }) => {
    const { startedAt = 0n, status } = starts(twin)[`app-${service}-1`] ?? {}
    return status === 'running' && startedAt > (startedBefore[`app-${service}-1`] ?? 0n)
  }
}

function starts({ world }: Twin) {
  return Object.fromEntries([...world.containers.values()].map(({ name, state }) => [name, state]))
}

function same(service: string): NonNullable<Row['check']> {
  return (t, { before, now }) =>
    void t.equal(now()[`app-${service}-1`], before[`app-${service}-1`], 'it is the same container')
}

function isHeld(service: string): Row['until'] {
  return async ({ status }) => {
    const its = (await status()).services.find(({ name }) => name === service)
    return its?.held !== undefined
  }
}

async function comesTrue(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + 30_000
  while (!(await holds())) {
    if (performance.now() > deadline) return false
    await new Promise((resolve) => {
      setTimeout(resolve, 10)
    })
  }
  return true
}

function states({ world }: Twin): readonly string[] {
  return [...world.containers.values()].map(({ name, state }) => `${name} ${state.status}`)
}

function projectOf({ services, extensions = {} }: Pick<Row, 'services' | 'extensions'>): Project {
  const made = Object.entries(services).map(([name, service]): [string, Service] => [
    name,
    { name, image: 'bb:1', command: ['serve'], networks: { default: null }, ...service },
  ])
  return {
    name: 'app',
    workingDir: '/srv/app',
    configFiles: ['/srv/app/compose.yaml'],
    environmentFiles: [],
    services: Object.fromEntries(made),
    disabledServices: {},
    networks: { default: { name: 'app_default' } },
    volumes: {},
    secrets: {},
    configs: {},
    models: {},
    extensions,
    positions: new Map(),
  }
}

function ask(socketPath: string, method: string, path: string, body: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const asked = request({ socketPath, method, path, headers }, (response) => {
      response.resume()
      response.on('end', () => {
        if ((response.statusCode ?? 0) < 400) resolve()
        else reject(new Error(`${method} ${path} got ${response.statusCode}`))
      })
    })
    asked.on('error', reject)
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  })
}
