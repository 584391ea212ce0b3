// npm run crash: kills the daemon after each call of a change in turn and at random moments, and Compose beside it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startEngine, type TestEngine } from '../../src/index.ts'
import { openVictim } from './bulkhead.ts'
import { openCompose } from './compose.ts'
import { look } from './ground.ts'
import { change, seeded, type Moment, type Result } from './moments.ts'
import { crashProject } from './project.ts'

const seed = number('CRASH_SEED', 26)
const moments = number('CRASH_MOMENTS', 100)
const width = number('CRASH_SERVICES', 5)
const release = process.env['CRASH_RELEASE'] === '20' ? '20' : '26'

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const engine = await startEngine({ release, images: ['bb:1'] })
try {
  say(`seed ${seed}, Docker ${release}, ${width} services`)
  const rows = [await ours(engine), ...(await theirs(engine))]
  say('')
  for (const row of rows) say(row)
  if (rows[0]?.includes(' 0 with faults') !== true) process.exitCode = 1
} finally {
  await engine.stop()
}

async function ours(on: TestEngine): Promise<string> {
  const victim = await openVictim(on)
  const project = crashProject('crash-bulkhead', width)
  try {
    await victim.start()
    const started = victim.startMs
    await victim.up(project, 0)
    let version = 0
    const trial = async (all: readonly Moment[], before = look(on, project)): Promise<Result> => {
      version += 1
      const result = await change({ engine: on, victim, project }, version, all, await before)
      if (all.length > 0) tell(JSON.stringify(all), result)
      return result
    }
    victim.proxy.expect(0, {})
    let first = 0
    let end = 0
    // The calls of a change that nobody disturbs, and how long they take.
    await victim.up(project, (version += 1))
    victim.proxy.expect(0, { first: () => (first = performance.now()) })
    await victim.up(project, (version += 1))
    end = performance.now()
    const calls = victim.proxy.count
    const span = end - first
    say(
      `bulkhead: the daemon starts in ${Math.round(started)} ms; ${calls} changing calls in ${Math.round(span)} ms`,
    )
    const results: Result[] = []
    for (let call = 1; call <= calls; call += 1) results.push(await trial([{ call }]))
    const random = seeded(seed)
    for (let n = 1; n <= moments; n += 1)
      results.push(await trial([{ afterMs: Math.round(random() * span) }]))
    await victim.down(project)
    return summary('bulkhead', results)
  } finally {
    await victim.close()
  }
}

async function theirs(on: TestEngine): Promise<readonly string[]> {
  const plugins = [
    join(on.dockerConfig, 'cli-plugins', 'docker-compose'),
    ...(process.env['COMPOSE_PLUGIN']?.split(':') ?? []),
  ]
  const rows: string[] = []
  for (const plugin of [...new Set(plugins)].filter((path) => existsSync(path))) {
    const compose = await openCompose(on, plugin)
    const project = crashProject(`crash-compose-${rows.length + 1}`, width)
    try {
      await compose.measure(project, 0)
      const span = await compose.measure(project, 1)
      const name = `docker compose ${compose.version}`
      say(`${name}: a change takes ${Math.round(span)} ms from its first changing call`)
      const random = seeded(seed)
      const results: Result[] = []
      for (let n = 1; n <= moments; n += 1) {
        const afterMs = Math.round(random() * span)
        const result = await compose.change(project, n + 1, afterMs)
        tell(`${name} ${afterMs} ms`, result)
        results.push(result)
        if (result.faults.length === 0) continue
        // What it can't get out of by itself is no start for the next trial.
        await compose.down(project)
        await compose.measure(project, n + 1)
      }
      await compose.down(project)
      rows.push(summary(name, results))
    } finally {
      await compose.close()
    }
  }
  return rows
}

function tell(what: string, { faults, deaths, milliseconds }: Result): void {
  const told = faults.length === 0 ? 'well' : faults.join('; ').replaceAll('\n', ' ')
  say(`  ${what}: ${deaths === 0 ? 'was done before; ' : ''}${told} (${Math.round(milliseconds)} ms)`)
}

function summary(name: string, results: readonly Result[]): string {
  const faulty = results.filter(({ faults }) => faults.length > 0)
  const having = (pattern: RegExp): number =>
    results.filter(({ faults }) => faults.some((fault) => pattern.test(fault))).length
  return [
    `${name}: ${results.length} changes, ${results.reduce((sum, { deaths }) => sum + deaths, 0)} deaths in them,`,
    `${faulty.length} with faults:`,
    `${having(/up ended/)} where the next up failed,`,
    `${having(/^temporary name/)} with temporary names left,`,
    `${having(/^missing|^too many|^twice|^not running|^old/)} with a service missing, doubled or old,`,
    `${having(/^lost data/)} with anonymous volumes lost,`,
    `${having(/second up (?:recreated|took)/)} where one more up was not idle`,
  ].join(' ')
}

function number(name: string, fallback: number): number {
  const given = process.env[name]
  return given === undefined ? fallback : Number(given)
}
