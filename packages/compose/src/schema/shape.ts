import type { Support } from './support.ts'

/**
 * What a value of the Compose file format may look like. One definition serves
 * the check of a file, the JSON Schema for editors and the table of support.
 */
export type Shape = Text | Numeric | Flag | Nothing | Anything | List | Table | Fields | Either

export interface Text {
  readonly kind: 'text'
  /** The only texts allowed. */
  readonly choices?: readonly string[]
  /** Texts that are allowed, beside the choices where there are any. */
  readonly pattern?: RegExp
  /** The hint where a text doesn't fit the pattern. */
  readonly say?: string
  readonly format?: TextFormat
}

/** Formats are checked where the value is read; here they only name what is meant. */
export type TextFormat = 'duration' | 'bytes'

/** A number; `text` when a string that holds one will do. */
export interface Numeric {
  readonly kind: 'number'
  readonly integer: boolean
  readonly text: boolean
  readonly minimum?: number
  readonly maximum?: number
}

/** A boolean; `text` when a string that holds one will do. */
export interface Flag {
  readonly kind: 'flag'
  readonly text: boolean
}

export interface Nothing {
  readonly kind: 'nothing'
}

export interface Anything {
  readonly kind: 'anything'
}

export interface List {
  readonly kind: 'list'
  readonly items: Shape
  /** No item may stand twice. */
  readonly unique: boolean
  readonly minimum?: number
}

/** A mapping whose keys are names that the user chose. */
export interface Table {
  readonly kind: 'table'
  readonly values: Shape
  /** What a value is called in a message: `a service`. */
  readonly noun?: string
  /** Names that are allowed; all when absent. */
  readonly keys?: RegExp
}

/** A mapping with known keys; `x-*` is always allowed beside them. */
export interface Fields {
  readonly kind: 'fields'
  /** What it is called in a message: `a port`. */
  readonly noun: string
  readonly fields: Readonly<Record<string, Field>>
  readonly required: readonly string[]
}

/** Alternatives that a value's own type tells apart: no two are both lists, or both mappings. */
export interface Either {
  readonly kind: 'either'
  readonly shapes: readonly Shape[]
}

export interface Field {
  readonly shape: Shape
  /** One sentence for editors and for the reference. */
  readonly about: string
  /** What becomes of it on an engine; absent: as for what holds it. */
  readonly support?: Support
}

export const text: Text = { kind: 'text' }
export const duration: Text = { kind: 'text', format: 'duration' }
export const flag: Flag = { kind: 'flag', text: true }
export const nothing: Nothing = { kind: 'nothing' }
export const anything: Anything = { kind: 'anything' }
export const integer: Numeric = { kind: 'number', integer: true, text: true }
export const number: Numeric = { kind: 'number', integer: false, text: true }

export function choice(...choices: readonly string[]): Text {
  return { kind: 'text', choices }
}

/** A text that must fit a pattern. */
export function fitting(pattern: RegExp, say: string): Text {
  return { kind: 'text', pattern, say }
}

export function within(shape: Numeric, minimum: number, maximum?: number): Numeric {
  return maximum === undefined ? { ...shape, minimum } : { ...shape, minimum, maximum }
}

/** Numbers that have to be numbers: a string is refused. */
export function strict<T extends Numeric | Flag>(shape: T): T {
  return { ...shape, text: false }
}

export function list(items: Shape): List {
  return { kind: 'list', items, unique: false }
}

export function set(items: Shape): List {
  return { kind: 'list', items, unique: true }
}

export function table(values: Shape, options: Pick<Table, 'noun' | 'keys'> = {}): Table {
  return { kind: 'table', values, ...options }
}

export function fields(
  noun: string,
  known: Readonly<Record<string, Field>>,
  required: readonly string[] = [],
): Fields {
  return { kind: 'fields', noun, fields: known, required }
}

export function either(...shapes: readonly Shape[]): Either {
  return { kind: 'either', shapes }
}

export function field(shape: Shape, about: string, support?: Support): Field {
  return support === undefined ? { shape, about } : { shape, about, support }
}

/** A string or a list of them. */
export const texts = either(text, list(text))
/** A size: a number of bytes, or a string with a unit. */
export const bytes = either(number, { kind: 'text', format: 'bytes' } satisfies Text)
/** A scalar as it stands in a mapping of variables or labels. */
export const scalarOrNothing = either(text, strict(number), strict(flag), nothing)
/** `KEY: value` pairs, or a list of `KEY=value`. */
export const pairs = either(table(scalarOrNothing), list(text))
/** A command line, or a list of words; nothing means the image's own. */
export const commandLine = either(nothing, text, list(text))
