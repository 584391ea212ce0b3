import { parsed, refused, shown, type Parsed } from './parsed.ts'

/**
 * Reads a duration: numbers with a unit each (`h`, `m`, `s`, `ms`, `us`, `ns`),
 * like `1m30s` or `1.5h`, with an optional sign.
 *
 * @returns nanoseconds, in the range of a signed 64-bit integer.
 * @see https://github.com/compose-spec/compose-spec/blob/main/11-extension.md#specifying-durations
 */
export function parseDuration(text: string): Parsed<bigint> {
  const unsigned = text.replace(/^[+-]/, '')
  if (unsigned === '0') return parsed(0n)
  let total = 0n
  let position = 0
  while (position < unsigned.length) {
    part.lastIndex = position
    const match = part.exec(unsigned)
    if (match === null) return refused(mistake(text, unsigned.slice(position)), hint)
    const [whole, integer = '', fraction = '', unit = ''] = match
    if (integer === '' && fraction === '') return refused(mistake(text, unsigned.slice(position)), hint)
    const scale = units[unit] ?? 0n
    // Nineteen digits are more than any unit can hold.
    const digits = fraction.slice(0, 19)
    total += BigInt(integer || '0') * scale + (BigInt(digits || '0') * scale) / 10n ** BigInt(digits.length)
    if (total > longest || integer.length > 40)
      return refused(`The duration ${shown(text)} is too long.`, hint)
    position += whole.length
  }
  if (unsigned === '') return refused('A duration is empty.', hint)
  return parsed(text.startsWith('-') ? -total : total)
}

/** Nanoseconds as `docker compose config` prints them: `1m30s`, `1h0m0s`, `1.5s`, `250ms`, `0s`. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const value = nanoseconds < 0n ? -nanoseconds : nanoseconds
  if (value < 1_000n) return `${sign}${value}ns`
  if (value < 1_000_000n) return `${sign}${decimal(value, 1_000n)}µs`
  if (value < second) return `${sign}${decimal(value, 1_000_000n)}ms`
  const hours = value / (3600n * second)
  const minutes = (value / (60n * second)) % 60n
  const seconds = `${decimal(value % (60n * second), second)}s`
  if (hours > 0n) return `${sign}${hours}h${minutes}m${seconds}`
  return `${sign}${minutes > 0n ? `${minutes}m` : ''}${seconds}`
}

const second = 1_000_000_000n
const longest = 2n ** 63n - 1n
const part = /(\d*)(?:\.(\d*))?(h|ms|m|s|us|µs|μs|ns)/y
const hint = 'Write numbers with a unit each: 1m30s, 500ms, 1h.'

const units: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
}

function mistake(text: string, rest: string): string {
  const match = /^\d*\.?\d*/.exec(rest)
  const unit = rest.slice(match?.[0].length ?? 0)
  if (match === null || match[0] === '') return `${shown(text)} is not a duration.`
  if (unit === '') return `The duration ${shown(text)} has a number without a unit.`
  return `The duration ${shown(text)} has the unknown unit "${/^[^\d.]*/.exec(unit)?.[0].slice(0, 20) ?? unit}".`
}

function decimal(value: bigint, unit: bigint): string {
  const fraction = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, '0')
    .replace(/0+$/, '')
  return fraction === '' ? `${value / unit}` : `${value / unit}.${fraction}`
}
