import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import { retryDelayMs } from './round.ts'

/** Each project has a lane: one run at a time. Many lanes side by side. */
export interface Lanes {
  /** Has the project run soon. Repeated calls coalesce; one during a run has it run once more. */
  enqueue(project: string): void
  /** Does some work while nothing else runs for the project; what is enqueued meanwhile runs after it. */
  exclusive<T>(project: string, work: () => Promise<T>): Promise<T>
  /** The last run of the project did not end well, or one is under way. */
  isTried(project: string): boolean
  /** What runs for the project now gives way. */
  interrupt(project: string): void
  /** Begins nothing more and waits for what is under way, at most `graceMs`. */
  stop(graceMs: number): Promise<void>
}

export interface LanesOptions {
  readonly run: (project: string, run: Run) => Promise<Turnout>
  /** In [0, 1). */
  readonly random: () => number
  readonly clock: Clock
  readonly log: Log
}

/** What a run is told while it is under way. */
export interface Run {
  /** It is to give way. */
  readonly signal: AbortSignal
  /** Fires a while after there was a reason for one more run: what only waits need not. */
  readonly overdue: () => AbortSignal
}

/** What came of a run. */
export interface Turnout {
  /** False: to be tried again later, with a growing delay. */
  readonly settled: boolean
  /** When to look again at the latest, in milliseconds since the epoch; absent: when something happens. */
  readonly again?: number | undefined
  /** The longest that the growing delay may be, in milliseconds. */
  readonly atMost?: number | undefined
}

/** How long a run may go on waiting though there is reason for one more. */
const overdueMs = 500

interface Lane {
  running: AbortController | undefined
  overdue: AbortController
  again: boolean
  /** Those that wait until nothing runs. */
  readonly waiting: (() => void)[]
  failures: number
  cancelRetry: () => void
  cancelOverdue: () => void
}

export function createLanes({ run, random, clock, log }: LanesOptions): Lanes {
  const lanes = new Map<string, Lane>()
  const running = new Set<Promise<void>>()
  let stopping = false

  function laneOf(project: string): Lane {
    const lane = lanes.get(project) ?? {
      running: undefined,
      overdue: new AbortController(),
      again: false,
      waiting: [],
      failures: 0,
      cancelRetry: () => undefined,
      cancelOverdue: () => undefined,
    }
    lanes.set(project, lane)
    return lane
  }

  function enqueue(project: string): void {
    if (stopping) return
    const lane = laneOf(project)
    if (lane.running !== undefined) {
      if (lane.again) return
      lane.again = true
      lane.cancelOverdue = clock.after(overdueMs, () => lane.overdue.abort())
      return
    }
    const controller = new AbortController()
    lane.running = controller
    const task = runLane(project, lane, controller.signal).finally(() => running.delete(task))
    running.add(task)
  }

  async function runLane(project: string, lane: Lane, signal: AbortSignal): Promise<void> {
    lane.cancelRetry()
    lane.overdue = new AbortController()
    let turnout: Turnout = { settled: false }
    try {
      turnout = await run(project, { signal, overdue: () => renewed(lane) })
    } catch (error) {
      log.error({ project, error: String(error) }, 'round failed')
    }
    const { settled, again, atMost = Infinity } = turnout
    lane.running = undefined
    lane.cancelOverdue()
    lane.failures = settled ? 0 : lane.failures + 1
    if (handOver(lane)) {
      if (!settled || again !== undefined) lane.again = true
      return
    }
    if (stopping) return
    if (lane.again) {
      lane.again = false
      enqueue(project)
      return
    }
    if (settled && again === undefined) {
      forget(project, lane)
      return
    }
    const delay = settled ? Infinity : Math.min(atMost, retryDelayMs(lane.failures, random()))
    const due = again === undefined ? Infinity : Math.max(0, again - clock.now())
    lane.cancelRetry = clock.after(Math.min(delay, due), () => enqueue(project))
  }

  /** What is asked for while a round waits cuts that wait only, and not those of later rounds of the run. */
  function renewed(lane: Lane): AbortSignal {
    if (lane.overdue.signal.aborted) {
      lane.overdue = new AbortController()
      lane.again = false
    }
    return lane.overdue.signal
  }

  /** What is at rest takes no room. */
  function forget(project: string, lane: Lane): void {
    if (lane.running === undefined && lane.waiting.length === 0) lanes.delete(project)
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
    isTried: (project) => lanes.has(project),
    interrupt: (project) => lanes.get(project)?.running?.abort(),
    async stop(graceMs) {
      stopping = true
      for (const lane of lanes.values()) {
        lane.cancelRetry()
        lane.cancelOverdue()
        lane.running?.abort()
      }
      const grace = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref())
      await Promise.race([Promise.all(running), grace])
    },
  }
}
