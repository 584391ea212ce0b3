import t from 'tap'
import { upIntent } from '@bulkhead/model'
import type { Project, Service } from '@bulkhead/model'
import type { Script, Twin } from '@bulkhead/twin'
import { openScene } from './scene.ts'
import type { Wish } from './stories.ts'

type Update = NonNullable<NonNullable<Service['deploy']>['update_config']>

t.setTimeout(120_000)
t.jobs = 2

const scripts: readonly Script[] = [{ command: /^sick/u, probes: [1] }]
const replicas = 2
/** Every call, in each way; else a part of it, as the whole takes minutes. */
const isWhole = process.env['ROLLING_WHOLE'] !== undefined
const step = isWhole ? 1 : 4

t.test('wherever a start-first update is killed, the next daemon must end it, and lose none', async (t) => {
  for (const blow of isWhole ? (['die before', 'die after', 'lose'] as const) : (['die after'] as const)) {
    let n = 2
    while (await survives(n)) n += step
    t.ok(n > 15, `${blow}: up to call ${n}`)

    async function survives(call: number): Promise<boolean> {
      const fewest = { count: replicas }
      const scene = await openScene('26', call, { scripts, onCall: () => watch(scene.twin, fewest) })
      const { twin, ledger } = scene
      try {
        const player = await scene.enter()
        await player.asks(up('good', '1'))
        await player.leaves()
        const before = idsOf(twin)
        fewest.count = reachable(twin)
        const victim = await scene.enter()
        const struck = scene.strike(blow, call, () => victim.dies())
        await victim.asks(up('good', '2'))
        await victim.leaves()
        twin.relent()
        const hit = struck()
        const heir = await scene.enter()
        if (ledger.isBusy()) await heir.finishes()
        t.equal(await heir.settles(), true, 'another round plans nothing')
        await heir.leaves()
        const title = `${blow} of call ${call}, ${hit?.method ?? 'none'} ${hit?.path ?? ''}`
        t.strictSame(namesOf(twin), ['app-web-1 running', 'app-web-2 running'], title)
        t.equal(reachable(twin), replicas, `${title}: all have the service's name`)
        t.equal(idsOf(twin).filter((id) => before.includes(id)).length, 0, `${title}: all are new`)
        // One that is about to leave loses its name when another has got it.
        t.ok(fewest.count >= replicas - 1, `${title}: at least ${fewest.count} could be reached`)
        return hit !== undefined
      } finally {
        await twin.close()
      }
    }
  }
})

t.test(
  'a bad version must be told, get no names, and leave what was there until somebody asks again',
  async (t) => {
    for (const order of ['start-first', 'stop-first'] as const) {
      const scene = await openScene('26', 7, { scripts })
      const { twin, ledger } = scene
      t.teardown(() => twin.close())
      const player = await scene.enter()
      await player.asks(up('good', '1', { order }))
      const before = idsOf(twin)
      await player.asks(up('sick', '2', { order, failure_action: 'rollback' }))
      t.match(ledger.outcomes.at(-1), {
        outcome: 'failed',
        problem: {
          code: 'BH_UPDATE_FAILED',
          message: /The update of service "web" failed: .*web-1 is unhealthy/u,
        },
        update: { service: 'web', onFailure: 'rollback' },
      })
      t.equal(await player.settles(), true, 'another round plans nothing')
      const left = idsOf(twin).filter((id) => before.includes(id))
      t.equal(left.length, order === 'start-first' ? 2 : 1, `${order}: old ones that are left go on`)
      t.strictSame(namesOf(twin), ['app-web-1 running', 'app-web-2 running'])
      const { services } = await player.reconciler.status('app')
      t.match(services[0]?.paused, /web-1 is unhealthy/u)

      await player.asks(up('good', '3', { order }))
      t.match(ledger.outcomes.at(-1), { outcome: 'succeeded' })
      t.equal(idsOf(twin).filter((id) => before.includes(id)).length, 0)
      t.equal(reachable(twin), replicas)
      await player.leaves()
    }
  },
)

t.test('an update that is to continue must go on, whatever fails', async (t) => {
  const scene = await openScene('26', 8, { scripts })
  const { twin, ledger } = scene
  t.teardown(() => twin.close())
  const player = await scene.enter()
  await player.asks(up('good', '1'))
  const before = idsOf(twin)
  await player.asks(up('sick', '2', { order: 'stop-first', failure_action: 'continue' }))
  t.match(ledger.outcomes.at(-1), { outcome: 'succeeded' })
  t.equal(idsOf(twin).filter((id) => before.includes(id)).length, 0)
  await player.leaves()
})

function up(command: 'good' | 'sick', version: string, update: Update = { order: 'start-first' }): Wish {
  const web: Service = {
    name: 'web',
    image: 'bb:1',
    command: [command],
    environment: { VERSION: version },
    networks: { default: null },
    healthcheck: { test: ['CMD', 'true'], interval: '2s', retries: 2 },
    deploy: { replicas, update_config: { monitor: '0s', ...update } },
    'x-bulkhead': { drain: '5ms' },
  }
  const project: Project = {
    name: 'app',
    workingDir: '/srv/app',
    configFiles: ['/srv/app/compose.yaml'],
    environmentFiles: [],
    services: { web },
    disabledServices: {},
    networks: { default: { name: 'app_default' } },
    volumes: {},
    secrets: {},
    configs: {},
    models: {},
    extensions: {},
    positions: new Map(),
  }
  return { project, intent: upIntent, action: 'up' }
}

function namesOf({ world }: Twin): readonly string[] {
  return [...world.containers.values()].map(({ name, state }) => `${name} ${state.status}`).sort()
}

function idsOf({ world }: Twin): readonly string[] {
  return [...world.containers.keys()]
}

/** Containers that run and are found under the service's name. */
function reachable({ world }: Twin): number {
  return [...world.containers.values()].filter(({ state, attachments }) => {
    const aliases = attachments.get('app_default')?.settings['Aliases']
    return state.status === 'running' && Array.isArray(aliases) && aliases.includes('web')
  }).length
}

function watch(twin: Twin, fewest: { count: number }): void {
  if (twin.world.containers.size >= replicas) fewest.count = Math.min(fewest.count, reachable(twin))
}
