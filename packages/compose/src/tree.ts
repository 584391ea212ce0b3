import type { SourcePosition } from '@bulkhead/model'
import { positionAt, type Source } from './source.ts'

/**
 * What a YAML document holds: plain values, so that they can be validated and
 * printed as they are. Mappings have no prototype: `constructor` and
 * `__proto__` are keys like any other.
 */
export type Tree = Scalar | Tree[] | Mapping
export type Scalar = string | number | boolean | null
export interface Mapping {
  [key: string]: Tree
}
export type Path = readonly (string | number)[]

/** Where an entry of a mapping or a sequence was written. */
export interface Mark {
  readonly source: Source
  /** Offset of the key; for items of a sequence that of the value. */
  readonly key: number
  readonly value: number
  /** The scalar as Compose writes it into a text, where that isn't what String() gives. */
  readonly text?: string | undefined
}

/**
 * Marks hang on the containers from outside: a tree stays plain data, and what
 * copies an entry from one container to another says so with `put`. Copies of a
 * container share its marks until one of them is written to.
 */
const marks = new WeakMap<object, Marks>()

interface Marks {
  readonly byKey: Map<string | number, Mark>
  shared: boolean
}

export function makeMapping(): Mapping {
  return Object.create(null) as Mapping
}

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function markOf(container: object, key: string | number): Mark | undefined {
  return marks.get(container)?.byKey.get(key)
}

export function setMark(container: object, key: string | number, mark: Mark | undefined): void {
  if (mark === undefined) return
  const known = marks.get(container)
  if (known === undefined) {
    marks.set(container, { byKey: new Map([[key, mark]]), shared: false })
  } else if (!known.shared) known.byKey.set(key, mark)
  else if (known.byKey.get(key) !== mark) {
    marks.set(container, { byKey: new Map(known.byKey).set(key, mark), shared: false })
  }
}

export function put(target: Mapping, key: string, value: Tree, mark: Mark | undefined): void {
  target[key] = value
  setMark(target, key, mark)
}

export function push(target: Tree[], value: Tree, mark: Mark | undefined): void {
  setMark(target, target.length, mark)
  target.push(value)
}

/** A deep copy that keeps the places. */
export function clone(tree: Tree): Tree {
  if (Array.isArray(tree)) {
    const items = tree.map(clone)
    copyMarks(tree, items)
    return items
  }
  if (!isMapping(tree)) return tree
  const copy = makeMapping()
  for (const key of Object.keys(tree)) copy[key] = clone(tree[key] as Tree)
  copyMarks(tree, copy)
  return copy
}

/** Gives a copy of a container the marks of the original. */
export function copyMarks(from: object, to: object): void {
  const known = marks.get(from)
  if (known === undefined) return
  known.shared = true
  marks.set(to, known)
}

/** Text of a scalar; empty for null, for what isn't there and for collections, which have no text. */
export function scalarText(value: Tree | undefined): string {
  return typeof value === 'object' || value === undefined ? '' : String(value)
}

/** Text of a scalar as it goes into `KEY=value`. */
export function textOf(container: object, key: string | number, value: Tree): string {
  return markOf(container, key)?.text ?? scalarText(value)
}

export function markPosition(mark: Mark, token: 'key' | 'value'): SourcePosition {
  return positionAt(mark.source, token === 'key' ? mark.key : mark.value)
}

/** The mark of an element, or of its nearest ancestor that has one. */
export function findMark(
  root: Tree,
  path: Path,
): { readonly mark: Mark; readonly exact: boolean } | undefined {
  let node: Tree | undefined = root
  let found: Mark | undefined
  let depth = 0
  for (const [index, part] of path.entries()) {
    if (typeof node !== 'object' || node === null) break
    const mark = markOf(node, Array.isArray(node) ? Number(part) : String(part))
    if (mark !== undefined) {
      found = mark
      depth = index + 1
    }
    node = Array.isArray(node) ? node[Number(part)] : node[String(part)]
  }
  return found === undefined ? undefined : { mark: found, exact: depth === path.length }
}

/** The place of an element's value, or of the key of its nearest written ancestor. */
export function positionIn(
  root: Tree,
  path: Path,
  token: 'key' | 'value' = 'value',
): SourcePosition | undefined {
  const found = findMark(root, path)
  if (found === undefined) return undefined
  return markPosition(found.mark, found.exact ? token : 'key')
}

/** The mapping under a key; undefined for anything else. */
export function mappingAt(parent: Tree | undefined, key: string): Mapping | undefined {
  const value = isMapping(parent) ? parent[key] : undefined
  return isMapping(value) ? value : undefined
}
