import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { linuxRules, realClock, startTwin, type Call, type Twin } from '@bulkhead/twin'
import { ask, ready, run, type Running } from './fixtures/process.ts'
import { bundleOf } from './fixtures/served.ts'

const patienceMs = 40_000

interface Told {
  readonly id: string
  readonly state: string
  readonly operations: number
  readonly problem?: { readonly code: string; readonly message: string }
}

interface Scene {
  readonly twin: Twin
  /** What happens when the engine is called. */
  onCall: (call: Call) => void | Promise<void>
  daemon(): Promise<Running>
}

// One after the other: the second goes on from where the first ends.
const scene = await openScene(t)
const { twin } = scene
let daemon = await scene.daemon()

t.test(
  'a plan that is out of date when its turn comes must be told so, with nothing touched and asked for as before',
  { timeout: 90_000 },
  async (t) => {
    const { socket } = daemon
    await sent(t, socket, { action: 'up', bundle: bundleOf(yaml(1)) })
    await settled(socket)
    const { id } = await json<Told>(t, socket, '/v1/plans', { action: 'up', bundle: bundleOf(yaml(2)) })
    const before = worldOf(twin)
    const kept = await projectOf(socket)

    let moved = false
    scene.onCall = async ({ method, path }) => {
      // Accepted, and about to look at the engine: from here on the state is not the one it was made from.
      if (moved || method !== 'GET' || path !== '/containers/json' || (await settledNow(socket))) return
      moved = true
      await ask(twin.socket, '/containers/app-web-1/stop', 'POST')
    }
    const from = twin.calls.length
    const accepted = await sent(t, socket, { plan: id })
    const end = (await settled(socket)).find((one) => one.id === accepted.id)
    t.ok(moved, 'it was accepted first')
    t.match(end, { state: 'failed', operations: 0, problem: { code: 'BH_PLAN_STALE' } })
    t.match(end?.problem?.message, /container app-web-1 changed/)
    const writes = twin.calls.slice(from).filter(({ method, path }) => method !== 'GET' && !isOurs(path))
    t.same(writes, [], 'nothing was touched')
    t.same(
      worldOf(twin),
      before.map((line) => line.replace('app-web-1 v1 running', 'app-web-1 v1 exited')),
    )
    t.same(pick(await projectOf(socket)), pick(kept), 'the intent is the former one')

    await sent(t, socket, { action: 'up', bundle: bundleOf(yaml(2)) })
    await settled(socket)
    t.same(worldOf(twin), whole(2))
  },
)

t.test(
  'a daemon killed in the middle of an approved plan must finish exactly that, and say so',
  { timeout: 90_000 },
  async (t) => {
    const asked = { action: 'up', bundle: bundleOf(yaml(3)) }
    const { id } = await json<Told>(t, daemon.socket, '/v1/plans', asked)
    const { child } = daemon
    const ended = new Promise((resolve) => child.once('exit', resolve))
    let writes = 0
    scene.onCall = async ({ method, path }) => {
      if (method === 'GET' || isOurs(path)) return
      writes += 1
      if (writes !== 5) return
      child.kill('SIGKILL')
      await ended
    }
    const accepted = await sent(t, daemon.socket, { plan: id })
    await ended
    scene.onCall = () => undefined
    t.notSame(worldOf(twin), whole(3), 'it was not done yet')
    daemon = await scene.daemon()
    const end = (await settled(daemon.socket)).find((one) => one.id === accepted.id)
    t.match(end, { state: 'succeeded' })
    t.same(worldOf(twin), whole(3))
    const { operations } = await json<{ operations: unknown[] }>(t, daemon.socket, '/v1/plans', asked)
    t.same(operations, [], 'nothing is left to do')
  },
)

async function openScene(t: Test): Promise<Scene> {
  const scene = { onCall: () => undefined } as { onCall: Scene['onCall'] }
  const twin = await startTwin({
    rules: linuxRules('26'),
    clock: realClock(50),
    seed: 1,
    images: [{ reference: 'web:1', command: ['serve'] }],
    onCall: (call) => scene.onCall(call),
  })
  t.teardown(() => twin.close())
  const folder = mkdtempSync(join(tmpdir(), 'bhd-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return Object.assign(scene, {
    twin,
    async daemon() {
      const daemon = run(t, folder, { engine: twin.dockerHost })
      await ready(daemon)
      return daemon
    },
  })
}

/** What the daemon notes of itself on the engine, and what the test does. */
function isOurs(path: string): boolean {
  return path === '/containers/app-web-1/stop' || path.startsWith('/volumes')
}

function worldOf({ world }: Twin): readonly string[] {
  return [...world.containers.values()]
    .map(({ name, labels, state }) => `${name} ${labels['version']} ${state.status}`)
    .sort()
}

function whole(version: number): readonly string[] {
  return [`app-db-1 v${version} running`, `app-web-1 v${version} running`]
}

function yaml(version: number): string {
  const labels = `labels: { version: v${version} }`
  return `name: app
services:
  db: { image: "web:1", ${labels} }
  web: { image: "web:1", ${labels}, depends_on: [db] }
`
}

async function json<T>(t: Test, socket: string, path: string, payload: object): Promise<T> {
  const { status, body } = await ask(socket, path, 'POST', payload)
  if (status >= 300) t.fail(body)
  return JSON.parse(body) as T
}

function sent(t: Test, socket: string, payload: object): Promise<Told> {
  return json<Told>(t, socket, '/v1/deployments', payload)
}

async function projectOf(socket: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse((await ask(socket, '/v1/projects/app')).body) as Readonly<Record<string, unknown>>
}

/** What tells what is asked for. */
function pick({ revision, target, intent }: Readonly<Record<string, unknown>>): object {
  return { revision, target, intent }
}

async function deployments(socket: string): Promise<readonly Told[]> {
  const { body } = await ask(socket, '/v1/deployments?project=app')
  return (JSON.parse(body) as { readonly deployments: readonly Told[] }).deployments
}

async function settledNow(socket: string): Promise<boolean> {
  return (await deployments(socket)).every(({ state }) => state !== 'queued' && state !== 'running')
}

/** Deployments, the last one first, once none waits or runs. */
async function settled(socket: string): Promise<readonly Told[]> {
  const deadline = performance.now() + patienceMs
  while (!(await settledNow(socket))) {
    if (performance.now() > deadline) throw new Error('it never came to an end')
    await new Promise((next) => setTimeout(next, 20))
  }
  return deployments(socket)
}
