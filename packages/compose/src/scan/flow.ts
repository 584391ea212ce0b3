import { makeMapping, markOf, push, put, type Mapping, type Tree } from '../tree.ts'
import { useAlias } from './alias.ts'
import { COLON, HASH, NEWLINE, SPACE, giveUp, isBreak, type Cursor, type Found } from './cursor.ts'
import { scanPlain, scanQuoted } from './scalar.ts'

/** `[…]` or `{…}`; further lines must lie deeper than its parent. */
export function scanFlow(cursor: Cursor, parent: number): Found {
  const offset = cursor.position
  cursor.depth += 1
  if (cursor.depth > 50) giveUp()
  const isList = cursor.text.charAt(offset) === '['
  cursor.position += 1
  const value = isList ? scanItems(cursor, parent) : scanPairs(cursor, parent)
  cursor.depth -= 1
  return { value, offset }
}

function scanItems(cursor: Cursor, parent: number): Tree[] {
  const items: Tree[] = []
  while (!closes(cursor, ']', parent, items.length > 0)) {
    const { value, text, offset } = scanNode(cursor, parent)
    if (nextCharacter(cursor, parent) === ':') giveUp()
    push(items, value, { source: cursor.source, key: offset, value: offset, text })
  }
  return items
}

function scanPairs(cursor: Cursor, parent: number): Mapping {
  const mapping = makeMapping()
  let first = true
  while (!closes(cursor, '}', parent, !first)) {
    first = false
    const quoted = isQuote(cursor.text.charAt(cursor.position))
    const { value: key, offset } = quoted ? scanQuoted(cursor) : scanPlain(cursor, true)
    if (typeof key !== 'string' || key === '<<' || cursor.position - offset > 1000) giveUp()
    while (cursor.text.charCodeAt(cursor.position) === SPACE) cursor.position += 1
    if (cursor.text.charCodeAt(cursor.position) !== COLON) giveUp()
    if (!isBreak(cursor.text, cursor.position + 1)) giveUp()
    cursor.position += 1
    const next = nextCharacter(cursor, parent)
    if (next === ',' || next === '}') giveUp()
    const found = scanNode(cursor, parent)
    if (markOf(mapping, key) !== undefined) giveUp()
    const mark = { source: cursor.source, key: offset, value: found.offset, text: found.text }
    put(mapping, key, found.value, mark)
  }
  return mapping
}

function scanNode(cursor: Cursor, parent: number): Found {
  const character = cursor.text.charAt(cursor.position)
  if (character === '[' || character === '{') return scanFlow(cursor, parent)
  if (isQuote(character)) return scanQuoted(cursor)
  if (character === '*') return useAlias(cursor)
  return scanPlain(cursor, true)
}

/** Goes to the next item, over a comma; true over the closing mark. */
function closes(cursor: Cursor, mark: string, parent: number, needsComma: boolean): boolean {
  let character = nextCharacter(cursor, parent)
  if (needsComma && character === ',') {
    cursor.position += 1
    character = nextCharacter(cursor, parent)
  } else if (needsComma && character !== mark) giveUp()
  if (character !== mark) return false
  cursor.position += 1
  return true
}

/** The next character that isn't blank. Comments inside of a flow collection are left to the full parser. */
function nextCharacter(cursor: Cursor, parent: number): string {
  const { text } = cursor
  for (;;) {
    const code = text.charCodeAt(cursor.position)
    if (code === SPACE) cursor.position += 1
    else if (code === NEWLINE) {
      cursor.position += 1
      cursor.line = cursor.position
    } else break
  }
  if (cursor.position >= text.length || text.charCodeAt(cursor.position) === HASH) giveUp()
  const character = text.charAt(cursor.position)
  const indent = cursor.position - cursor.line
  const closes = character === ']' || character === '}'
  if (indent < parent || (indent === parent && !closes)) giveUp()
  return character
}

function isQuote(character: string): boolean {
  return character === '"' || character === "'"
}
