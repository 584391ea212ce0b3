/**
 * Canonical output: ordered, with what is empty left out, the way Compose's own
 * structures are written. Maps and not objects: a key like `10` would change
 * its place in an object.
 */
export type Encoded = string | number | boolean | null | readonly Encoded[] | ReadonlyMap<string, Encoded>

/**
 * How an attribute is written:
 * `filled` scalars stand unless they are empty, zero or false, a `size` unless it
 * is zero as text too; `given` ones
 * whenever they were given; `list` and `map` unless they are empty; `words`
 * tells no list from an empty one; `raw` is the user's own data.
 */
export type Rule = 'filled' | 'size' | 'float' | 'given' | 'list' | 'map' | 'words' | 'raw' | Nested

/** A structure inside of another: one, always one, a list of them, or a mapping to them. */
export interface Nested {
  readonly as: 'one' | 'always' | 'list' | 'map'
  readonly of: Encoder
}

export type Encoder = (value: unknown, format: Format) => Encoded | undefined

/** JSON writes some things that YAML leaves out: `command: null`, empty structures; and no `x-*` inside. */
export type Format = 'json' | 'yaml'

/** The attributes of a structure, in the order in which they are written. */
export type Structure = Readonly<Record<string, Rule>>

/** An encoder for mappings with these attributes. Others, `x-*` apart, are left out. */
export function structure(rules: Structure): Encoder {
  const entries = Object.entries(rules)
  return (value, format) => {
    const result = new Map<string, Encoded>()
    const given = isRecord(value) ? value : {}
    for (const [key, rule] of entries) {
      const encoded = encodeRule(rule, given[key], format)
      if (encoded !== undefined) result.set(key, encoded)
    }
    if (format === 'yaml') addExtensions(given, result)
    return result
  }
}

export function addExtensions(given: Readonly<Record<string, unknown>>, result: Map<string, Encoded>): void {
  for (const key of Object.keys(given).sort()) {
    if (key.startsWith('x-') && given[key] !== undefined) result.set(key, encodeRaw(given[key]))
  }
}

/** Data as it is, with the keys of its mappings sorted. */
export function encodeRaw(value: unknown): Encoded {
  if (Array.isArray(value)) return value.map(encodeRaw)
  if (isRecord(value)) {
    return new Map(
      Object.keys(value)
        .sort()
        .map((key) => [key, encodeRaw(value[key])]),
    )
  }
  return isScalar(value) ? value : null
}

/** A mapping of names to structures, by name. */
export function encodeMap(of: Encoder, value: unknown, format: Format): ReadonlyMap<string, Encoded> {
  const given = isRecord(value) ? value : {}
  const result = new Map<string, Encoded>()
  for (const key of Object.keys(given).sort()) {
    const item = given[key]
    result.set(key, item === null || item === undefined ? null : (of(item, format) ?? null))
  }
  return result
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function encodeRule(rule: Rule, value: unknown, format: Format): Encoded | undefined {
  if (typeof rule === 'object') return encodeNested(rule, value, format)
  if (rule === 'words') return Array.isArray(value) ? value.map(String) : format === 'json' ? null : undefined
  if (value === undefined || value === null) return undefined
  switch (rule) {
    case 'filled':
      return isFilled(value) ? whole(value) : undefined
    case 'size':
      return isFilled(value) && value !== '0' ? value : undefined
    case 'float':
      return typeof value === 'number' && value !== 0 ? singlePrecision(value) : undefined
    case 'given':
      return isScalar(value) ? whole(value) : undefined
    case 'list':
      return Array.isArray(value) && value.length > 0 ? value.map(encodeRaw) : undefined
    case 'map':
      return isRecord(value) && Object.keys(value).length > 0 ? encodeRaw(value) : undefined
    case 'raw':
      return encodeRaw(value)
  }
}

function encodeNested({ as, of }: Nested, value: unknown, format: Format): Encoded | undefined {
  switch (as) {
    case 'one':
      return value === undefined || value === null ? undefined : of(value, format)
    case 'always': {
      const encoded = of(value, format)
      const isEmpty = encoded instanceof Map && encoded.size === 0
      return isEmpty && format === 'yaml' ? undefined : encoded
    }
    case 'list':
      return Array.isArray(value) && value.length > 0
        ? value.map((item: unknown) => of(item, format) ?? null)
        : undefined
    case 'map': {
      const encoded = encodeMap(of, value, format)
      return encoded.size > 0 ? encoded : undefined
    }
  }
}

function isScalar(value: unknown): value is string | number | boolean | null {
  return (
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
  )
}

function isFilled(value: unknown): value is string | number | true {
  return isScalar(value) && value !== null && value !== '' && value !== 0 && value !== false
}

/** Where Compose keeps whole numbers it drops a fraction. */
function whole<T extends Encoded>(value: T): T | number {
  return typeof value === 'number' ? Math.trunc(value) : value
}

/** The shortest number with the same value in single precision, in which Compose keeps fractions. */
function singlePrecision(value: number): number {
  const single = Math.fround(value)
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(single.toPrecision(digits))
    if (Math.fround(short) === single) return short
  }
  return Number(single.toPrecision(9))
}
