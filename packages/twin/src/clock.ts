/** The engine's own time. Whatever it waits for, it waits for by this. */
export interface Clock {
  /** Milliseconds since the epoch, with a fraction. */
  now(): number
  /** Runs `work` once, `milliseconds` from now; returns what takes it back. */
  after(milliseconds: number, work: () => void): () => void
}

/** Time that stands still but for `advance`. */
export interface ManualClock extends Clock {
  /** Lets this many milliseconds pass: everything due in them happens, in order, with all that follows from it at once. */
  advance(milliseconds: number): Promise<void>
}

/**
 * Time as it passes. `speed` 1000 makes a second of the engine's out of a
 * millisecond of the test's.
 */
export function realClock(speed = 1): Clock {
  const began = performance.now()
  const epoch = performance.timeOrigin + began
  return {
    now: () => epoch + (performance.now() - began) * speed,
    after(milliseconds, work) {
      const timer = setTimeout(work, milliseconds / speed)
      // An engine that nobody talks to holds up no process.
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}

interface Due {
  readonly at: number
  readonly order: number
  readonly work: () => void
}

/** @param start milliseconds since the epoch. */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  const due = new Set<Due>()
  let now = start
  let order = 0
  const next = (until: number): Due | undefined =>
    [...due].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at || a.order - b.order)[0]
  return {
    now: () => now,
    after(milliseconds, work) {
      order += 1
      const entry = { at: now + Math.max(0, milliseconds), order, work }
      due.add(entry)
      return () => due.delete(entry)
    },
    async advance(milliseconds) {
      const until = now + milliseconds
      await settled()
      for (let entry = next(until); entry !== undefined; entry = next(until)) {
        due.delete(entry)
        now = entry.at
        entry.work()
        await settled()
      }
      now = until
    },
  }
}

/** What programs do between two waits is done in promises: all of them come before the next turn of the loop. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

/** Nanoseconds as RFC 3339 in UTC, the way Go writes them: without trailing zeros. */
export function timestamp(nanoseconds: bigint): string {
  const fraction = (nanoseconds % 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/u, '')
  return `${seconds(nanoseconds)}${fraction === '' ? '' : `.${fraction}`}Z`
}

/** As `timestamp`, always with nine digits: logs have it so. */
export function fixedTimestamp(nanoseconds: bigint): string {
  return `${seconds(nanoseconds)}.${(nanoseconds % 1_000_000_000n).toString().padStart(9, '0')}Z`
}

/** The engine's way to say never. */
export const never = '0001-01-01T00:00:00Z'

function seconds(nanoseconds: bigint): string {
  return new Date(Number(nanoseconds / 1_000_000n)).toISOString().slice(0, 19)
}

/** A time as clients send it: seconds since the epoch, with a fraction, or RFC 3339. Undefined: it is none. */
export function parseTime(text: string): bigint | undefined {
  const [, whole, fraction = ''] = /^(\d+)(?:\.(\d{1,9})\d*)?$/u.exec(text) ?? []
  if (whole !== undefined) return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
  const milliseconds = Date.parse(text)
  if (Number.isNaN(milliseconds)) return undefined
  const digits = /\.(\d{1,9})/u.exec(text)?.[1] ?? ''
  return BigInt(Math.floor(milliseconds / 1000)) * 1_000_000_000n + BigInt(digits.padEnd(9, '0'))
}

/** How long ago, in the words of `docker ps`. */
export function humanDuration(milliseconds: number): string {
  const count = Math.floor(milliseconds / 1000)
  if (count < 1) return 'Less than a second'
  if (count === 1) return '1 second'
  if (count < 60) return `${count} seconds`
  const minutes = Math.floor(count / 60)
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  const hours = Math.round(count / 3600)
  if (hours === 1) return 'About an hour'
  if (hours < 48) return `${hours} hours`
  const days = Math.floor(hours / 24)
  if (days < 14) return `${days} days`
  if (days < 60) return `${Math.floor(days / 7)} weeks`
  return `${Math.floor(days / 30)} months`
}
