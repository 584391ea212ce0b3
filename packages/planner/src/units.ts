const nanosecondsIn: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
}

/**
 * Nanoseconds of a canonical Go duration (`1m30s`, `1.5s`, `0s`).
 *
 * @throws RangeError for anything else: the loader lets no other form through.
 */
export function nanoseconds(duration: string): number {
  const parts = [...duration.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== duration) {
    if (duration === '0') return 0
    throw new RangeError(`not a duration: ${duration}`)
  }
  return Math.round(
    parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (nanosecondsIn[unit ?? ''] ?? 0), 0),
  )
}

/** Whole seconds of a canonical duration, rounded up. */
export function seconds(duration: string): number {
  return Math.ceil(nanoseconds(duration) / 1e9)
}

/** Bytes of a canonical size (`"67108864"`); `-1` stays. */
export function bytes(size: string | number): number {
  return Number(size)
}
