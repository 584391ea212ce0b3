/** The time by which tries are spaced. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Runs `work` once, `milliseconds` from now; returns what takes it back. */
  after(milliseconds: number, work: () => void): () => void
}

/** A timer holds no more than about 24 days. */
const longestMs = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, work) {
    const timer = setTimeout(work, Math.min(Math.max(0, milliseconds), longestMs))
    timer.unref()
    return () => clearTimeout(timer)
  },
}
