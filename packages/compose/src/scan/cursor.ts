import type { Source } from '../source.ts'
import type { Tree } from '../tree.ts'

/** A node as the scanner found it. */
export interface Found {
  readonly value: Tree
  /** The scalar's text where that isn't what String() gives. */
  readonly text?: string | undefined
  /** Where it begins. */
  readonly offset: number
}

/** Where the scanner is in a file. */
export interface Cursor {
  readonly source: Source
  readonly text: string
  position: number
  /** Offset of the line that the position is on. */
  line: number
  readonly anchors: Map<string, Found>
  /** Elements that aliases may still add. */
  aliased: number
  depth: number
}

/** Thrown when the file has something that the scanner leaves to the full parser. */
const unsuitable = Symbol('unsuitable')

/** Leaves the file to the full parser: it knows all of YAML, and tells mistakes. */
export function giveUp(): never {
  throw unsuitable
}

export function isGivenUp(thrown: unknown): boolean {
  return thrown === unsuitable
}

export const SPACE = 0x20
export const NEWLINE = 0x0a
export const HASH = 0x23
export const COLON = 0x3a
export const DASH = 0x2d
const DOT = 0x2e

/** Moves to the next character that isn't blank or part of a comment. False at the end of the file. */
export function skipToContent(cursor: Cursor): boolean {
  const { text } = cursor
  let { position } = cursor
  for (;;) {
    const code = text.charCodeAt(position)
    if (code === SPACE) position += 1
    else if (code === NEWLINE) {
      position += 1
      cursor.line = position
    } else if (code === HASH) {
      const before = text.charCodeAt(position - 1)
      if (position > 0 && before !== SPACE && before !== NEWLINE) giveUp()
      position = endOfLine(text, position)
    } else break
  }
  cursor.position = position
  if (position >= text.length) return false
  if (position === cursor.line && isMarker(text, position)) giveUp()
  return true
}

/** Column of the position, from 0. */
export function column(cursor: Cursor): number {
  return cursor.position - cursor.line
}

/** After a value: only blanks and a comment may stand on its line. */
export function endValue(cursor: Cursor): void {
  const { text } = cursor
  let { position } = cursor
  while (text.charCodeAt(position) === SPACE) position += 1
  const code = text.charCodeAt(position)
  const isEnd = position >= text.length || code === NEWLINE
  if (!isEnd && !(code === HASH && position > cursor.position)) giveUp()
  cursor.position = position
}

export function skipSpaces(cursor: Cursor): void {
  while (cursor.text.charCodeAt(cursor.position) === SPACE) cursor.position += 1
}

/** True where nothing but blanks or a comment follows on the line. */
export function atLineEnd({ text, position }: Cursor): boolean {
  const code = text.charCodeAt(position)
  if (position >= text.length || code === NEWLINE) return true
  return code === HASH && text.charCodeAt(position - 1) === SPACE
}

export function endOfLine(text: string, from: number): number {
  const newline = text.indexOf('\n', from)
  return newline < 0 ? text.length : newline
}

/** True for the end of a token: a blank, the end of the line or of the file. */
export function isBreak(text: string, position: number): boolean {
  const code = text.charCodeAt(position)
  return code === SPACE || code === NEWLINE || position >= text.length
}

/** `---` and `...` at the start of a line. */
function isMarker(text: string, position: number): boolean {
  const code = text.charCodeAt(position)
  if (code !== DASH && code !== DOT) return false
  return (
    text.charCodeAt(position + 1) === code &&
    text.charCodeAt(position + 2) === code &&
    isBreak(text, position + 3)
  )
}
