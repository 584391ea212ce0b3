import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { linuxRules, realClock, startTwin, type Twin } from '@bulkhead/twin'
import { ask, ready, run } from './fixtures/process.ts'
import { bundleOf } from './fixtures/served.ts'

/** Of each, the last request comes when the others were accepted. */
const storms = 4
const requestsEach = 5
const clients = 3
const patienceMs = 20_000

interface Told {
  readonly id: string
  readonly action: 'up' | 'down'
  readonly state: string
  readonly operations: number
}

t.test(
  'of several clients that bring up, change and take down one project at a time, the last one must win, and nobody get a half',
  { timeout: 60_000 },
  async (t) => {
    const random = seeded(Number(process.env['BULKHEAD_RIVALS_SEED'] ?? 4))
    const twin = await startTwin({
      rules: linuxRules('26'),
      clock: realClock(50),
      seed: 1,
      images: [{ reference: 'web:1', command: ['serve'] }],
    })
    t.teardown(() => twin.close())
    const folder = mkdtempSync(join(tmpdir(), 'bhd-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const daemon = run(t, folder, { engine: twin.dockerHost })
    await ready(daemon)
    const { socket } = daemon

    /** Versions by deployment; undefined: a down. */
    const wishes = new Map<string, number | undefined>()
    const send = async (version: number | undefined): Promise<void> => {
      const { status, body } = await ask(socket, '/v1/deployments', 'POST', request(version))
      t.equal(status, 202, body)
      wishes.set((JSON.parse(body) as Told).id, version)
    }
    let version = 0
    let superseded = 0
    await send(version)
    await settled(socket)
    for (let storm = 1; storm <= storms; storm += 1) {
      const before = wishes.size
      const queue = Array.from({ length: requestsEach }, () => (random() < 0.4 ? undefined : (version += 1)))
      const client = async (): Promise<void> => {
        while (queue.length > 0) {
          const wish = queue.shift()
          await new Promise((next) => setTimeout(next, random() * 60))
          await send(wish)
        }
      }
      await Promise.all(Array.from({ length: clients }, client))
      await send(storm % 2 === 0 ? undefined : (version += 1))
      const [last, ...others] = (await settled(socket)).slice(0, wishes.size - before)
      if (last === undefined) throw new Error('nothing was asked for')
      superseded += others.filter(({ state }) => state === 'superseded').length
      t.equal(last.state, 'succeeded', `the last one, ${last.action}`)
      t.same(
        others.filter(({ state }) => state !== 'superseded' && state !== 'succeeded'),
        [],
        'the others were done before, or gave way',
      )
      await expectWhole(t, twin, socket, last, wishes.get(last.id))
    }
    t.ok(superseded > 0, `${superseded} of ${wishes.size} gave way`)
    daemon.child.kill('SIGKILL')
  },
)

/** All of one version and nothing else, or nothing at all; and there is nothing left to do. */
async function expectWhole(
  t: Test,
  { world }: Twin,
  socket: string,
  last: Told,
  version?: number,
): Promise<void> {
  const isUp = version !== undefined
  t.same(
    [...world.containers.values()]
      .map(({ name, labels, state }) => `${name} ${labels['version']} ${state.status}`)
      .sort(),
    isUp ? ['app-db-1', 'app-web-1', 'app-web-2'].map((name) => `${name} v${version} running`) : [],
    `what ${last.action} asked for`,
  )
  const networks = [...world.networks.values()]
    .map(({ name }) => name)
    .filter((name) => name.startsWith('app_'))
  t.same(networks.sort(), isUp ? ['app_back', 'app_default'] : [], 'its networks')
  const { body } = await ask(socket, '/v1/deployments', 'POST', request(version))
  t.equal(
    (await settled(socket)).find(({ id }) => id === (JSON.parse(body) as Told).id)?.operations,
    0,
    'nothing left to do',
  )
}

function request(version: number | undefined): object {
  if (version === undefined) return { action: 'down', project: 'app', bundle: bundleOf(yaml(0)) }
  return { action: 'up', bundle: bundleOf(yaml(version)) }
}

function yaml(version: number): string {
  const labels = `labels: { version: v${version} }`
  return `name: app
services:
  db: { image: "web:1", ${labels}, networks: [back] }
  web: { image: "web:1", ${labels}, networks: [default, back], scale: 2, depends_on: [db] }
networks:
  back: { ${labels} }
`
}

/** Deployments, the last one first, once none waits or runs. */
async function settled(socket: string): Promise<readonly Told[]> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const { body } = await ask(socket, '/v1/deployments?project=app')
    const { deployments } = JSON.parse(body) as { readonly deployments: readonly Told[] }
    if (deployments.every(({ state }) => state !== 'queued' && state !== 'running')) return deployments
    if (performance.now() > deadline) throw new Error(`it never came to an end: ${body.slice(0, 500)}`)
    await new Promise((next) => setTimeout(next, 20))
  }
}

/** In [0, 1), the same for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
