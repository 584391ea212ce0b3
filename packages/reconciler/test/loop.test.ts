import { request } from 'node:http'
import t from 'tap'
import type { Test } from 'tap'
import { upIntent, type Project, type Service } from '@bulkhead/model'
import { manualClock, type Call, type Twin } from '@bulkhead/twin'
import { newSweep } from '../src/sweep.ts'
import { newTurns } from '../src/turns.ts'
import { openScene, type Player, type Scene } from './scene.ts'

t.setTimeout(120_000)
t.jobs = 4

const epoch = Date.UTC(2026, 0, 1)

t.test(
  'a service that cannot start must not keep the others from it, and is tried with a growing delay',
  async (t) => {
    const { scene, clock, player, project } = await opened(t, {
      web: {},
      db: {},
      side: { depends_on: on('web') },
    })
    const starts = refuseStarts(scene.twin, 'app-web-1')
    await player.asks({ project, intent: upIntent, action: 'up' })
    t.match(scene.ledger.outcomes, [{ outcome: 'failed', problem: { message: /no luck today/ } }])
    await until(() => scene.ledger.notes('app')?.failures['web']?.attempts === 1)
    await clock.advance(1000)
    await until(() => failureOf(scene)?.attempts === 2 && stateOf(scene, 'db') === 'running')
    t.equal(stateOf(scene, 'side'), 'created', 'what depends on it waits')
    const gaps: number[] = []
    for (let attempt = 3; attempt <= 5; attempt += 1) {
      const { last = '', next = '' } = failureOf(scene) ?? {}
      gaps.push(Date.parse(next) - Date.parse(last))
      await clock.advance(Date.parse(next) - clock.now() - 1)
      t.equal(starts(), attempt - 1, 'not before its time')
      await clock.advance(1)
      await until(() => starts() === attempt && failureOf(scene)?.attempts === attempt)
    }
    t.same(gaps, [2000, 4000, 8000])
    t.match(scene.ledger.opened, [{ service: 'web', reason: /no luck today/ }])
  },
)

t.test('an open breaker must be told, outlive the daemon, and close when a later try succeeds', async (t) => {
  const { scene, clock, player, project } = await opened(t, { web: {}, db: {} })
  const starts = refuseStarts(scene.twin, 'app-web-1')
  await player.asks({ project, intent: upIntent, action: 'up' })
  await usedUp(scene, clock)
  const open = (await player.reconciler.status('app')).services.find(({ name }) => name === 'web')
  const { next = '' } = open?.breaker ?? {}
  t.match(open?.breaker, { reason: /no luck today/, since: /^2026/, next: /^2026/ })
  t.equal(Date.parse(next) - Date.parse(open?.breaker?.since ?? ''), 300_000)
  await player.leaves()
  const tried = starts()
  const heir = await scene.enter()
  t.teardown(() => heir.leaves())
  await until(async () => (await heir.reconciler.status('app')).services.length === 2)
  await clock.advance(Date.parse(next) - clock.now() - 1000)
  t.equal(starts(), tried, 'it is left alone though the daemon is another one')
  scene.twin.relent()
  await clock.advance(1000)
  await passing(clock, () => stateOf(scene, 'web') === 'running' && failureOf(scene) === undefined)
  t.equal((await heir.reconciler.status('app')).services.find(({ breaker }) => breaker)?.name, undefined)
})

t.test('a breaker must close when somebody asks for the service', async (t) => {
  const { scene, clock, player, project } = await opened(t, { web: {} })
  refuseStarts(scene.twin, 'app-web-1')
  await player.asks({ project, intent: upIntent, action: 'up' })
  await usedUp(scene, clock)
  scene.twin.relent()
  await player.asks({ project, intent: upIntent, action: 'up' })
  t.match(scene.ledger.outcomes.at(-1), { outcome: 'succeeded' })
  t.equal(failureOf(scene), undefined)
})

t.test('a breaker must close when the project is resumed', async (t) => {
  const { scene, clock, player, project } = await opened(t, { web: {} })
  refuseStarts(scene.twin, 'app-web-1')
  await player.asks({ project, intent: upIntent, action: 'up' })
  await usedUp(scene, clock)
  scene.twin.relent()
  player.reconciler.retry('app')
  await until(() => stateOf(scene, 'web') === 'running' && failureOf(scene) === undefined)
})

t.test('what may have stood in the way and is gone must bring the next try forward', async (t) => {
  const { scene, clock, player, project } = await opened(t, { web: {}, db: {} })
  refuseStarts(scene.twin, 'app-web-1')
  await player.asks({ project, intent: upIntent, action: 'up' })
  await usedUp(scene, clock)
  scene.twin.relent()
  scene.twin.addImage({ reference: 'other:1' })
  const before = Date.parse(failureOf(scene)?.next ?? '')
  scene.twin.world.events.tell({
    type: 'container',
    action: 'destroy',
    id: 'f'.repeat(64),
    attributes: { name: 'stranger' },
    nanoseconds: BigInt(epoch) * 2_000_000n,
  })
  await until(() => Date.parse(failureOf(scene)?.next ?? '') < before)
  await clock.advance(5000)
  await passing(clock, () => stateOf(scene, 'web') === 'running')
})

t.test('an engine that is back must be tried at once', async (t) => {
  const { scene, clock, player, project } = await opened(t, { web: {} })
  refuseStarts(scene.twin, 'app-web-1')
  await player.asks({ project, intent: upIntent, action: 'up' })
  await usedUp(scene, clock)
  scene.twin.relent()
  scene.twin.dropEvents()
  await until(() => Date.parse(failureOf(scene)?.next ?? '') - clock.now() <= 5000)
  await clock.advance(5000)
  await passing(clock, () => stateOf(scene, 'web') === 'running')
})

t.test('an image that is not there must keep nothing but its service from running', async (t) => {
  const { scene, clock, player, project } = await opened(t, { web: { image: 'lost:1' }, db: {} })
  await player.asks({ project, intent: upIntent, action: 'up' })
  t.match(scene.ledger.outcomes, [{ outcome: 'failed' }])
  await clock.advance(1000)
  await until(() => stateOf(scene, 'db') === 'running')
  t.match(failureOf(scene), { code: /BH_(PULL_FAILED|IMAGE_NOT_FOUND)/ })
  scene.twin.addImage({ reference: 'lost:1' })
  await clock.advance(60_000)
  await passing(clock, () => stateOf(scene, 'web') === 'running')
})

t.test('a wait for one service must not hold up the repair of another', async (t) => {
  const healthcheck = { test: ['CMD', 'true'], interval: '10h0m0s' }
  const { scene, clock, player, project } = await opened(t, { db: { healthcheck }, cache: {} })
  await player.asks({ project, intent: upIntent, action: 'up' })
  const { db, cache } = project.services
  const web: Service = { ...service('web'), depends_on: on('db', 'service_healthy') }
  if (db === undefined || cache === undefined) throw new Error('both are there')
  scene.ledger.ask({ ...project, services: { db, cache, web } }, upIntent, 'up')
  scene.ledger.deploymentFinished('d2', 'failed', 0, undefined)
  player.reconciler.enqueue('app')
  await until(() => stateOf(scene, 'web') === 'created')
  const id = idOf(scene, 'cache')
  await kill(scene.twin, 'app-cache-1')
  await until(() => stateOf(scene, 'cache') === 'exited')
  await until(async () => {
    await clock.advance(100)
    return stateOf(scene, 'cache') === 'running'
  })
  t.equal(idOf(scene, 'cache'), id)
  t.equal(stateOf(scene, 'web'), 'created', 'the wait goes on')
})

t.test('a project with hundreds of operations must not hold up another', async (t) => {
  const turns = newTurns({ places: 4 })
  const order: string[] = []
  const ends: (() => void)[] = []
  const work = (name: string) => (): Promise<void> => {
    order.push(name)
    return new Promise((resolve) => ends.push(resolve))
  }
  const all = [
    ...Array.from({ length: 100 }, (_, index) => turns.take('big', work(`big ${index}`))),
    turns.take('small', work('small 0')),
    turns.take('small', work('small 1')),
    turns.take('other', work('other 0')),
  ]
  await turn()
  t.same(order, ['big 0', 'big 1', 'big 2', 'small 0'], 'a place is left for the others')
  ends.shift()?.()
  await turn()
  t.equal(order.at(-1), 'other 0', 'and they take turns')
  ends.shift()?.()
  await turn()
  t.equal(order.at(-1), 'big 3')
  for (let left = all.length; left > 0; left -= 1) {
    while (ends.length > 0) ends.shift()?.()
    await turn()
  }
  await Promise.all(all)
  t.equal(order.length, 103)
})

t.test('the lists must have only those projects looked at in which something has changed', async (t) => {
  const there = new Map([
    ['a', '1'],
    ['b', '1'],
    ['c', '1'],
  ])
  const looked: string[] = []
  const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore }
  const sweep = newSweep({
    engine: { census: () => Promise.resolve(new Map(there)) },
    projects: () => ['a', 'b', 'c'],
    isOpen: () => false,
    look: (project, deep) => void looked.push(deep ? `${project} whole` : project),
    deepEvery: 100,
    log: quiet,
  })
  await sweep.once()
  t.same(looked.splice(0), ['a', 'b whole', 'c'], 'at first all of them, and one in a hundred whole')
  await sweep.once()
  t.same(looked.splice(0), ['c whole'])
  await sweep.once()
  t.same(looked.splice(0), [], 'nothing has changed')
  there.set('b', '2')
  there.delete('a')
  await sweep.once()
  t.same(looked.splice(0), ['a', 'b'])
  there.set('c', '2')
  await sweep.begin()
  await sweep.once()
  t.same(looked.splice(0), [], 'whoever begins looks at all of them anyway')
})

t.test(
  'what was inspected must be inspected again only when its line or an event tells of a change',
  async (t) => {
    const { scene, player, project } = await opened(t, { web: {}, db: {} })
    await player.asks({ project, intent: upIntent, action: 'up' })
    await until(async () => (await player.reconciler.status('app')).converged)
    const inspections = (): number =>
      scene.twin.calls.filter(
        ({ method, path }) => method === 'GET' && /^\/containers\/[0-9a-f]{64}\/json$/u.test(path),
      ).length
    const lists = (): number => scene.twin.calls.filter(({ path }) => path === '/containers/json').length
    const round = async (): Promise<void> => {
      const before = lists()
      player.reconciler.enqueue('app')
      await until(() => lists() > before)
    }
    // The first of these may still be one that inspects what the deployment made.
    await round()
    await round()
    const before = inspections()
    await round()
    await round()
    t.equal(inspections(), before, 'nothing has happened')
    await kill(scene.twin, 'app-db-1')
    await until(() => stateOf(scene, 'db') === 'running')
    t.ok(inspections() > before)
  },
)

interface Opened {
  readonly scene: Scene
  readonly clock: ReturnType<typeof manualClock>
  readonly player: Player
  readonly project: Project
}

async function opened(t: Test, services: Readonly<Record<string, Partial<Service>>>): Promise<Opened> {
  const clock = manualClock(epoch)
  const scene = await openScene('26', 1, { clock })
  const player = await scene.enter()
  t.teardown(async () => {
    await player.leaves()
    await scene.twin.close()
  })
  return { scene, clock, player, project: projectOf(services) }
}

/** Has every start of a container refused; returns how many there were. */
function refuseStarts(twin: Twin, name: string): () => number {
  let count = 0
  const isMeant = ({ method, path }: Call): boolean => {
    const [, , container, action] = path.split('/')
    if (method !== 'POST' || action !== 'start') return false
    const is = [...twin.world.containers.values()].find(
      ({ id, name: its }) => its === name && (id === container || its === container),
    )
    if (is !== undefined) count += 1
    return is !== undefined
  }
  twin.order({ on: isMeant, does: 'refuse', times: Infinity, message: 'no luck today' })
  return () => count
}

function kill({ socket: socketPath }: Twin, container: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = `/containers/${container}/kill`
    request({ socketPath, path, method: 'POST' }, (answer) => answer.resume().on('end', resolve))
      .on('error', reject)
      .end()
  })
}

/** Lets time pass until the breaker of web is open. */
async function usedUp(scene: Scene, clock: Opened['clock']): Promise<void> {
  await until(async () => {
    await clock.advance(1000)
    return failureOf(scene)?.open !== undefined
  })
}

function failureOf({ ledger }: Scene) {
  return ledger.notes('app')?.failures['web']
}

function containerOf({ twin }: Scene, service: string) {
  return [...twin.world.containers.values()].find(({ name }) => name === `app-${service}-1`)
}

function stateOf(scene: Scene, service: string): string {
  return containerOf(scene, service)?.state.status ?? 'gone'
}

function idOf(scene: Scene, service: string): string | undefined {
  return containerOf(scene, service)?.id
}

function on(name: string, condition: 'service_started' | 'service_healthy' = 'service_started') {
  return { [name]: { condition, required: true } }
}

function service(name: string): Service {
  return { name, image: 'bb:1', command: [name], networks: { default: null } }
}

function projectOf(services: Readonly<Record<string, Partial<Service>>>): Project {
  return {
    name: 'app',
    workingDir: '/srv/app',
    configFiles: ['/srv/app/compose.yaml'],
    environmentFiles: [],
    services: Object.fromEntries(
      Object.entries(services).map(([name, more]) => [name, { ...service(name), ...more }]),
    ),
    disabledServices: {},
    networks: { default: { name: 'app_default' } },
    volumes: {},
    secrets: {},
    configs: {},
    models: {},
    extensions: {},
    positions: new Map(),
  }
}

function ignore(): void {
  // The log is for people.
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** The same while the time goes on, by no more than it takes for what is due to happen. */
function passing(clock: Opened['clock'], holds: () => boolean): Promise<void> {
  return until(async () => {
    await clock.advance(1)
    return holds()
  })
}

/** How long anything may take to come about. */
const patienceMs = 10_000

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`It did not come about: ${String(holds)}`)
    await new Promise((resolve) => {
      setTimeout(resolve, 2)
    })
  }
}
