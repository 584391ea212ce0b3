import { resolvePlain } from '../scalar.ts'
import { COLON, HASH, NEWLINE, SPACE, endOfLine, giveUp, isBreak, type Cursor, type Found } from './cursor.ts'

/** A plain scalar on one line; in a flow collection it ends at its marks too. */
export function scanPlain(cursor: Cursor, inFlow: boolean): Found {
  const { text, position: offset } = cursor
  if (!startsPlain(text, offset, inFlow)) giveUp()
  let end = offset
  let position = offset
  for (; position < text.length; position += 1) {
    const code = text.charCodeAt(position)
    if (code === SPACE) continue
    if (code === NEWLINE) break
    if (code === HASH && text.charCodeAt(position - 1) === SPACE) break
    if (inFlow && isFlowMark(code)) break
    if (code === COLON) {
      const next = text.charCodeAt(position + 1)
      if (isBreak(text, position + 1) || (inFlow && isFlowMark(next))) {
        if (!inFlow) giveUp()
        break
      }
    }
    end = position + 1
  }
  cursor.position = end
  const { value, text: written } = resolvePlain(text.slice(offset, end))
  return { value, text: written, offset }
}

/** A text in quotes that begins and ends on one line. */
export function scanQuoted(cursor: Cursor): Found {
  const { text, position: offset } = cursor
  const quote = text.charAt(offset)
  const lineEnd = endOfLine(text, offset)
  const single = quote === "'"
  let position = offset + 1
  let escaped = false
  for (; position < lineEnd; position += 1) {
    const character = text.charAt(position)
    if (character === '\\' && !single) {
      escaped = true
      position += 1
    } else if (character === quote) {
      if (!single || text.charAt(position + 1) !== quote) break
      escaped = true
      position += 1
    }
  }
  if (position >= lineEnd) giveUp()
  cursor.position = position + 1
  const inner = text.slice(offset + 1, position)
  if (!escaped) return { value: inner, offset }
  return { value: single ? inner.replaceAll("''", "'") : unescape(inner), offset }
}

/** A block of text after `|` or `>`, which must lie deeper than its parent. */
export function scanBlockText(cursor: Cursor, parent: number): Found {
  const { text, position: offset } = cursor
  const folded = text.charAt(offset) === '>'
  const mark = text.charAt(offset + 1)
  const chomp = mark === '-' || mark === '+' ? mark : ''
  const header = endOfLine(text, offset)
  if (offset + 1 + chomp.length !== header || header === text.length) giveUp()
  const lines: string[] = []
  let indent = -1
  let position = header + 1
  while (position < text.length) {
    const end = endOfLine(text, position)
    if (end === text.length) giveUp()
    let start = position
    while (text.charCodeAt(start) === SPACE) start += 1
    const isBlank = start === end
    if (!isBlank && indent < 0) {
      indent = start - position
      if (lines.some((line) => line !== '')) giveUp()
    }
    if (!isBlank && (start - position < indent || indent <= parent)) {
      if (start - position > parent || indent <= parent) giveUp()
      break
    }
    if (indent < 0) lines.push(end - position > parent + 1 ? ' ' : '')
    else lines.push(text.slice(Math.min(position + indent, end), end))
    position = end + 1
  }
  if (indent < 0) giveUp()
  cursor.position = position
  cursor.line = position
  return { value: joinLines(lines, folded, chomp), offset }
}

function joinLines(lines: readonly string[], folded: boolean, chomp: string): string {
  let last = lines.length
  while (last > 0 && lines[last - 1] === '') last -= 1
  const content = lines.slice(0, last)
  const body = folded ? fold(content) : content.join('\n')
  if (chomp === '-') return body
  return chomp === '' ? `${body}\n` : body + '\n'.repeat(lines.length - last + 1)
}

/**
 * Lines become one, with a space between; blank ones are line breaks. Around
 * lines that lie deeper than the others the breaks stay as they are.
 */
function fold(lines: readonly string[]): string {
  let body = ''
  let blanks = 0
  let wasDeeper = true
  let isFirst = true
  for (const line of lines) {
    if (line === '') {
      blanks += 1
      continue
    }
    const isDeeper = line.startsWith(' ')
    if (isFirst) body += '\n'.repeat(blanks)
    else if (isDeeper || wasDeeper) body += '\n'.repeat(blanks + 1)
    else body += blanks > 0 ? '\n'.repeat(blanks) : ' '
    body += line
    blanks = 0
    wasDeeper = isDeeper
    isFirst = false
  }
  return body
}

function startsPlain(text: string, position: number, inFlow: boolean): boolean {
  const character = text.charAt(position)
  if (',[]{}#&*!|>\'"%@`'.includes(character)) return false
  if (!'-?:'.includes(character)) return true
  return !isBreak(text, position + 1) && !(inFlow && isFlowMark(text.charCodeAt(position + 1)))
}

/** One of `,[]{}`. */
export function isFlowMark(code: number): boolean {
  return code === 0x2c || code === 0x5b || code === 0x5d || code === 0x7b || code === 0x7d
}

function unescape(text: string): string {
  return text.replace(/\\(.)/gsu, (_, character: string) => escapes[character] ?? giveUp())
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '/': '/',
  '\\': '\\',
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}
