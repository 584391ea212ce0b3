import type { ProjectLogLine } from '@bulkhead/api'

/** Where the output of containers is read from. */
export interface Beginning {
  /** RFC 3339, Unix seconds, or a duration back (`10m`). */
  readonly since?: string | undefined
  /** Lines from the end; undefined: all. */
  readonly tail?: number | undefined
  /** `CONTAINER=TIME`: where to go on with a container, in place of `since` and `tail`. */
  readonly from?: readonly string[] | undefined
}

/** What was read of each container's output, so that reading can go on there. */
export interface Places {
  /** Another connection begins: it may bring again what was read. */
  reopened(): void
  /** Notes the line; false when it was read before. */
  isNew(line: ProjectLogLine): boolean
  /** What to ask for in place of what the query asked for. */
  goingOn(asked: Beginning): Beginning
}

interface Place {
  /** RFC 3339 with nanoseconds: of the last line. */
  readonly time: string
  /** How many lines of that very time were read. */
  readonly lines: number
}

/** A request's head holds so many, whatever the names are. */
const mostPlaces = 40

/** @param began RFC 3339: when reading began; what a container that is new since then printed is all wanted. */
export function createPlaces(began: string): Places {
  const places = new Map<string, Place>()
  let again = new Map<string, Place>()
  let times = new Map<string, string>()

  /** True for what another connection has brought already. */
  const isRead = (container: string, time: string): boolean => {
    const before = again.get(container)
    if (before === undefined) return false
    const order = compareTimes(time, before.time)
    if (order < 0) return true
    if (order > 0 || before.lines === 0) {
      again.delete(container)
      return false
    }
    again.set(container, { time, lines: before.lines - 1 })
    return true
  }

  return {
    reopened() {
      again = new Map(places)
      times = new Map()
    },
    isNew({ container, time: own }) {
      // A line that is too long for one piece has its time on the first.
      const time = own ?? times.get(container)
      if (time === undefined) return true
      times.set(container, time)
      if (isRead(container, time)) return false
      const last = places.get(container)
      const order = last === undefined ? 1 : compareTimes(time, last.time)
      // The two streams of a container may overtake each other.
      if (order >= 0) places.set(container, { time, lines: order === 0 ? (last?.lines ?? 0) + 1 : 1 })
      return true
    },
    goingOn({ since, tail }) {
      if (places.size === 0) return { since, tail }
      const newest = [...places].sort(([, a], [, b]) => compareTimes(b.time, a.time))
      const oldest = newest.slice(mostPlaces).at(-1)?.[1].time
      return {
        since: oldest ?? (tail === undefined ? since : began),
        tail: undefined,
        from: newest.slice(0, mostPlaces).map(([container, { time }]) => `${container}=${time}`),
      }
    },
  }
}

function compareTimes(a: string, b: string): number {
  const [left, right] = a.length === b.length ? [a, b] : [padded(a), padded(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** Fractions of a second of one length, so that texts are in the order of times. */
function padded(time: string): string {
  return time.replace(/(?:\.(\d+))?Z$/, (_all, fraction = '') => `.${String(fraction).padEnd(9, '0')}Z`)
}
