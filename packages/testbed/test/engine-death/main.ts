// npm run engine-death: dockerd is killed with -9 and started again while twenty services run; with live-restore and without.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environmentOf, startEngine } from '../../src/index.ts'
import { run } from '../../src/run.ts'
import { openSubject } from '../soak/daemon.ts'
import { engineCaller, type EngineCaller } from '../soak/engine.ts'
import { citizens, townYaml } from './town.ts'

interface Inspected {
  readonly Id: string
  readonly State: {
    readonly Running: boolean
    readonly StartedAt: string
    readonly Health?: {
      readonly Status: string
      readonly Log: readonly { readonly End: string; readonly ExitCode: number }[]
    }
  }
}

const project = 'town'
const bulkhead = fileURLToPath(new URL('../../../../node_modules/.bin/bulkhead', import.meta.url))
const say = (text: string): void => void process.stdout.write(`${text}\n`)
const release = process.env['DEATH_RELEASE'] === '20' ? '20' : '26'

for (const liveRestore of [false, true]) {
  const faults = await trial(liveRestore)
  for (const fault of faults) say(`  FAULT: ${fault}`)
  if (faults.length > 0) process.exitCode = 1
}

async function trial(liveRestore: boolean): Promise<readonly string[]> {
  const engine = await startEngine({ release, liveRestore, name: `death-${process.pid}`, images: ['bb:1'] })
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-death-'))
  const socket = join(folder, 'bulkhead.sock')
  const env = environmentOf(engine, socket)
  const subject = openSubject(env, socket, join(folder, 'data'))
  const caller = engineCaller(engine)
  const command = async (...args: readonly string[]): Promise<void> => {
    const options = { env, cwd: folder, timeoutMs: 300_000 }
    const { code, stdout, stderr } = await run(bulkhead, ['-f', 'town.yaml', '-p', project, ...args], options)
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stdout}${stderr}`)
  }
  try {
    await writeFile(join(folder, 'town.yaml'), townYaml())
    await subject.start()
    await command('up', '-d', '--wait')
    const before = await look(caller)
    process.kill(await caller.pid(), 'SIGKILL')
    const killed = Date.now()
    await engine.revive()
    const back = Date.now()
    // What the engine starts as it comes back, it has started before it answers; what is told from here on is ours.
    const starts = caller.follow('/events', { type: ['container'], event: ['start'] })
    const { after, at } = await settle(caller)
    say(
      `Docker ${release}, live-restore ${liveRestore ? 'on' : 'off'}: the engine was back after ${back - killed} ms; all ${citizens.length} ran in order ${at - back} ms later`,
    )
    const restless = await startedAgain(caller, after)
    const counts = starts.countBy('com.docker.compose.service')
    const words = liveRestore
      ? 'none was started'
      : `${counts.size} of them were started again in their turn, the others once`
    say(`  ${words}`)
    return [
      ...order(before, after, liveRestore),
      ...[...counts]
        .filter(([name, count]) => count > mostStarts(name, liveRestore))
        .map(([name, count]) => `${name} was started ${count} times by the daemon`),
      ...restless,
    ]
  } finally {
    await command('down', '-v', '-t', '0').catch((error: unknown) => say(String(error)))
    await subject.stop()
    await engine.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** One in turn for what needs something: what needs nothing, the engine starts at the right time. */
function mostStarts(name: string, liveRestore: boolean): number {
  if (liveRestore) return 0
  return citizens.find((one) => one.name === name)?.needs.length === 0 ? 0 : 1
}

async function look(caller: EngineCaller): Promise<ReadonlyMap<string, Inspected>> {
  const all = await Promise.all(
    citizens.map(
      async ({ name }) => [name, await caller.get(`/containers/${project}-${name}-1/json`)] as const,
    ),
  )
  return new Map(all as readonly (readonly [string, Inspected])[])
}

/** Waits until all run, and are healthy where they tell. */
async function settle(
  caller: EngineCaller,
): Promise<{ readonly after: ReadonlyMap<string, Inspected>; readonly at: number }> {
  const deadline = Date.now() + 120_000
  for (;;) {
    const after = await look(caller)
    const waiting = [...after].filter(
      ([, { State }]) => !State.Running || (State.Health !== undefined && State.Health.Status !== 'healthy'),
    )
    const ordered = waiting.length === 0 && order(after, after, false).length === 0
    if (ordered) return { after, at: Date.now() }
    if (Date.now() > deadline)
      throw new Error(
        `still not so: ${waiting.map(([name]) => name).join(', ')}; ${order(after, after, false).join('; ')}`,
      )
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Whose start was before its dependency's, or before that was healthy. */
function order(
  before: ReadonlyMap<string, Inspected>,
  after: ReadonlyMap<string, Inspected>,
  untouched: boolean,
): readonly string[] {
  const faults: string[] = []
  for (const { name, needs } of citizens) {
    const mine = after.get(name)
    if (untouched && mine?.State.StartedAt !== before.get(name)?.State.StartedAt)
      faults.push(`${name} was restarted though it ran on`)
    for (const need of needs) {
      const theirs = after.get(need)
      if (mine === undefined || theirs === undefined) continue
      if (Date.parse(mine.State.StartedAt) < Date.parse(theirs.State.StartedAt))
        faults.push(`${name} was started before ${need}`)
    }
  }
  return faults
}

/** Who was started again in the ten seconds in which nothing should happen. */
async function startedAgain(
  caller: EngineCaller,
  after: ReadonlyMap<string, Inspected>,
): Promise<readonly string[]> {
  await new Promise((resolve) => setTimeout(resolve, 10_000))
  const later = await look(caller)
  return [...later]
    .filter(([name, one]) => one.State.StartedAt !== after.get(name)?.State.StartedAt)
    .map(([name]) => `${name} was started again after all had settled`)
}
