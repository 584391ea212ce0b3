import type { TestEngine } from '../../src/index.ts'
import { soon, type Victim } from './bulkhead.ts'
import { faultsIn, look, type Ground } from './ground.ts'
import type { CrashProject } from './project.ts'

/** When the daemon dies: as the engine has answered its `n`th changing call, or so long after its first one. */
export type Moment = { readonly call: number } | { readonly afterMs: number }

export interface Trial {
  readonly engine: TestEngine
  readonly victim: Victim
  readonly project: CrashProject
}

export interface Result {
  /** Of the moments, those that came before the work was done. */
  readonly deaths: number
  /** Nothing: all is well. */
  readonly faults: readonly string[]
  readonly milliseconds: number
}

/**
 * One change of the project during which the daemon dies at each of the
 * moments, one after another: the next one counts from its first changing call
 * after it came back. Then it has come to what was asked for by itself, and a
 * second `up` does nothing.
 */
export async function change(
  { engine, victim, project }: Trial,
  version: number,
  moments: readonly Moment[],
  before: Ground | undefined,
): Promise<Result> {
  const began = performance.now()
  let deaths = 0
  const strikes = [...moments]
  let death: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const arm = (): void => {
    const moment = strikes.shift()
    const die = (): void => {
      deaths += 1
      death = victim.kill().then(async () => {
        arm()
        await victim.start()
      })
    }
    if (moment === undefined) victim.proxy.expect(0, {})
    else if ('call' in moment) victim.proxy.expect(moment.call, { act: die })
    else victim.proxy.expect(0, { first: () => (timer = setTimeout(die, moment.afterMs)) })
  }
  arm()
  const { code, stdout, stderr } = await victim.up(project, version)
  const faults: string[] = code === 0 ? [] : [`up ended with ${code}: ${stdout}${stderr}`]
  await settled({ engine, victim, project }, () => death)
  clearTimeout(timer)
  victim.proxy.expect(0, {})
  const found = await look(engine, project)
  faults.push(...faultsIn(found, { project, version, before }))
  const again = await victim.up(project, version)
  if (again.code !== 0) faults.push(`a second up ended with ${again.code}: ${again.stdout}${again.stderr}`)
  const operations = await victim.operationsOfLast(project)
  if (operations !== 0) faults.push(`a second up took ${operations} operations`)
  return { deaths, faults, milliseconds: performance.now() - began }
}

async function settled({ victim, project }: Trial, death: () => Promise<void>): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    await death()
    if (await victim.isConverged(project)) return
    if (performance.now() > deadline) return
    await soon(50)
  }
}

/** In [0, 1), the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
