import { clone, type Tree } from '../tree.ts'
import { giveUp, type Cursor, type Found } from './cursor.ts'

/** The name after `&` or `*`. */
export function scanName(cursor: Cursor): string {
  const { text } = cursor
  const start = cursor.position + 1
  let end = start
  while (isNameCharacter(text.charCodeAt(end))) end += 1
  const code = text.charCodeAt(end)
  const isEnd =
    end >= text.length || code === 0x20 || code === 0x0a || code === 0x2c || code === 0x5d || code === 0x7d
  if (end === start || !isEnd) giveUp()
  cursor.position = end
  return text.slice(start, end)
}

/** A copy of what the anchor stands for; one that isn't complete yet is left to the full parser. */
export function useAlias(cursor: Cursor): Found {
  const offset = cursor.position
  const found = cursor.anchors.get(scanName(cursor))
  if (found === undefined) giveUp()
  cursor.aliased -= sizeOf(found.value)
  if (cursor.aliased < 0) giveUp()
  return { value: clone(found.value), text: found.text, offset }
}

function sizeOf(tree: Tree): number {
  if (typeof tree !== 'object' || tree === null) return 1
  let size = 1
  for (const item of Object.values(tree)) size += sizeOf(item)
  return size
}

/** Letters, digits, `-`, `_` and `.`: others are left to the full parser. */
function isNameCharacter(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5a) ||
    (code >= 0x61 && code <= 0x7a) ||
    code === 0x2d ||
    code === 0x5f ||
    code === 0x2e
  )
}
