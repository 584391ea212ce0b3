import type { Source } from '../source.ts'
import { isMapping, makeMapping, markOf, push, put, type Mapping, type Tree } from '../tree.ts'
import { scanName, useAlias } from './alias.ts'
import {
  COLON,
  DASH,
  HASH,
  NEWLINE,
  SPACE,
  atLineEnd,
  column,
  endValue,
  giveUp,
  isBreak,
  isGivenUp,
  skipSpaces,
  skipToContent,
  type Cursor,
  type Found,
} from './cursor.ts'
import { scanFlow } from './flow.ts'
import { scanBlockText, scanPlain, scanQuoted } from './scalar.ts'

/**
 * Reads a file of one document that keeps to the YAML that people write in
 * Compose files: block mappings and sequences, flow collections, texts in every
 * spelling that stays on its lines, anchors, aliases and merge keys.
 *
 * The full parser takes ten times as long, most of it for what such files don't
 * have. Whatever is not plainly right is left to it: the scanner reports no
 * mistake, and where it gives a tree the full parser would give the same.
 *
 * @returns undefined when the file has to go to the full parser.
 */
export function scanDocument(source: Source): Mapping | undefined {
  const { text } = source
  if (unusual.test(text)) return undefined
  const cursor: Cursor = {
    source,
    text,
    position: 0,
    line: 0,
    anchors: new Map(),
    aliased: 20_000,
    depth: 0,
  }
  try {
    skipStart(cursor)
    if (!skipToContent(cursor)) return undefined
    const { value } = scanMapping(cursor, column(cursor))
    return cursor.position >= text.length ? value : undefined
  } catch (thrown) {
    if (isGivenUp(thrown)) return undefined
    throw thrown
  }
}

/** Tabs, carriage returns, other control characters, line separators, byte order marks, lone surrogates. */
const unusual = /[^\n -~\u00a1-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u

/** Comments and blank lines, then `---` on a line of its own. */
function skipStart(cursor: Cursor): void {
  const match = /^(?:[ ]*(?:#[^\n]*)?\n)*---[ ]*\n/.exec(cursor.text)
  if (match === null) return
  cursor.position = match[0].length
  cursor.line = cursor.position
}

interface FoundMapping extends Found {
  readonly value: Mapping
}

/** A block mapping whose keys stand at a column; the position is at its first key. */
function scanMapping(cursor: Cursor, at: number): FoundMapping {
  const offset = cursor.position
  const mapping = makeMapping()
  const merges: Tree[] = []
  enter(cursor)
  for (;;) {
    scanPair(cursor, at, mapping, merges)
    if (!skipToContent(cursor) || column(cursor) < at) break
    if (column(cursor) > at) giveUp()
  }
  for (const origin of merges) mergeInto(mapping, origin)
  cursor.depth -= 1
  return { value: mapping, offset }
}

function scanPair(cursor: Cursor, at: number, mapping: Mapping, merges: Tree[]): void {
  const offset = cursor.position
  const key = scanKey(cursor)
  skipSpaces(cursor)
  const found = scanValue(cursor, at)
  if (key === '<<' && cursor.text.charCodeAt(offset) === 0x3c) {
    merges.push(found?.value ?? giveUp())
    return
  }
  if (markOf(mapping, key) !== undefined) giveUp()
  const mark = { source: cursor.source, key: offset, value: found?.offset ?? offset, text: found?.text }
  put(mapping, key, found === undefined ? null : found.value, mark)
}

/** A key and its colon. */
function scanKey(cursor: Cursor): string {
  const { text, position: offset } = cursor
  const first = text.charAt(offset)
  if (first === '"' || first === "'") {
    const { value } = scanQuoted(cursor)
    skipSpaces(cursor)
    if (text.charCodeAt(cursor.position) !== COLON || !isBreak(text, cursor.position + 1)) giveUp()
    cursor.position += 1
    if (typeof value !== 'string' || cursor.position - offset > 1000) giveUp()
    return value
  }
  const colon = findColon(text, offset)
  if (colon === undefined || colon === offset || colon - offset > 1000) giveUp()
  cursor.position = offset
  const { value } = scanPlainKey(text.slice(offset, colon), cursor)
  cursor.position = colon + 1
  return typeof value === 'string' ? value : giveUp()
}

/** The text of a key as a plain scalar, so that `1:` or `true:` are seen for what they are. */
function scanPlainKey(key: string, cursor: Cursor): Found {
  const part: Cursor = { ...cursor, text: key.replace(/ +$/, ''), position: 0, line: 0 }
  const found = scanPlain(part, false)
  return part.position === part.text.length ? found : giveUp()
}

/** The colon that ends a plain key on this line. */
function findColon(text: string, from: number): number | undefined {
  for (let position = from; position < text.length; position += 1) {
    const code = text.charCodeAt(position)
    if (code === NEWLINE) return undefined
    if (code === HASH && text.charCodeAt(position - 1) === SPACE) return undefined
    if (code === COLON && isBreak(text, position + 1)) return position
  }
  return undefined
}

/** The value of a pair whose key stands at a column; undefined when there is none. */
function scanValue(cursor: Cursor, at: number): Found | undefined {
  if (atLineEnd(cursor)) return scanBelow(cursor, at, true)
  if (cursor.text.charAt(cursor.position) !== '&') return scanInline(cursor, at)
  const name = scanName(cursor)
  if (cursor.anchors.has(name)) giveUp()
  skipSpaces(cursor)
  const found = atLineEnd(cursor) ? scanBelow(cursor, at, false) : scanInline(cursor, at)
  if (found === undefined) giveUp()
  cursor.anchors.set(name, found)
  return found
}

/** A block that begins on a line below; a sequence may stand at the column of its key. */
function scanBelow(cursor: Cursor, at: number, mayBeLevel: boolean): Found | undefined {
  if (!skipToContent(cursor)) return undefined
  const below = column(cursor)
  const isSequence =
    cursor.text.charCodeAt(cursor.position) === DASH && isBreak(cursor.text, cursor.position + 1)
  if (below < at || (below === at && !isSequence)) return undefined
  if (below === at && !mayBeLevel) giveUp()
  const first = cursor.text.charAt(cursor.position)
  if (first === '[' || first === '{') {
    const found = scanFlow(cursor, at)
    endValue(cursor)
    return found
  }
  return isSequence ? scanSequence(cursor, below, below === at) : scanMapping(cursor, below)
}

/** @param level The sequence stands at the column of its key, so a key may end it. */
function scanSequence(cursor: Cursor, at: number, level: boolean): Found {
  const offset = cursor.position
  const items: Tree[] = []
  enter(cursor)
  for (;;) {
    cursor.position += 1
    skipSpaces(cursor)
    const { value, text, offset: start } = scanItem(cursor, at)
    push(items, value, { source: cursor.source, key: start, value: start, text })
    if (!skipToContent(cursor) || column(cursor) < at) break
    const isNext =
      cursor.text.charCodeAt(cursor.position) === DASH && isBreak(cursor.text, cursor.position + 1)
    if (column(cursor) === at && isNext) continue
    if (column(cursor) === at && level) break
    giveUp()
  }
  cursor.depth -= 1
  return { value: items, offset }
}

function scanItem(cursor: Cursor, at: number): Found {
  const { text, position } = cursor
  if (atLineEnd(cursor)) {
    const found = scanBelow(cursor, at, false)
    return found ?? giveUp()
  }
  if (text.charCodeAt(position) === DASH && isBreak(text, position + 1)) {
    return scanSequence(cursor, column(cursor), false)
  }
  if (text.charAt(position) === '&') {
    const name = scanName(cursor)
    if (cursor.anchors.has(name)) giveUp()
    skipSpaces(cursor)
    if (isPairAhead(cursor)) giveUp()
    const found = atLineEnd(cursor) ? scanBelow(cursor, at, false) : scanInline(cursor, at)
    if (found === undefined) giveUp()
    cursor.anchors.set(name, found)
    return found
  }
  return isPairAhead(cursor) ? scanMapping(cursor, column(cursor)) : scanInline(cursor, at)
}

/** Whether a key follows on this line. */
function isPairAhead(cursor: Cursor): boolean {
  const { text, position } = cursor
  const first = text.charAt(position)
  if (first === '"' || first === "'") {
    const ahead: Cursor = { ...cursor }
    scanQuoted(ahead)
    skipSpaces(ahead)
    return text.charCodeAt(ahead.position) === COLON
  }
  if ('[{*|>'.includes(first)) return false
  return findColon(text, position) !== undefined
}

/** A value that begins on the line of its key or dash. */
function scanInline(cursor: Cursor, parent: number): Found {
  const first = cursor.text.charAt(cursor.position)
  if (first === '|' || first === '>') return scanBlockText(cursor, parent)
  const found = scanOnLine(cursor, first, parent)
  endValue(cursor)
  return found
}

function scanOnLine(cursor: Cursor, first: string, parent: number): Found {
  if (first === '"' || first === "'") return scanQuoted(cursor)
  if (first === '[' || first === '{') return scanFlow(cursor, parent)
  if (first === '*') return useAlias(cursor)
  return scanPlain(cursor, false)
}

/** `<<` brings in what isn't there yet; with a sequence earlier mappings win. */
function mergeInto(mapping: Mapping, value: Tree): void {
  for (const origin of Array.isArray(value) ? value : [value]) {
    if (!isMapping(origin)) giveUp()
    for (const key of Object.keys(origin)) {
      if (markOf(mapping, key) === undefined) put(mapping, key, origin[key] as Tree, markOf(origin, key))
    }
  }
}

function enter(cursor: Cursor): void {
  cursor.depth += 1
  if (cursor.depth > 50) giveUp()
}
