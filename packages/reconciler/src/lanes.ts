import PQueue from 'p-queue'
import type { Log } from './log.ts'
import { retryDelayMs } from './round.ts'

/** One queue for all projects, one run at a time for each. */
export interface Lanes {
  /** Has the project run soon. Repeated calls coalesce; one during a run has it run once more. */
  enqueue(project: string): void
  /** Does some work while nothing else runs for the project; what is enqueued meanwhile runs after it. */
  exclusive<T>(project: string, work: () => Promise<T>): Promise<T>
  /** What runs for the project now gives way. */
  interrupt(project: string): void
  /** Projects whose turn has not come. */
  waiting(): number
  /** Begins nothing more and waits for what is under way, at most `graceMs`. */
  stop(graceMs: number): Promise<void>
}

export interface LanesOptions {
  /** False: to be tried again later, with a growing delay. */
  readonly run: (project: string, signal: AbortSignal) => Promise<boolean>
  /** Projects that run side by side. */
  readonly concurrency: number
  /** In [0, 1). */
  readonly random: () => number
  readonly log: Log
}

interface Lane {
  running: AbortController | undefined
  again: boolean
  /** Those that wait until nothing runs. */
  readonly waiting: (() => void)[]
  failures: number
  retry: NodeJS.Timeout | undefined
}

export function createLanes({ run, concurrency, random, log }: LanesOptions): Lanes {
  const queue = new PQueue({ concurrency })
  const lanes = new Map<string, Lane>()
  let stopping = false

  function laneOf(project: string): Lane {
    const lane = lanes.get(project) ?? {
      running: undefined,
      again: false,
      waiting: [],
      failures: 0,
      retry: undefined,
    }
    lanes.set(project, lane)
    return lane
  }

  function enqueue(project: string): void {
    if (stopping) return
    const lane = laneOf(project)
    if (lane.running !== undefined) {
      lane.again = true
      return
    }
    const controller = new AbortController()
    lane.running = controller
    void queue.add(() => runLane(project, lane, controller.signal))
  }

  async function runLane(project: string, lane: Lane, signal: AbortSignal): Promise<void> {
    clearTimeout(lane.retry)
    let settled = false
    try {
      settled = await run(project, signal)
    } catch (error) {
      log.error({ project, error: String(error) }, 'round failed')
    }
    lane.running = undefined
    lane.failures = settled ? 0 : lane.failures + 1
    if (handOver(lane)) {
      if (!settled) lane.again = true
      return
    }
    if (stopping) return
    if (lane.again) {
      lane.again = false
      enqueue(project)
      return
    }
    if (settled) return
    lane.retry = setTimeout(() => enqueue(project), retryDelayMs(lane.failures, random()))
    lane.retry.unref()
  }

  /** To the next who waits for the lane. Nobody interrupts him: a new deployment waits too. */
  function handOver(lane: Lane): boolean {
    const next = lane.waiting.shift()
    if (next === undefined) return false
    lane.running = new AbortController()
    next()
    return true
  }

  async function exclusive<T>(project: string, work: () => Promise<T>): Promise<T> {
    const lane = laneOf(project)
    if (lane.running === undefined) lane.running = new AbortController()
    else await new Promise<void>((resolve) => lane.waiting.push(resolve))
    try {
      return await work()
    } finally {
      lane.running = undefined
      if (!handOver(lane) && lane.again) {
        lane.again = false
        enqueue(project)
      }
    }
  }

  return {
    enqueue,
    exclusive,
    waiting: () => queue.size,
    interrupt: (project) => lanes.get(project)?.running?.abort(),
    async stop(graceMs) {
      stopping = true
      for (const lane of lanes.values()) {
        clearTimeout(lane.retry)
        lane.running?.abort()
      }
      const grace = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref())
      await Promise.race([queue.onIdle(), grace])
    },
  }
}
