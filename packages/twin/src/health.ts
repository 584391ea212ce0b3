import { tellContainer } from './container.ts'
import type { Container } from './state/container.ts'
import { number, object, texts } from './json.ts'
import { execute, newExecution } from './exec.ts'
import { probesOf } from './program.ts'
import { subjectOf } from './surroundings.ts'
import type { World } from './state/world.ts'
import type { Health, Probe } from './state/container.ts'

/** Kept of a container's probes, and of what one of them says. */
const probesKept = 5
const outputKept = 4096
const nanosecondsPerMillisecond = 1e6

interface Rhythm {
  readonly test: readonly string[]
  /** Milliseconds. */
  readonly interval: number
  readonly startInterval: number
  readonly timeout: number
  readonly startPeriod: number
  readonly retries: number
}

/** Begins to probe a container that has a healthcheck; undefined: it has none. */
export function watchHealth(world: World, container: Container): Health | undefined {
  const rhythm = rhythmOf(container)
  if (rhythm === undefined) return undefined
  const log: Probe[] = []
  const began = world.clock.now()
  let cancel: () => void = () => undefined
  let over = false
  let count = 0
  const health: Health = {
    status: 'starting',
    failingStreak: 0,
    log,
    stop() {
      over = true
      cancel()
      health.status = 'unhealthy'
    },
  }
  const inStartPeriod = (): boolean => world.clock.now() - began < rhythm.startPeriod
  const schedule = (): void => {
    const early = health.status === 'starting' && inStartPeriod()
    cancel = world.clock.after(early ? rhythm.startInterval : rhythm.interval, () => void probe())
  }
  const probe = async (): Promise<void> => {
    const start = world.nanoseconds()
    const { exitCode, output } = await outcome(world, container, rhythm, count)
    count += 1
    if (over) return
    log.push({ start, end: world.nanoseconds(), exitCode, output: output.slice(0, outputKept) })
    if (log.length > probesKept) log.shift()
    judge(exitCode)
    schedule()
  }
  const judge = (exitCode: number): void => {
    const before = health.status
    if (exitCode === 0) {
      health.failingStreak = 0
      health.status = 'healthy'
    } else if (!(health.status === 'starting' && inStartPeriod())) {
      health.failingStreak += 1
      if (health.failingStreak >= rhythm.retries) health.status = 'unhealthy'
    }
    if (health.status !== before) tellContainer(world, `health_status: ${health.status}`, container)
  }
  schedule()
  return health
}

/** Durations come in nanoseconds; 0 stands for the engine's default. */
function rhythmOf({ config }: Container): Rhythm | undefined {
  const given = object(config['Healthcheck'])
  const [kind, ...rest] = texts(given['Test']) ?? []
  if (kind === undefined || kind === 'NONE') return undefined
  const milliseconds = (name: string, fallback: number): number => {
    const value = number(given[name]) / nanosecondsPerMillisecond
    return value === 0 ? fallback : value
  }
  return {
    test: kind === 'CMD-SHELL' ? [...(texts(config['Shell']) ?? ['/bin/sh', '-c']), ...rest] : rest,
    interval: milliseconds('Interval', 30_000),
    startInterval: milliseconds('StartInterval', 5000),
    timeout: milliseconds('Timeout', 30_000),
    startPeriod: milliseconds('StartPeriod', 0),
    retries: number(given['Retries']) || 3,
  }
}

async function outcome(
  world: World,
  container: Container,
  { test, timeout }: Rhythm,
  count: number,
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const scripted = probesOf(world.scripts, subjectOf(container))
  let output = ''
  const execution = newExecution(world, container, { Cmd: test, AttachStdout: true, AttachStderr: true })
  const write = (_stream: string, content: Buffer): void => void (output += content.toString('utf8'))
  const told = scripted?.[Math.min(count, scripted.length - 1)]
  return new Promise((resolve) => {
    const cancel = world.clock.after(timeout, () => {
      execution.running?.signal('SIGKILL')
      resolve({ exitCode: -1, output: `Health check exceeded timeout (${timeout / 1000}s)` })
    })
    void execute(world, execution, write, told).then((exitCode) => {
      cancel()
      resolve({ exitCode, output })
    })
  })
}
