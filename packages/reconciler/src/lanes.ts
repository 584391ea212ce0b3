import PQueue from 'p-queue'
import type { Log } from './log.ts'
import { retryDelayMs } from './round.ts'

/** One queue for all projects, one run at a time for each. */
export interface Lanes {
  /** Has the project run soon. Repeated calls coalesce; one during a run has it run once more. */
  enqueue(project: string): void
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
  failures: number
  retry: NodeJS.Timeout | undefined
}

export function createLanes({ run, concurrency, random, log }: LanesOptions): Lanes {
  const queue = new PQueue({ concurrency })
  const lanes = new Map<string, Lane>()
  let stopping = false

  function laneOf(project: string): Lane {
    const lane = lanes.get(project) ?? { running: undefined, again: false, failures: 0, retry: undefined }
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
    if (stopping) return
    lane.failures = settled ? 0 : lane.failures + 1
    if (lane.again) {
      lane.again = false
      enqueue(project)
      return
    }
    if (settled) return
    lane.retry = setTimeout(() => enqueue(project), retryDelayMs(lane.failures, random()))
    lane.retry.unref()
  }

  return {
    enqueue,
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
