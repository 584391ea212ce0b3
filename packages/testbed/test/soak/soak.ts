import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environmentOf } from '../../src/index.ts'
import type { TestEngine } from '../../src/index.ts'
import { run } from '../../src/run.ts'
import { seeded } from '../crash/moments.ts'
import { openSubject, type Weight } from './daemon.ts'
import { engineCaller } from './engine.ts'
import { faultKinds, inflict, pause, type FaultKind, type Ground } from './faults.ts'
import { faultsIn, soakProject } from './projects.ts'
import { openSlowEngine } from './slow.ts'

export interface SoakOptions {
  readonly minutes: number
  readonly projects: number
  readonly seed: number
  /** Lulls in which all must converge; the last is the end. */
  readonly lulls: number
  readonly say: (text: string) => void
}

export interface SoakResult {
  readonly inflicted: Readonly<Record<FaultKind, number>>
  /** Milliseconds from the end of the last fault until the engine held what the files say, by lull. */
  readonly convergedAfter: readonly number[]
  /** What was never put right; nothing: all has converged each time. */
  readonly faults: readonly string[]
  /** Of minutes 5 to 10, and of the last ten; nothing where the run is too short for both. */
  readonly weights: { readonly early: readonly Weight[]; readonly late: readonly Weight[] }
}

const bulkhead = fileURLToPath(new URL('../../../../node_modules/.bin/bulkhead', import.meta.url))
const minute = 60_000
const last = ['remove', 'kill', 'disconnect', 'die', 'remove', 'kill'] as const satisfies readonly FaultKind[]
/** Longer than this is no convergence to wait for. */
const patience = 60_000

export async function soak(engine: TestEngine, options: SoakOptions): Promise<SoakResult> {
  const { minutes, seed, say } = options
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-soak-'))
  const caller = engineCaller(engine)
  const slow = await openSlowEngine(engine.dockerHost.replace('unix://', ''), join(folder, 'engine.sock'))
  const socket = join(folder, 'bulkhead.sock')
  const env = environmentOf(engine, socket, slow.dockerHost)
  const subject = openSubject(env, socket, join(folder, 'data'))
  const projects = Array.from({ length: options.projects }, (_, index) => soakProject(index + 1))
  const command = async (name: string, ...args: readonly string[]): Promise<void> => {
    const { code, stdout, stderr } = await run(
      bulkhead,
      ['-f', join(folder, `${name}.yaml`), '-p', name, ...args],
      {
        env,
        cwd: folder,
        timeoutMs: 300_000,
      },
    )
    if (code !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
  }
  try {
    await subject.start()
    for (const { name, yaml } of projects) {
      await writeFile(join(folder, `${name}.yaml`), yaml)
      await command(name, 'up', '-d')
    }
    say(`${projects.length} projects are up; seed ${seed}, ${minutes} minutes`)
    const ground: Ground = { engine: caller, slow, subject, projects }
    const result = await storm(ground, options)
    // Whose fault it is, the daemon itself knows best.
    for (const { name } of projects.filter((one) =>
      result.faults.some((fault) => fault.startsWith(one.name)),
    )) {
      const asked = ['-p', name] as const
      for (const args of [
        [...asked, 'explain'],
        [...asked, 'events', '--since', '10m', '--until', '0s'],
      ])
        say((await run(bulkhead, args, { env, cwd: folder, timeoutMs: 60_000 })).stdout)
    }
    return result
  } finally {
    slow.delayMs = 0
    for (const { name } of projects)
      await command(name, 'down', '-v', '-t', '0').catch((error) => say(String(error)))
    await subject.stop()
    await slow.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function storm(ground: Ground, { minutes, seed, lulls, say }: SoakOptions): Promise<SoakResult> {
  const random = seeded(seed)
  const inflicted = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>
  const convergedAfter: number[] = []
  const faults: string[] = []
  const weights: { early: Weight[]; late: Weight[] } = { early: [], late: [] }
  const began = Date.now()
  const elapsed = (): number => Date.now() - began
  const long = minutes >= 20
  let weighed = 0
  for (let lull = 1; lull <= lulls; lull += 1) {
    const until = (minutes * minute * lull) / lulls
    while (elapsed() < until) {
      const kind = faultKinds[Math.floor(random() * faultKinds.length)] as FaultKind
      // One process is weighed from minute 5 to the end: it dies before and after.
      const spared = kind === 'daemon kill' && long && elapsed() > 4 * minute
      if (!spared && (await inflict(kind, ground, random))) inflicted[kind] += 1
      await pause(500 + random() * 1500)
      if (long && elapsed() - weighed > minute / 2) {
        weighed = elapsed()
        const of = ageOf(weighed, minutes)
        if (of !== undefined) weights[of].push(await ground.subject.weigh())
      }
    }
    // The last faults of all come at once, and what they did is there to be mended when the clock starts.
    for (const kind of [...(lull === lulls ? (['daemon kill'] as const) : []), ...last])
      if (await inflict(kind, ground, random)) inflicted[kind] += 1
    const { milliseconds, left } = await converge(ground)
    convergedAfter.push(milliseconds)
    faults.push(...left)
    say(
      `minute ${(elapsed() / minute).toFixed(1)}: ${left.length === 0 ? `converged ${milliseconds} ms after the last fault` : left.join('; ')}`,
    )
  }
  return { inflicted, convergedAfter, faults, weights }
}

function ageOf(elapsed: number, minutes: number): 'early' | 'late' | undefined {
  if (elapsed >= 5 * minute && elapsed <= 10 * minute) return 'early'
  return elapsed >= (minutes - 10) * minute ? 'late' : undefined
}

/** Waits until the engine holds what the files say, and the daemon sees it so. */
async function converge({
  engine,
  subject,
  projects,
}: Ground): Promise<{ milliseconds: number; left: readonly string[] }> {
  const from = Date.now()
  let milliseconds = 0
  let left: readonly string[] = ['nothing was looked at']
  while (left.length > 0 && Date.now() - from < patience) {
    left = await faultsIn(engine, projects)
    milliseconds = Date.now() - from
    if (left.length > 0) await pause(100)
  }
  if (left.length > 0) return { milliseconds, left }
  const { projects: listed } = (await subject.get('/v1/projects')) as {
    readonly projects: readonly { readonly name: string }[]
  }
  const names = new Set(listed.map(({ name }) => name))
  return {
    milliseconds,
    left: projects.filter(({ name }) => !names.has(name)).map(({ name }) => `${name} is not listed`),
  }
}
