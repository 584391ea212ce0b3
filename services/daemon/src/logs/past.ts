import type { ProjectLogLine } from '@bulkhead/api'

export interface PastRange {
  /** Lines from the end of each container; undefined: all. */
  readonly tail: number | undefined
  readonly timestamps: boolean
  /** ISO 8601. */
  readonly since: string | undefined
  readonly until: string | undefined
}

/** Of the lines of containers that are gone, those that were asked for. */
export function pastLines(
  lines: readonly ProjectLogLine[],
  { tail, timestamps, since, until }: PastRange,
): readonly ProjectLogLine[] {
  const isWithin = ({ time = '' }: ProjectLogLine): boolean =>
    (since === undefined || Date.parse(time) >= Date.parse(since)) &&
    (until === undefined || Date.parse(time) <= Date.parse(until))
  const within = lines.filter(isWithin)
  const left = new Map<string, number>()
  const kept = within.toReversed().filter(({ container }) => {
    const count = (left.get(container) ?? 0) + 1
    left.set(container, count)
    return tail === undefined || count <= tail
  })
  return kept.toReversed().map(({ time, ...line }) => ({
    ...line,
    ...(timestamps && time !== undefined ? { time } : {}),
  }))
}
