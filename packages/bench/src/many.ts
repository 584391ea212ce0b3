import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient, type Client } from '@bulkhead/client'
import { startEngine } from '@bulkhead/testbed'
import { startDaemon, tick, type BenchDaemon } from './daemon.ts'
import { differences } from './shape.ts'
import { rows } from './table.ts'
import { startTwinProcess, type TwinProcess } from './twin-process.ts'

const each = 10
const sizes = (process.env['BENCH_PROJECTS'] ?? '10,100,1000').split(',').map(Number)
const idleSeconds = Number(process.env['BENCH_IDLE_SECONDS'] ?? 120)
const changes = 20

/** How the daemon's cost grows with what there is, on an engine that lives in memory. */
export async function many(folder: string): Promise<string> {
  const table: string[][] = [
    [
      'projects',
      'containers',
      'up of all',
      'full resync',
      'a resync, a container',
      'one change',
      'calls for it',
      'memory',
      'idle CPU',
      'idle calls a minute',
    ],
  ]
  for (const size of sizes) table.push(await measure(folder, size))
  return `${await schema()}\n\n${rows(table)}`
}

async function measure(folder: string, size: number): Promise<string[]> {
  const its = join(folder, `many-${size}`)
  const twin = await startTwinProcess(`${its}-twin.sock`)
  const daemon = await startDaemon(its, twin.dockerHost)
  try {
    const client = createClient({ socketPath: daemon.socket })
    const began = performance.now()
    await upAll(client, size)
    const up = performance.now() - began
    await atRest(daemon)
    const resync = await fullResync(daemon, twin, size)
    const { milliseconds, calls } = await oneChange(twin, size)
    await atRest(daemon)
    // Whatever followed from the changes is over.
    await delay(3000)
    const before = { calls: await twin.count(), cpu: await cpuSeconds(daemon.pid), at: performance.now() }
    await delay(idleSeconds * 1000)
    const seconds = (performance.now() - before.at) / 1000
    const idleCalls = ((await twin.count()) - before.calls) / (seconds / 60)
    const cpu = ((await cpuSeconds(daemon.pid)) - before.cpu) / seconds
    const memory = await residentMegabytes(daemon.pid)
    return [
      String(size),
      String(size * each),
      `${(up / 1000).toFixed(1)} s`,
      `${Math.round(resync)} ms`,
      `${(resync / size / each).toFixed(2)} ms`,
      `${milliseconds.toFixed(1)} ms`,
      String(calls),
      `${memory} MB`,
      `${(cpu * 100).toFixed(2)} %`,
      idleCalls.toFixed(1),
    ]
  } finally {
    await daemon.stop()
    await twin.stop()
    await rm(its, { recursive: true, force: true })
  }
}

async function upAll(client: Client, size: number): Promise<void> {
  const names = Array.from({ length: size }, (_, index) => `p${index + 1}`)
  const one = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const { id } = await client.deploy({ project: name, action: 'up', bundle: bundleOf(name) })
      for await (const event of client.deploymentEvents(id)) {
        if (event.type === 'finished' && event.outcome !== 'succeeded')
          throw new Error(`${name} did not come up: ${JSON.stringify(event.problem)}`)
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, one))
}

function bundleOf(projectName: string) {
  const services = Array.from({ length: each }, (_, index) => `  s${index}: {image: 'bb:1', command: [run]}`)
  return {
    workingDir: '/srv',
    configFiles: ['/srv/compose.yaml'],
    projectName,
    profiles: [],
    environmentFiles: [],
    files: { '/srv/compose.yaml': `services:\n${services.join('\n')}\n` },
    environment: {},
    contexts: {},
  }
}

/** The event stream breaks: what is known is not to be trusted, and every project is looked at afresh. */
async function fullResync(daemon: BenchDaemon, twin: TwinProcess, size: number): Promise<number> {
  const before = await roundsOf(daemon)
  const began = performance.now()
  await twin.dropEvents()
  while ((await roundsOf(daemon)) < before + size) await tick()
  return performance.now() - began
}

/** A container is removed by force; from there to the start of the one in its place. */
async function oneChange(
  twin: TwinProcess,
  size: number,
): Promise<{ readonly milliseconds: number; readonly calls: number }> {
  const times: number[] = []
  const counts: number[] = []
  for (let turn = 0; turn < changes; turn += 1) {
    const name = `p${1 + ((turn * 37) % size)}-s${turn % each}-1`
    const before = await twin.count()
    times.push(await twin.replaced(name))
    await delay(300)
    counts.push((await twin.count()) - before)
  }
  const middle = (values: readonly number[]): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
  return { milliseconds: middle(times), calls: middle(counts) }
}

async function atRest(daemon: BenchDaemon): Promise<void> {
  for (let last = -1, now = await roundsOf(daemon); now !== last; now = await roundsOf(daemon)) {
    last = now
    await delay(1000)
  }
}

async function roundsOf(daemon: BenchDaemon): Promise<number> {
  const text = await daemon.metrics()
  return [...text.matchAll(/^bulkhead_round_duration_seconds_count\{.*?\} (\d+)$/gmu)].reduce(
    (sum, [, count]) => sum + Number(count),
    0,
  )
}

/** User and system time of a process, by Linux's ticks of 10 ms. */
async function cpuSeconds(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/u.exec(status)?.[1] ?? 0) / 1024)
}

/** Whether the engine in memory answers as a real one does: every field that this one has, and of its type. */
async function schema(): Promise<string> {
  const real = await startEngine({ release: '26', images: ['bb:1'] })
  try {
    const { compared, missing } = await differences(real.dockerHost)
    return missing.length === 0
      ? `Answers of the twin against Docker's: ${compared} fields compared, all are there and of the same type.`
      : `Answers of the twin against Docker's: ${compared} fields compared, ${missing.length} differ: ${missing.join(', ')}`
  } finally {
    await real.stop()
  }
}
