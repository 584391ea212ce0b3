/** What comes over the wire: an object whose members have yet to be looked at. */
export type Json = Readonly<Record<string, unknown>>

/** The value as an object; an empty one when it is none. */
export function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

/** The value as a list; an empty one when it is none. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

/** The value as text; empty when it is none. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The value as a number; 0 when it is none. */
export function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

/** The texts in a list; undefined when the value is no list. */
export function texts(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined
}

/** The members of an object that are texts. */
export function textMap(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(object(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** The engine takes `1`, `true` and their kin for yes. */
export function flag(value: unknown): boolean {
  return typeof value === 'string' && !['', '0', 'no', 'false', 'none'].includes(value.toLowerCase())
}
