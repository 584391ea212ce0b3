import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient, type Client } from '@bulkhead/client'
import { connect, type Engine } from '@bulkhead/engine'
import { startEngine } from '@bulkhead/testbed'
import { startDaemon, tick } from './daemon.ts'
import { median, rows } from './table.ts'
import { openTap } from './tap.ts'
import { containerBody } from './work.ts'

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 5)
const alone = 'bench-revive-alone'
const project = 'bench-revive'
/** The engine waits twice as long before each restart, but for a container that ran this long. */
const settledMs = 11_000
const patienceMs = 20_000

/** What a container's end costs, and how soon a dependent is started. */
export async function revive(folder: string): Promise<string> {
  const testEngine = await startEngine({ release: '26', images: ['bb:1'] })
  const engine = connect({ url: testEngine.dockerHost, source: 'bench', tls: undefined })
  await mkdir(folder, { recursive: true })
  const tap = await openTap(testEngine.dockerHost.slice('unix://'.length), join(folder, 'tap.sock'))
  const daemon = await startDaemon(join(folder, 'revive'), tap.dockerHost)
  const client = createClient({ socketPath: daemon.socket })
  try {
    await engine.createContainer({
      name: alone,
      service: 's',
      number: 1,
      platform: undefined,
      body: { ...containerBody(false), HostConfig: { RestartPolicy: { Name: 'always' } } },
      networks: [],
    })
    await engine.startContainer(alone)
    await up(client, `services:\n  s: {${base}, restart: always}\n`)
    const kept = `${project}-s-1`
    const samples = { alone: [] as number[], kept: [] as number[], killed: [] as number[] }
    for (let round = 0; round < rounds; round += 1) {
      await settled(engine, [alone, kept])
      samples.alone.push(await timed(engine, alone, endProcess))
      samples.kept.push(await timed(engine, kept, endProcess))
      samples.killed.push(await timed(engine, kept, (one) => engine.killContainer(one, 'SIGKILL')))
    }
    await engine.killContainer(alone, 'SIGKILL')
    const waits = await healthToStart(client, tap)
    const [a, b, c, d] = [samples.alone, samples.kept, samples.killed, waits].map((all) => median(all) ?? NaN)
    const { version } = await engine.capabilities()
    const isBack = (await engine.inspect(alone))?.state === 'running'
    return [
      `Docker ${version}, medians of ${rounds} rounds`,
      '',
      rows([
        ['', 'running again after', "ratio to the engine's own"],
        ['kill -9 of the process, restart: always, engine alone', ms(a), '1.00'],
        ['kill -9 of the process, restart: always, kept by Bulkhead', ms(b), ratio(b, a)],
        ['docker kill, restart: always, engine alone', isBack ? 'yes' : 'never', '-'],
        ['docker kill, restart: always, kept by Bulkhead', ms(c), ratio(c, a)],
      ]),
      '',
      `From a dependency's health_status: healthy to the start call of its dependent, ${waits.length} times: median ${ms(d)}, longest ${ms(Math.max(...waits))}`,
    ].join('\n')
  } finally {
    await down(client).catch(() => undefined)
    await engine.removeContainer(alone, { volumes: true }).catch(() => undefined)
    await daemon.stop()
    await tap.close()
    await engine.close()
    await testEngine.stop()
  }
}

const base = `image: 'bb:1', command: [sh, -c, 'trap exit TERM; while :; do sleep 1 & wait; done'], pull_policy: never, stop_grace_period: 1s`
const depth = 10
const chains = Math.min(2, rounds)

/** A chain of services, each of which waits for the one before it to be healthy. */
async function healthToStart(client: Client, tap: { take(): readonly number[] }): Promise<readonly number[]> {
  const waits: number[] = []
  for (let round = 0; round < chains; round += 1) {
    await down(client)
    tap.take()
    const services = Array.from({ length: depth }, (_, index) => {
      const needs = index === 0 ? '' : `, depends_on: {s${index - 1}: {condition: service_healthy}}`
      return `  s${index}: {${base}, healthcheck: {test: [CMD, 'true'], interval: 100ms, timeout: 2s}${needs}}`
    })
    await up(client, `services:\n${services.join('\n')}\n`)
    waits.push(...tap.take())
  }
  return waits
}

async function up(client: Client, text: string): Promise<void> {
  const bundle = {
    workingDir: '/srv',
    configFiles: ['/srv/compose.yaml'],
    projectName: project,
    profiles: [],
    environmentFiles: [],
    files: { '/srv/compose.yaml': text.replaceAll('$', '$$') },
    environment: {},
    contexts: {},
  }
  const { id } = await client.deploy({ project, action: 'up', bundle, removeOrphans: true })
  await finished(client, id)
}

async function down(client: Client): Promise<void> {
  const { id } = await client.deploy({ project, action: 'down' })
  await finished(client, id)
}

async function finished(client: Client, id: string): Promise<void> {
  for await (const event of client.deploymentEvents(id)) {
    if (event.type === 'finished' && event.outcome !== 'succeeded')
      throw new Error(`it ended as ${event.outcome}: ${JSON.stringify(event.problem)}`)
  }
}

/** Ends the process of a container as any process of the host is ended. */
async function endProcess(name: string, { pid }: { readonly pid: number }): Promise<void> {
  if (pid <= 1) throw new Error(`${name} has no process on this host`)
  process.kill(pid, 'SIGKILL')
}

async function timed(
  engine: Engine,
  name: string,
  end: (name: string, state: { readonly pid: number }) => Promise<void>,
): Promise<number> {
  const before = await stateOf(engine, name)
  const began = performance.now()
  await end(name, before)
  for (;;) {
    const { pid, running } = await stateOf(engine, name)
    if (running && pid !== before.pid) return performance.now() - began
    if (performance.now() - began > patienceMs) throw new Error(`${name} did not come back`)
  }
}

async function stateOf(
  engine: Engine,
  name: string,
): Promise<{ readonly pid: number; readonly running: boolean }> {
  const description = await engine.describe(name)
  const { State: state } = (description?.container ?? {}) as {
    readonly State?: { readonly Pid: number; readonly Running: boolean }
  }
  return { pid: state?.Pid ?? 0, running: state?.Running ?? false }
}

async function settled(engine: Engine, names: readonly string[]): Promise<void> {
  for (const name of names) {
    for (;;) {
      const startedAt = Date.parse((await engine.inspect(name))?.startedAt ?? '')
      if (Date.now() - startedAt > settledMs) break
      await tick()
    }
  }
}

function ms(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '-' : `${milliseconds.toFixed(1)} ms`
}

function ratio(a: number | undefined, b: number | undefined): string {
  return a === undefined || b === undefined ? '-' : (a / b).toFixed(2)
}
