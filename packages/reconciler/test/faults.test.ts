import t from 'tap'
import type { Test } from 'tap'
import { connect } from '@bulkhead/engine'
import { composeLabels, upIntent } from '@bulkhead/model'
import type { DeploymentAction, Intent, Project, Service } from '@bulkhead/model'
import { linuxRules, realClock, startTwin } from '@bulkhead/twin'
import type { Call, Entrance, Fault, LinuxRelease, Twin } from '@bulkhead/twin'
import { createReconciler } from '../src/index.ts'
import type { Reconciler } from '../src/index.ts'
import { memoryLedger } from './ledger.ts'
import type { MemoryLedger } from './ledger.ts'
import { mortal } from './mortal.ts'

/** How long anything may take to come about. */
const patienceMs = 10_000
/** A second of the engine's is this part of one of ours. */
const speed = 200

/** What befalls one call: the engine's faults, the end of our own process as it makes the call, or that of the engine. */
type Blow = Fault['does'] | 'die before' | 'die after' | 'take the engine with it'
/** A call that only reads is as good as never made when its answer is lost: there these two are enough. */
const beforeAll: readonly Blow[] = ['refuse', 'die before']
const afterWrites: readonly Blow[] = ['drop', 'fail', 'lose', 'die after', 'take the engine with it']

interface Wish {
  readonly project: Project
  readonly intent: Intent
  readonly action: DeploymentAction
}

interface Story {
  readonly name: string
  /** What was there before, reached without faults. */
  readonly before: readonly Wish[]
  readonly wish: Wish
  readonly check: (t: Test, twin: Twin, kept: Kept) => void
}

/** What must have outlived it all. */
interface Kept {
  /** The anonymous volume of the service db. */
  readonly anonymous: string | undefined
  readonly containers: Readonly<Record<string, string>>
}

const first = up(project('1'))
const stories: readonly Story[] = [
  { name: 'a first up', before: [], wish: first, check: runs('1') },
  { name: 'a changed service', before: [first], wish: up(project('2')), check: replaced },
  { name: 'a down', before: [first], wish: down(false), check: isGone(false) },
  { name: 'a down with volumes', before: [first], wish: down(true), check: isGone(true) },
]

t.jobs = 2
t.setTimeout(280_000)
for (const [release, blows] of [
  ['26', [...beforeAll, ...afterWrites]],
  ['20', ['lose', 'die after']],
] as const) {
  for (const story of stories) {
    for (const blow of blows) {
      void t.test(
        `${story.name} must be made whole by the next rounds on Docker ${release} though any one call should ${blow}`,
        { timeout: 120_000 },
        async (t) => {
          let n = 1
          while (await survives(t, story, blow, n, release)) n += 1
          t.ok(n > 3, `${n - 1} calls were hit in turn`)
        },
      )
    }
  }
}

/** Tells the story with a blow to its call `n`, and what came of it. False: it made fewer calls. */
async function survives(
  t: Test,
  story: Story,
  blow: Blow,
  n: number,
  release: LinuxRelease,
): Promise<boolean> {
  const scene = await openScene(release, n)
  const { twin, ledger } = scene
  try {
    for (const wish of story.before) {
      const player = await scene.enter()
      await player.asks(wish)
      await player.leaves()
    }
    const kept = keptOf(twin)
    const victim = await scene.enter()
    const struck = scene.strike(blow, n, () => victim.dies())
    await victim.asks(story.wish)
    const outlives = blow === 'take the engine with it'
    if (!outlives || struck() === undefined) await victim.leaves()
    twin.relent()
    const call = struck()
    if (call === undefined) return false
    if (outlives) await twin.comeBack()

    const heir = outlives ? victim : await scene.enter()
    // What is to be up is kept so though nobody asks again; a down is asked for again.
    const isKept = story.wish.action === 'up' && (outlives || n % 2 === 0)
    if (ledger.isBusy()) await heir.finishes()
    else if (ledger.outcomes.at(-1)?.outcome !== 'succeeded' && !isKept) await heir.asks(story.wish)
    await heir.settles()
    const title = `${blow} of call ${n}, ${call.method} ${call.path}`
    if (!isKept) t.match(ledger.outcomes.at(-1), { outcome: 'succeeded', problem: undefined }, title)
    t.equal((await heir.reconciler.status('app')).converged, true, `${title}: another round plans nothing`)
    await heir.leaves()
    await t.test(title, { bail: true }, (t) => {
      story.check(t, twin, kept)
      t.end()
    })
    return t.passing()
  } finally {
    await twin.close()
  }
}

interface Scene {
  readonly twin: Twin
  readonly ledger: MemoryLedger
  /** A new process over the same ledger. */
  enter(): Promise<Player>
  /** Orders the blow to the call number `n` from now on of those it can hurt; returns what tells which that was. */
  strike(blow: Blow, n: number, kill: () => void): () => Call | undefined
}

interface Player {
  readonly reconciler: Reconciler
  /** Until it's done, or nobody is left to do it. */
  asks(wish: Wish): Promise<void>
  finishes(): Promise<void>
  /** Until another round would plan nothing. */
  settles(): Promise<void>
  dies(): void
  leaves(): Promise<void>
}

async function openScene(release: LinuxRelease, seed: number): Promise<Scene> {
  const ledger = memoryLedger()
  const twin = await startTwin({
    rules: linuxRules(release),
    clock: realClock(speed),
    seed,
    images: [{ reference: 'bb:1' }],
  })
  return {
    twin,
    ledger,
    enter: async () => newPlayer(twin, ledger, await twin.openDoor()),
    strike(blow, n, kill) {
      let struck: Call | undefined
      let seen = 0
      const isMeant = (call: Call): boolean => {
        if (call.method === 'GET' && afterWrites.includes(blow)) return false
        seen += 1
        if (seen !== n) return false
        struck = call
        if (blow === 'die before' || blow === 'die after') kill()
        if (blow === 'take the engine with it') void twin.die()
        return true
      }
      twin.order({ on: isMeant, does: faultOf(blow) })
      return () => struck
    },
  }
}

function faultOf(blow: Blow): Fault['does'] {
  if (blow === 'die before') return 'drop'
  return blow === 'die after' || blow === 'take the engine with it' ? 'lose' : blow
}

function newPlayer(twin: Twin, ledger: MemoryLedger, door: Entrance): Player {
  const client = connect({ url: door.dockerHost, source: 'the test' })
  const life = mortal(client)
  const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore }
  const reconciler = createReconciler({
    engine: life.engine,
    ledger,
    log: quiet,
    composeHashes: {
      service: (_project, service) => `compose-${service.name}`,
      network: ({ name }) => `compose-${name}`,
      volume: ({ name }) => `compose-${name}`,
    },
    hashKey: 'key',
    openContext: () => {
      throw new Error('nothing is built here')
    },
  })
  reconciler.start()
  const finishes = async (): Promise<void> => {
    const deadline = performance.now() + patienceMs
    while (ledger.isBusy() && life.lasts()) {
      if (performance.now() > deadline)
        throw new Error(
          `It never came to an end: ${twin.calls
            .slice(-5)
            .map(({ method, path }) => `${method} ${path}`)
            .join(', ')}`,
        )
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
    }
  }
  return {
    reconciler,
    finishes,
    async settles() {
      const deadline = performance.now() + patienceMs
      const isSettled = (): Promise<boolean> =>
        reconciler.status('app').then(
          ({ converged }) => converged,
          () => false,
        )
      while (!(await isSettled())) {
        if (performance.now() > deadline) return
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
      }
    },
    async asks({ project, intent, action }) {
      ledger.ask(project, intent, action)
      reconciler.deploy('app')
      await finishes()
    },
    dies() {
      life.kill()
      void door.close()
    },
    async leaves() {
      await reconciler.stop(life.lasts() ? 1000 : 0)
      await client.close()
    },
  }
}

function ignore(): void {
  // The log is for people.
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

function keptOf({ world }: Twin): Kept {
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
