// npm run crash: kills the daemon after each call of a change in turn and at random moments, and Compose beside it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { startEngine, type Outcome, type TestEngine } from '../../src/index.ts'
import { openVictim } from './bulkhead.ts'
import { openCompose } from './compose.ts'
import { look } from './ground.ts'
import { change, seeded, type Moment, type Result, type Trial } from './moments.ts'
import { crashProject } from './project.ts'

const seed = number('CRASH_SEED', 26)
const moments = number('CRASH_MOMENTS', 100)
const width = number('CRASH_SERVICES', 5)
/** Daemons that are killed side by side, each with a project of its own. */
const lanes = number('CRASH_LANES', 2)
const contenders = (process.env['CRASH_OF'] ?? 'bulkhead,compose').split(',')
const release = process.env['CRASH_RELEASE'] === '20' ? '20' : '26'

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const engine = await startEngine({ release, images: ['bb:1'] })
try {
  say(`seed ${seed}, Docker ${release}, ${width} services`)
  const rows = [
    ...(contenders.includes('bulkhead') ? [await ours(engine)] : []),
    ...(contenders.includes('compose') ? await theirs(engine) : []),
  ]
  say('')
  for (const row of rows) say(row)
  if (rows.some((row) => row.startsWith('bulkhead') && !row.includes(' 0 with faults'))) process.exitCode = 1
} finally {
  await engine.stop()
}

async function ours(on: TestEngine): Promise<string> {
  const victims = await Promise.all(Array.from({ length: lanes }, () => openVictim(on)))
  try {
    const projects = victims.map((_, lane) =>
      crashProject(`crash-bulkhead-${lane + 1}`, width, { renewsVolume: true }),
    )
    const trials = victims.map((victim, lane): Trial & { version: number } => ({
      engine: on,
      victim,
      project: projects[lane] ?? crashProject('none', 1),
      version: 0,
    }))
    await Promise.all(
      trials.map(async ({ victim, project }) => {
        await victim.start()
        expectUp(await victim.up(project, 0))
      }),
    )
    const [measured] = trials
    if (measured === undefined) throw new Error('there is a lane')
    const { calls, span } = await undisturbed(measured)
    const { startMs } = measured.victim
    say(
      `bulkhead: the daemon starts in ${Math.round(startMs)} ms; a change: ${calls} changing calls in ${Math.round(span)} ms`,
    )
    const random = seeded(seed)
    const all: readonly Moment[] = [
      ...Array.from({ length: calls }, (_, index) => ({ call: index + 1 })),
      ...Array.from({ length: moments }, () => ({ afterMs: Math.round(random() * span) })),
    ]
    const results = await inLanes(trials, all, async (trial, moment) => {
      trial.version += 1
      const before = await look(on, trial.project)
      const result = await change(trial, trial.version, [moment], before)
      tell(JSON.stringify(moment), result)
      return result
    })
    await Promise.all(trials.map(({ victim, project }) => victim.down(project)))
    return summary('bulkhead', results)
  } finally {
    await Promise.all(victims.map((victim) => victim.close()))
  }
}

/** The changing calls of a change that nobody disturbs, and the milliseconds from the first of them to the end. */
async function undisturbed(
  trial: Trial & { version: number },
): Promise<{ readonly calls: number; readonly span: number }> {
  const { victim, project } = trial
  let first = performance.now()
  victim.proxy.expect(0, { first: () => (first = performance.now()) })
  expectUp(await victim.up(project, (trial.version += 1)))
  return { calls: victim.proxy.count, span: performance.now() - first }
}

function expectUp({ code, stdout, stderr }: Outcome): void {
  if (code !== 0) throw new Error(`up ended with ${code}: ${stdout}${stderr}`)
}

/** Each lane takes the next thing as soon as it is done with the last one. */
async function inLanes<Lane, Thing, Result>(
  all: readonly Lane[],
  things: readonly Thing[],
  act: (lane: Lane, thing: Thing) => Promise<Result>,
): Promise<readonly Result[]> {
  const waiting = [...things]
  const results: Result[] = []
  await Promise.all(
    all.map(async (lane) => {
      for (let thing = waiting.shift(); thing !== undefined; thing = waiting.shift())
        results.push(await act(lane, thing))
    }),
  )
  return results
}

/** Each version of Compose with a project of its own, side by side. */
function theirs(on: TestEngine): Promise<readonly string[]> {
  const plugins = [
    join(on.dockerConfig, 'cli-plugins', 'docker-compose'),
    ...(process.env['COMPOSE_PLUGIN']?.split(':') ?? []),
  ]
  return Promise.all(
    [...new Set(plugins)]
      .filter((path) => existsSync(path))
      .map((plugin, index) => byCompose(on, plugin, `crash-compose-${index + 1}`)),
  )
}

async function byCompose(on: TestEngine, plugin: string, called: string): Promise<string> {
  const compose = await openCompose(on, plugin)
  const project = crashProject(called, width, { renewsVolume: compose.renewsVolumes })
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
    return summary(name, results)
  } finally {
    await compose.close()
  }
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
