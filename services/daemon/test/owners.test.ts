import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  containerConfigHash,
  containerConfigHashes,
  loadBundle,
  networkHash,
  volumeHash,
} from '@bulkhead/compose'
import { connect } from '@bulkhead/engine'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import { linuxRules, realClock, startTwin, type Twin } from '@bulkhead/twin'
import { startDaemon } from '../src/index.ts'
import { ask } from './fixtures/process.ts'
import { bundleOf } from './fixtures/served.ts'

const patienceMs = 20_000

interface Told {
  readonly id: string
  readonly state: string
  readonly operations: number
  readonly problem?: { readonly code: string }
}

t.test('two daemons on one engine must never fight over a project', { timeout: 60_000 }, async (t) => {
  const twin = await startTwin({
    rules: linuxRules('26'),
    clock: realClock(50),
    seed: 1,
    images: [{ reference: 'web:1', command: ['serve'] }],
  })
  t.teardown(() => twin.close())
  const folder = mkdtempSync(join(tmpdir(), 'bho-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const [first, second] = await Promise.all([daemon(t, folder, 'a', twin), daemon(t, folder, 'b', twin)])

  await t.test(
    'of two that are asked for a project at once, one must do it and the other say so',
    async (t) => {
      const answers = await Promise.all([up(first, 'race'), up(second, 'race')])
      t.same(
        answers.map(({ status }) => status).toSorted((a, b) => a - b),
        [202, 409],
      )
      const [winner, loser] = answers[0]?.status === 202 ? [first, second] : [second, first]
      await settled(winner, 'race')
      const before = states(twin, 'race')
      t.same(Object.keys(before), ['race-db-1', 'race-web-1'])
      const refused = await up(loser, 'race')
      t.match(JSON.parse(refused.body), { code: 'BH_PROJECT_OWNED', hint: /--take-over/u })
      t.match(JSON.parse(refused.body), { detail: new RegExp(`another Bulkhead \\(.*:${winner.data}`, 'u') })
      for (const action of ['down', 'stop', 'restart', 'kill'])
        t.equal(
          (await ask(loser.socket, '/v1/deployments', 'POST', { action, project: 'race' })).status,
          409,
          action,
        )
      t.same(states(twin, 'race'), before)
      const { owner } = JSON.parse((await ask(loser.socket, '/v1/projects/race?all=true')).body) as {
        readonly owner?: { readonly place: string }
      }
      t.match(owner?.place, winner.data)
      t.notMatch(JSON.parse((await ask(winner.socket, '/v1/projects/race')).body), { owner: {} })
      t.match(JSON.parse((await ask(loser.socket, '/v1/projects')).body), {
        projects: [{ name: 'race', owner: { place: owner?.place } }],
      })
      const plan = await ask(loser.socket, '/v1/plans', 'POST', { ...request('race'), keep: false })
      t.match(JSON.parse(plan.body).problems, [{ code: 'BH_PROJECT_OWNED', severity: 'warning' }])
      t.equal(
        (await ask(winner.socket, '/v1/deployments', 'POST', { action: 'down', project: 'race' })).status,
        202,
      )
      await settled(winner, 'race')
      t.same(claims(twin), [], 'what is down is nobody’s')
      t.equal((await up(loser, 'race')).status, 202)
      await settled(loser, 'race')
      t.match(states(twin, 'race'), { 'race-web-1': 'running' })
    },
  )

  await t.test('what is taken over must not be recreated, and the former owner leave it alone', async (t) => {
    await up(first, 'left')
    await settled(first, 'left')
    const before = ids(twin, 'left')
    t.equal((await up(second, 'left', { takeOver: true })).status, 202)
    t.match(await settled(second, 'left'), { state: 'succeeded', operations: 0 })
    t.same(ids(twin, 'left'), before, 'nothing is recreated')
    await until(async () => (await statusOf(first, 'left')).owner !== undefined)
    // Only one of them puts it right, by its own files.
    await up(second, 'left', { version: 2 })
    await settled(second, 'left')
    const changed = ids(twin, 'left')
    t.not(changed['left-web-1'], before['left-web-1'])
    await quiet(first)
    await quiet(second)
    t.same(ids(twin, 'left'), changed, 'the former owner holds nobody to what it was asked for')
    t.equal((await up(first, 'left')).status, 409)
    t.match(await statusOf(second, 'left'), { converged: true, owner: undefined })
  })

  await t.test(
    'a former owner must leave alone over a restart what was taken over while it was away',
    async (t) => {
      await up(first, 'away')
      await settled(first, 'away')
      await first.stop()
      await up(second, 'away', { takeOver: true, version: 2 })
      await settled(second, 'away')
      const taken = ids(twin, 'away')
      const again = await daemon(t, folder, 'a', twin)
      await until(async () => (await statusOf(again, 'away')).owner !== undefined)
      await quiet(again)
      t.same(ids(twin, 'away'), taken)
      t.match(await statusOf(again, 'left'), { owner: { place: /\/b$/u } }, 'nor what it had lost before')
      t.equal((await ask(second.socket, '/v1/projects/away/release', 'POST')).status, 204)
      t.equal((await up(again, 'away')).status, 202, 'what is given up may be taken by whoever asks for it')
      t.match(await settled(again, 'away'), { state: 'succeeded' })
    },
  )

  await t.test('a claim that somebody removed must be made again', async (t) => {
    const name = claims(twin).find((claim) => claim.includes('race')) ?? ''
    twin.world.volumes.delete(name)
    twin.world.tell('volume', 'destroy', name, { driver: 'local' })
    await until(async () => claims(twin).some((claim) => claim.includes('race')))
    t.equal(claims(twin).filter((claim) => claim.includes('race')).length, 1)
  })
})

interface Running {
  readonly socket: string
  readonly data: string
  readonly stop: () => Promise<void>
}

async function daemon(t: Test, parent: string, name: string, twin: Twin): Promise<Running> {
  const data = join(parent, name)
  const socket = join(parent, `${name}.sock`)
  const engine = connect({ url: twin.dockerHost, source: 'the test' })
  const started = await startDaemon({
    socket,
    group: undefined,
    folder: data,
    engine,
    engineAddress: twin.dockerHost,
    loadBundle,
    composeHashes: {
      service: (_project, service, containers) => containerConfigHash(service, containers),
      forms: containerConfigHashes,
      network: networkHash,
      volume: volumeHash,
    },
    platformsOf: () => Promise.resolve(undefined),
    log: pino({ level: 'silent' }),
  })
  let isRunning = true
  const once = async (): Promise<void> => {
    if (isRunning) {
      isRunning = false
      await started.stop()
    }
  }
  t.teardown(once)
  return { socket, data, stop: once }
}

interface Wish {
  readonly takeOver?: boolean
  readonly version?: number
}

function request(project: string, { takeOver = false, version = 1 }: Wish = {}): object {
  return {
    action: 'up',
    bundle: bundleOf(`name: ${project}
services:
  db: { image: "web:1" }
  web: { image: "web:1", labels: { version: v${version} }, depends_on: [db], configs: [word], volumes: ["kept:/kept"] }
configs: { word: { content: "much" } }
volumes: { kept: {} }
`),
    ...(takeOver ? { takeOver } : {}),
  }
}

const up = ({ socket }: Running, project: string, wish?: Wish) =>
  ask(socket, '/v1/deployments', 'POST', request(project, wish))

async function statusOf(
  { socket }: Running,
  project: string,
): Promise<{ readonly owner?: object; readonly converged?: boolean }> {
  return JSON.parse((await ask(socket, `/v1/projects/${project}`)).body) as object
}

async function settled({ socket }: Running, project: string): Promise<Told | undefined> {
  let last: Told | undefined
  await until(async () => {
    const { body } = await ask(socket, `/v1/deployments?project=${project}`)
    const { deployments } = JSON.parse(body) as { readonly deployments: readonly Told[] }
    last = deployments[0]
    return last !== undefined && last.state !== 'queued' && last.state !== 'running'
  })
  return last
}

/** A deployment of another project proves that the loop has had its turn. */
async function quiet(running: Running): Promise<void> {
  const name = `quiet-${running.data.split('/').at(-1) ?? ''}`
  await up(running, name)
  await settled(running, name)
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMs
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it never came about')
    await new Promise((next) => setTimeout(next, 20))
  }
}

function containersOf(twin: Twin, project: string) {
  return [...twin.world.containers.values()]
    .filter(({ labels }) => labels['com.docker.compose.project'] === project)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

const ids = (twin: Twin, project: string): Readonly<Record<string, string>> =>
  Object.fromEntries(containersOf(twin, project).map(({ name, id }) => [name, id]))

const states = (twin: Twin, project: string): Readonly<Record<string, string>> =>
  Object.fromEntries(containersOf(twin, project).map(({ name, state }) => [name, state.status]))

const claims = ({ world }: Twin): readonly string[] =>
  [...world.volumes.keys()].filter((name) => name.startsWith('bulkhead.claim.'))
