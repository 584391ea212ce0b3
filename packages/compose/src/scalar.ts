import type { Scalar } from './tree.ts'

/** A plain YAML scalar's value, and the text that Compose makes of it where String() gives another. */
export interface ResolvedScalar {
  readonly value: Scalar
  readonly text?: string
}

/**
 * The value of an untagged plain scalar by the rules that Compose's users know:
 * YAML 1.2 with a few of 1.1. `012` and `0o12` are 10, `1_000` is 1000, `yes`
 * and `on` stay texts, dates become texts with a time.
 */
export function resolvePlain(text: string): ResolvedScalar {
  const first = text.charCodeAt(0)
  const word = words.get(text)
  if (word !== undefined) return word
  const numeric = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e
  if (!numeric) return { value: text }
  return resolveInteger(text) ?? resolveFloat(text) ?? resolveDate(text) ?? { value: text }
}

/** The value of a scalar with a tag of YAML's own; undefined when the text doesn't fit the tag. */
export function resolveTagged(tag: string, text: string): ResolvedScalar | undefined {
  switch (tag) {
    case 'int':
      return resolveInteger(text)
    case 'float': {
      const resolved = resolveFloat(text) ?? resolveInteger(text)
      return resolved ?? specialFloat(text)
    }
    case 'bool': {
      const resolved = words.get(text)
      return typeof resolved?.value === 'boolean' ? resolved : undefined
    }
    case 'null':
      return text === '' || words.get(text)?.value === null ? { value: null } : undefined
    default:
      return { value: text }
  }
}

const words = new Map<string, ResolvedScalar>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, { value: null }] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, { value: true }] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, { value: false }] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(
    (word) => [word, { value: word, text: '+Inf' }] as const,
  ),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, { value: word, text: '-Inf' }] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, { value: word, text: 'NaN' }] as const),
])

function specialFloat(text: string): ResolvedScalar | undefined {
  const word = words.get(text)
  return word?.text === undefined ? undefined : word
}

function resolveInteger(text: string): ResolvedScalar | undefined {
  const plain = text.includes('_') ? text.replaceAll('_', '') : text
  const match = /^([-+]?)(?:0b([01]+)|0o?([0-7]+)|0x([0-9a-fA-F]+)|(0|[1-9][0-9]*))$/.exec(plain)
  if (match === null) return undefined
  const [, sign, binary, octal, hexadecimal, decimal] = match
  const digits = binary ?? octal ?? hexadecimal ?? decimal ?? '0'
  const prefix =
    binary !== undefined ? '0b' : octal !== undefined ? '0o' : hexadecimal !== undefined ? '0x' : ''
  if (digits.length > 64) return undefined
  const exact = BigInt(prefix + digits)
  const signed = sign === '-' ? -exact : exact
  // Beyond 64 bits a number is a float, as for Compose.
  if (signed > 0xffff_ffff_ffff_ffffn || signed < -0x8000_0000_0000_0000n) return undefined
  const value = Number(signed)
  return Number.isSafeInteger(value) ? { value } : { value, text: String(signed) }
}

function resolveFloat(text: string): ResolvedScalar | undefined {
  const plain = text.includes('_') ? text.replaceAll('_', '') : text
  if (!/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(plain)) return undefined
  const value = Number(plain)
  if (!Number.isFinite(value)) return undefined
  const formatted = formatFloat(value)
  return formatted === String(value) ? { value } : { value, text: formatted }
}

/** The shortest text of a float, with an exponent below 1e-4 and from 1e6 on, as labels and hashes of Compose have it. */
function formatFloat(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < 6) return String(value)
  const sign = exponent < 0 ? '-' : '+'
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** Dates and times become the texts that Compose prints for them. */
function resolveDate(text: string): ResolvedScalar | undefined {
  const match =
    /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|\s+)(\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d{1,9})?\s*(Z|[-+]\d{1,2}(?::?\d{2})?)?)?$/.exec(
      text,
    )
  if (match === null) return undefined
  const [, year, month = '', day = '', hour = '0', minute = '0', second = '0', fraction = '', zone] = match
  if (match[4] === undefined && (month.length > 2 || day.length > 2)) return undefined
  const checked = new Date(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}T00:00:00Z`)
  if (Number.isNaN(checked.getTime()) || checked.getUTCDate() !== Number(day)) return undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const time = [hour, minute, second].map((part) => part.padStart(2, '0')).join(':')
  const trimmed = fraction.replace(/0+$/, '').replace(/\.$/, '')
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  return {
    value: `${date}T${time}${trimmed}${zoneLetters(zone)}`,
    text: `${date} ${time}${trimmed} ${zoneText(zone)}`,
  }
}

function zoneLetters(zone: string | undefined): string {
  const [offset = ''] = zoneText(zone).split(' ')
  return offset === '+0000' ? 'Z' : `${offset.slice(0, 3)}:${offset.slice(3)}`
}

function zoneText(zone: string | undefined): string {
  if (zone === undefined || zone === 'Z') return '+0000 UTC'
  const sign = zone.charAt(0)
  const digits = zone.slice(1).replace(':', '')
  const offset = `${sign}${digits.length <= 2 ? digits.padStart(2, '0') + '00' : digits.padStart(4, '0')}`
  return `${offset} ${offset}`
}
