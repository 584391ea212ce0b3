import type { Problem, SourcePosition } from '@bulkhead/model'
import { interpolate, type Lookup } from '../template/interpolate.ts'
import type { TemplateProblem } from '../template/parse.ts'
import { positions } from './position.ts'
import { parseRaw } from './raw.ts'
import { maximumProblems, type Dotenv } from './result.ts'

export interface DotenvOptions {
  /** The file's name in positions. */
  readonly file: string
  /** Variables of the caller; they hold over the file's own where a value reads a variable. */
  readonly variable: Lookup
  /** `raw`: every value is taken as it is, no quotes, no variables. */
  readonly format?: 'raw' | undefined
}

/**
 * Reads an env file: `NAME=value`, `NAME: value`, `export NAME=value`, or a bare
 * `NAME` that is taken from the environment. Single quotes keep their text,
 * double quotes know escapes, both may span lines; unquoted and double-quoted
 * values read variables. Pure; never throws for what the file holds.
 *
 * @see https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax
 */
export function parseDotenv(text: string, options: DotenvOptions): Dotenv {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text
  const place = positions(source, options.file)
  if (options.format === 'raw') return parseRaw(source, options.variable, place)
  const reader: Reader = {
    source,
    options,
    place,
    position: 0,
    lineEnd: -1,
    values: new Map(),
    problems: [],
    errors: 0,
  }
  while (reader.position < source.length && reader.errors < maximumProblems) readStatement(reader)
  return { values: reader.values, problems: reader.problems }
}

interface Reader {
  readonly source: string
  readonly options: DotenvOptions
  readonly place: (offset: number) => SourcePosition
  position: number
  /** End of the line that was last asked for: many statements may stand on one line. */
  lineEnd: number
  readonly values: Map<string, string>
  readonly problems: Problem[]
  errors: number
}

function readStatement(reader: Reader): void {
  const { source } = reader
  const start = skipSpace(source, reader.position)
  if (start >= source.length) {
    reader.position = start
    return
  }
  if (source.charAt(start) === '#') {
    reader.position = endOfLine(reader, start)
    return
  }
  const keyStart = skipExport(source, start)
  const lineEnd = endOfLine(reader, keyStart)
  const separator = findSeparator(source, keyStart, lineEnd)
  const key = source.slice(keyStart, separator ?? lineEnd).trim()
  const mistake = mistakeInKey(key)
  if (mistake !== undefined) {
    report(reader, keyStart, `${mistake} in an env file.`, 'Write one NAME=value a line.')
    reader.position = lineEnd
    return
  }
  if (separator === undefined) {
    const inherited = reader.options.variable(key)
    if (inherited !== undefined) reader.values.set(key, inherited)
    reader.position = lineEnd
    return
  }
  readValue(reader, key, separator + 1, lineEnd)
}

function readValue(reader: Reader, key: string, from: number, lineEnd: number): void {
  const { source } = reader
  let start = from
  while (start < lineEnd && isBlank(source.charCodeAt(start))) start += 1
  const quote = source.charAt(start)
  if (start < lineEnd && (quote === '"' || quote === "'")) {
    readQuoted(reader, key, start, quote)
    return
  }
  reader.position = lineEnd
  const line = source.slice(start, lineEnd)
  const comment = line.indexOf(' #')
  const raw = (comment < 0 ? line : line.slice(0, comment)).trim()
  setExpanded(reader, key, raw, start)
}

function readQuoted(reader: Reader, key: string, open: number, quote: string): void {
  const { source } = reader
  const close = findQuote(source, open + 1, quote)
  if (close === undefined) {
    report(reader, open, `The quoted value of ${key} has no closing ${quote}.`, `Close it with ${quote}.`)
    reader.position = source.length
    return
  }
  reader.position = skipComment(reader, close + 1)
  const inner = source.slice(open + 1, close)
  if (quote === "'") reader.values.set(key, inner.replaceAll("\\'", "'"))
  else setExpanded(reader, key, unescape(inner), open)
}

function setExpanded(reader: Reader, key: string, text: string, offset: number): void {
  const { values, options } = reader
  const { value, problems, unset } = interpolate(text, (name) => options.variable(name) ?? values.get(name))
  for (const problem of problems) addError(reader, valueProblem(reader, key, problem, offset))
  for (const { name } of unset) {
    if (reader.problems.length >= maximumProblems) break
    reader.problems.push({
      severity: 'warning',
      code: 'BH_INTERPOLATION_INVALID',
      message: `The variable ${name} is not set; the value of ${key} has a blank in its place.`,
      hint: `Set ${name}, or write \${${name}-} where blank is meant.`,
      at: reader.place(offset),
    })
  }
  values.set(key, value)
}

/** The template's own message shows a piece of the value, which may be a secret. */
function valueProblem(reader: Reader, key: string, problem: TemplateProblem, offset: number): Problem {
  const message =
    problem.code === 'BH_INTERPOLATION_INVALID'
      ? `The value of ${key} holds a variable expression that can't be read.`
      : problem.message
  return { severity: 'error', code: problem.code, message, hint: problem.hint, at: reader.place(offset) }
}

function report(reader: Reader, offset: number, message: string, hint: string): void {
  addError(reader, { severity: 'error', code: 'BH_COMPOSE_SYNTAX', message, hint, at: reader.place(offset) })
}

function addError(reader: Reader, problem: Problem): void {
  reader.errors += 1
  reader.problems.push(problem)
}

/** Escapes of double quotes; a `\$` turns into the template's own escape. Unknown ones stay as they are. */
function unescape(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\(?:0([0-7]{3})|([abfnrtv\\"$]))/g, (_, octal?: string, letter?: string) =>
    octal === undefined
      ? (escapes[letter ?? ''] ?? '')
      : String.fromCharCode(Number.parseInt(octal, 8) & 0xff),
  )
}

const escapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  $: '$$',
}

function findQuote(source: string, from: number, quote: string): number | undefined {
  let index = from
  while (index < source.length) {
    const character = source.charAt(index)
    if (character === quote) return index
    const escaped = character === '\\' && (quote === '"' || source.charAt(index + 1) === quote)
    index += escaped ? 2 : 1
  }
  return undefined
}

function skipSpace(source: string, from: number): number {
  let index = from
  while (index < source.length && source.charAt(index).trim() === '') index += 1
  return index
}

function skipExport(source: string, start: number): number {
  if (!source.startsWith('export', start)) return start
  let index = start + 6
  while (isBlank(source.charCodeAt(index))) index += 1
  const next = source.charAt(index)
  return index === start + 6 || next === '=' || next === ':' ? start : index
}

/** What follows a closing quote: blanks and a comment belong to it. */
function skipComment(reader: Reader, from: number): number {
  const { source } = reader
  let index = from
  while (isBlank(source.charCodeAt(index))) index += 1
  return source.charAt(index) === '#' ? endOfLine(reader, index) : index
}

function findSeparator(source: string, from: number, lineEnd: number): number | undefined {
  for (let index = from; index < lineEnd; index += 1) {
    const code = source.charCodeAt(index)
    if (code === 0x3d || code === 0x3a) return index
  }
  return undefined
}

function mistakeInKey(key: string): string | undefined {
  if (/\s/u.test(key)) return `A variable name can't contain a space`
  const bad = /[^\p{L}\p{N}_.[\]-]/u.exec(key)
  return bad === null ? undefined : `The character "${bad[0]}" can't stand in a variable name`
}

function endOfLine(reader: Reader, from: number): number {
  if (from <= reader.lineEnd && from >= reader.position) return reader.lineEnd
  const newline = reader.source.indexOf('\n', from)
  reader.lineEnd = newline < 0 ? reader.source.length : newline
  return reader.lineEnd
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0xa0
}
