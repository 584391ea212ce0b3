/** What a template may do when its variable is unset (or, with a colon, empty too). */
export type Operator = '-' | ':-' | '?' | ':?' | '+' | ':+'

/** One piece of a template: literal text, or a variable with what to do about it. */
export type TemplatePart = string | Substitution

export interface Substitution {
  readonly name: string
  /** Offset of the `$` in the whole string, in UTF-16 units. */
  readonly offset: number
  /** Length from the `$` to the end of the expression. */
  readonly length: number
  readonly operator?: Operator | undefined
  /** The text after the operator: a template of its own. */
  readonly operand: readonly TemplatePart[]
  /** The operand as written. */
  readonly source: string
}

/** One thing that is wrong with a template; the place is a range of the string. */
export interface TemplateProblem {
  readonly code: 'BH_INTERPOLATION_INVALID' | 'BH_VARIABLE_REQUIRED' | 'BH_COMPOSE_TOO_COMPLEX'
  readonly message: string
  readonly hint?: string | undefined
  readonly offset: number
  readonly length: number
}

export interface ParsedTemplate {
  readonly parts: readonly TemplatePart[]
  /** The first syntax error; `parts` ends before it. */
  readonly problem?: TemplateProblem | undefined
}

/** Expressions nested deeper than this are refused: nobody writes them, and they would cost the stack. */
export const maximumNesting = 100

/**
 * Splits a string into text and variables: `$NAME`, `${NAME}`, `${NAME-text}`,
 * `${NAME:-text}`, the same with `?` and `+`, and `$$` for a dollar sign.
 *
 * Runs in time linear in the length. The closing brace of an expression is the
 * one that balances its opening brace; when braces in a text are not balanced
 * it is the last one of the line. An expression ends on the line it starts on.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
 */
export function parseTemplate(text: string): ParsedTemplate {
  if (!text.includes('$')) return { parts: text === '' ? [] : [text] }
  const parser: Parser = { text, closing: undefined, problem: undefined }
  const parts = parseRange(parser, 0, text.length, 0)
  return { parts, problem: parser.problem }
}

interface Parser {
  readonly text: string
  /** For each opening brace the offset of the brace that balances it; made when first needed. */
  closing: Int32Array | undefined
  problem: TemplateProblem | undefined
}

function parseRange(parser: Parser, start: number, end: number, depth: number): readonly TemplatePart[] {
  const { text } = parser
  const parts: TemplatePart[] = []
  let literal = ''
  let position = start
  while (position < end) {
    const found = text.indexOf('$', position)
    const dollar = found < 0 || found >= end ? end : found
    literal += text.slice(position, dollar)
    if (dollar === end) break
    const next = dollar + 1 < end ? text.charCodeAt(dollar + 1) : 0
    if (next === DOLLAR) {
      literal += '$'
      position = dollar + 2
      continue
    }
    if (next !== OPEN && !isNameStart(next)) {
      literal += '$'
      position = dollar + 1
      continue
    }
    const substitution =
      next === OPEN ? parseBraced(parser, dollar, end, depth) : parseNamed(parser, dollar, end)
    if (substitution === undefined) return parts
    if (literal !== '') parts.push(literal)
    literal = ''
    parts.push(substitution)
    position = dollar + substitution.length
  }
  if (literal !== '') parts.push(literal)
  return parts
}

function parseNamed({ text }: Parser, dollar: number, end: number): Substitution {
  const nameEnd = endOfName(text, dollar + 1, end)
  const name = text.slice(dollar + 1, nameEnd)
  return { name, offset: dollar, length: nameEnd - dollar, operand: [], source: '' }
}

function parseBraced(parser: Parser, dollar: number, end: number, depth: number): Substitution | undefined {
  const { text } = parser
  const nameStart = dollar + 2
  const nameEnd = endOfName(text, nameStart, end)
  const name = text.slice(nameStart, nameEnd)
  if (name === '') return fail(parser, dollar, end, 'has no variable name after "${"')
  if (nameEnd < end && text.charCodeAt(nameEnd) === CLOSE) {
    return { name, offset: dollar, length: nameEnd + 1 - dollar, operand: [], source: '' }
  }
  const operator = operatorAt(text, nameEnd, end)
  if (operator === undefined) {
    const what =
      nameEnd < end ? `has an unexpected "${characterAt(text, nameEnd)}" after the name` : 'is not closed'
    return fail(parser, dollar, end, what)
  }
  const operandStart = nameEnd + operator.length
  const close = closingBrace(parser, dollar + 1, operandStart, end)
  if (close === undefined) return fail(parser, dollar, end, 'is not closed on its line')
  if (depth >= maximumNesting) {
    parser.problem = {
      code: 'BH_COMPOSE_TOO_COMPLEX',
      message: `Variables are nested more than ${maximumNesting} levels deep.`,
      hint: 'Move a part of the expression to a variable of its own.',
      offset: dollar,
      length: 2,
    }
    return undefined
  }
  const operand = parseRange(parser, operandStart, close, depth + 1)
  if (parser.problem !== undefined) return undefined
  const source = text.slice(operandStart, close)
  return { name, offset: dollar, length: close + 1 - dollar, operator, operand, source }
}

function fail(parser: Parser, dollar: number, end: number, what: string): undefined {
  parser.problem = {
    code: 'BH_INTERPOLATION_INVALID',
    message: `The variable expression "${excerpt(parser.text, dollar, end)}" ${what}.`,
    hint: 'Write `$$` where a plain dollar sign is meant.',
    offset: dollar,
    length: Math.min(2, end - dollar),
  }
  return undefined
}

function excerpt(text: string, start: number, end: number): string {
  const piece = text.slice(start, Math.min(end, start + 40))
  const line = piece.split('\n', 1)[0] ?? piece
  return line.length < Math.min(end, text.length) - start && line.length === 40 ? `${line}…` : line
}

function operatorAt(text: string, at: number, end: number): Operator | undefined {
  if (at >= end) return undefined
  const first = text.charAt(at)
  if (first === '-' || first === '?' || first === '+') return first
  const second = at + 1 < end ? text.charAt(at + 1) : ''
  if (first === ':' && (second === '-' || second === '?' || second === '+')) return `:${second}`
  return undefined
}

function closingBrace(parser: Parser, open: number, from: number, end: number): number | undefined {
  const next = simpleClose(parser.text, from, end)
  if (next !== undefined) return next
  parser.closing ??= balance(parser.text)
  const balanced = parser.closing[open] ?? 0
  if (balanced > 0 && balanced < end) return balanced
  // Not balanced: what follows the last brace of the line holds no further
  // expression, so this search is not repeated over the same characters.
  const newline = parser.text.indexOf('\n', from)
  const lineEnd = newline < 0 || newline > end ? end : newline
  const last = parser.text.lastIndexOf('}', lineEnd - 1)
  return last < from ? undefined : last
}

/** The closing brace where none opens before it: most expressions need no more. */
function simpleClose(text: string, from: number, end: number): number | undefined {
  const limit = Math.min(end, from + longestSimple)
  for (let index = from; index < limit; index += 1) {
    const code = text.charCodeAt(index)
    if (code === CLOSE) return index
    if (code === OPEN || code === NEWLINE) return undefined
  }
  return undefined
}

/** Pairs braces inside of expressions. Entry 0 means no pair: no brace can close at offset 0. */
function balance(text: string): Int32Array {
  const closing = new Int32Array(text.length)
  const open: number[] = []
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === NEWLINE) open.length = 0
    else if (code === OPEN && (open.length > 0 || text.charCodeAt(index - 1) === DOLLAR)) open.push(index)
    else if (code === CLOSE) {
      const start = open.pop()
      if (start !== undefined) closing[start] = index
    }
  }
  return closing
}

/** Looking further in vain, again and again, would not be linear. */
const longestSimple = 200

const DOLLAR = 0x24
const OPEN = 0x7b
const CLOSE = 0x7d
const NEWLINE = 0x0a

function isNameStart(code: number): boolean {
  return code === 0x5f || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
}

function endOfName(text: string, start: number, end: number): number {
  if (start >= end || !isNameStart(text.charCodeAt(start))) return start
  let index = start + 1
  while (index < end) {
    const code = text.charCodeAt(index)
    if (!isNameStart(code) && (code < 0x30 || code > 0x39)) break
    index += 1
  }
  return index
}

function characterAt(text: string, index: number): string {
  return String.fromCodePoint(text.codePointAt(index) ?? 0)
}
