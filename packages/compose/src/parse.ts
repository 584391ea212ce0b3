import { isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml'
import type { Alias, Document, Node, Pair, YAMLMap, YAMLSeq } from 'yaml'
import type { Problems } from './problems.ts'
import { describeSyntax } from './syntax.ts'
import { resolvePlain, resolveTagged } from './scalar.ts'
import { scanDocument } from './scan/document.ts'
import { positionAt, type Source } from './source.ts'
import { isMapping, makeMapping, markOf, push, put, setMark } from './tree.ts'
import type { Mapping, Mark, Path, Tree } from './tree.ts'

/** Larger files aren't Compose files; the parser would need seconds for them. */
export const maximumFileSize = 1024 * 1024
const maximumDepth = 200
/** Elements that aliases may add; an alias bomb adds billions. */
const maximumAliased = 100_000
const maximumSyntaxErrors = 100

/** One YAML document of a file. */
export interface ParsedDocument {
  /** Undefined when the document can't be read. */
  readonly tree: Tree | undefined
  /** Paths whose earlier values go before this document is merged: `!reset` and `!override`. */
  readonly resets: readonly Path[]
}

/**
 * Parses the documents of a YAML file. What is wrong goes to `problems`; the
 * documents are then as complete as they can be.
 */
export function parseYaml(source: Source, problems: Problems): readonly ParsedDocument[] {
  if (source.text.length > maximumFileSize) {
    tooComplex(source, problems, 0, `${source.file} is larger than 1 MiB.`, 'Split the file with `include`.')
    return []
  }
  const deep = findDeepNesting(source.text)
  if (deep !== undefined) {
    tooComplex(
      source,
      problems,
      deep,
      `Nesting is more than ${maximumDepth} levels deep.`,
      'Flatten the file.',
    )
    return []
  }
  const scanned = scanDocument(source)
  if (scanned !== undefined) return [{ tree: scanned, resets: [] }]
  return parseFully(source, problems)
}

/** What `parseYaml` does for files that the scanner doesn't read. */
export function parseFully(source: Source, problems: Problems): readonly ParsedDocument[] {
  try {
    const documents = parseAllDocuments(source.text, {
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: 'silent',
      strict: true,
    })
    return 'empty' in documents ? [] : documents.map((document) => readDocument(document, source, problems))
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    tooComplex(source, problems, 0, `${source.file} is nested too deeply.`, 'Flatten the file.')
    return []
  }
}

interface Reading {
  readonly source: Source
  readonly problems: Problems
  readonly anchors: Map<string, Node>
  readonly open: Set<Node>
  readonly resets: Path[]
  aliased: number
  insideAlias: number
  depth: number
  stopped: boolean
}

function readDocument(document: Document.Parsed, source: Source, problems: Problems): ParsedDocument {
  const exhausted = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION')
  if (exhausted !== undefined) {
    tooComplex(
      source,
      problems,
      exhausted.pos[0],
      `${source.file} is nested too deeply.`,
      'Flatten the file.',
    )
    return { tree: undefined, resets: [] }
  }
  if (document.errors.length > 0) {
    for (const error of document.errors.slice(0, maximumSyntaxErrors)) {
      if (error.code === 'RESOURCE_EXHAUSTION') {
        tooComplex(
          source,
          problems,
          error.pos[0],
          `${source.file} is nested too deeply.`,
          'Flatten the file.',
        )
        continue
      }
      const { offset, message, hint } = describeSyntax(error, document, source.text)
      problems.error('BH_COMPOSE_SYNTAX', message, { at: positionAt(source, offset), hint })
    }
    // What can be read of such a document would only give problems that aren't there.
    return { tree: undefined, resets: [] }
  }
  const reading: Reading = {
    source,
    problems,
    anchors: new Map(),
    open: new Set(),
    resets: [],
    aliased: 0,
    insideAlias: 0,
    depth: 0,
    stopped: false,
  }
  const tree = document.contents === null ? null : readNode(reading, document.contents, []).value
  return { tree, resets: reading.resets }
}

/** `value` undefined: the element takes itself away (`!reset`). */
interface Read {
  readonly value: Tree | undefined
  readonly text?: string | undefined
}

/** @param aliased The node is the target of an alias itself. */
function readNode(reading: Reading, node: Node, path: Path, aliased = false): Read {
  if (reading.stopped) return { value: null }
  if (reading.depth > maximumDepth)
    return stop(reading, node, `Nesting is more than ${maximumDepth} levels deep.`)
  if (reading.insideAlias > 0) {
    reading.aliased += 1
    if (reading.aliased > maximumAliased) {
      return stop(reading, node, `Aliases make this file grow beyond ${maximumAliased} elements.`)
    }
  }
  if (isAlias(node)) return readAlias(reading, node, path)
  if (hasAnchor(node) && reading.insideAlias === 0) reading.anchors.set(node.anchor, node)
  if (node.tag === '!reset') {
    // A mapping that is used through an alias has lost the element where it was defined.
    if (reading.insideAlias === 0 || aliased) reading.resets.push(path)
    return { value: undefined }
  }
  if (node.tag === '!override') reading.resets.push(path)
  if (isScalar(node)) return readScalar(reading, node)
  if (reading.open.has(node)) {
    return fail(reading, node, 'This element contains itself through an alias.', 'Remove the alias.')
  }
  reading.open.add(node)
  reading.depth += 1
  const value = isMap(node)
    ? readMap(reading, node, path)
    : isSeq(node)
      ? readSequence(reading, node, path)
      : null
  reading.depth -= 1
  reading.open.delete(node)
  return { value }
}

function readAlias(reading: Reading, alias: Alias, path: Path): Read {
  const target = reading.anchors.get(alias.source)
  if (target === undefined) {
    return fail(
      reading,
      alias,
      `No anchor is named "${alias.source}".`,
      `Define it before with \`&${alias.source}\`.`,
    )
  }
  if (reading.open.has(target)) {
    return fail(
      reading,
      alias,
      `The alias *${alias.source} contains itself.`,
      'Remove the alias from its own anchor.',
    )
  }
  reading.insideAlias += 1
  const read = readNode(reading, target, path, true)
  reading.insideAlias -= 1
  return read
}

function readScalar(reading: Reading, node: Node & { value: unknown }): Read {
  const text = typeof node.value === 'string' ? node.value : ''
  const { tag } = node
  const plain = 'type' in node && (node.type === 'PLAIN' || node.type === undefined)
  const standard =
    tag?.startsWith('tag:yaml.org,2002:') === true ? tag.slice('tag:yaml.org,2002:'.length) : undefined
  // A tag of one's own makes a text: `!override 2` is "2".
  if (tag !== undefined && standard === undefined) return { value: text }
  if (standard === undefined || standard === 'merge') return plain ? resolvePlain(text) : { value: text }
  if (standard === 'str' || standard === 'timestamp') return { value: text }
  if (standard === 'binary') return { value: decodeBase64(text) }
  const resolved = resolveTagged(standard, text)
  if (resolved !== undefined) return resolved
  return fail(reading, node, `"${text}" is not a value for the tag !!${standard}.`, 'Remove the tag.')
}

function readSequence(reading: Reading, node: YAMLSeq, path: Path): Tree[] {
  const items: Tree[] = []
  for (const [index, item] of node.items.entries()) {
    const child = item as Node | null
    if (child === null) continue
    const offset = child.range?.[0] ?? 0
    const { value, text } = readNode(reading, child, [...path, index])
    if (value === undefined) continue
    push(items, value, { source: reading.source, key: offset, value: offset, text })
  }
  return items
}

function readMap(reading: Reading, node: YAMLMap, path: Path): Mapping {
  const mapping = makeMapping()
  const merges: Pair[] = []
  for (const pair of node.items) {
    if (isMergeKey(pair)) merges.push(pair)
    else readPair(reading, pair, mapping, path)
  }
  for (const pair of merges) mergeInto(reading, pair, mapping, path)
  return mapping
}

function readPair(reading: Reading, pair: Pair, mapping: Mapping, path: Path): void {
  const keyNode = pair.key as Node | null
  const key = keyNode === null ? undefined : readKey(reading, keyNode)
  if (key === undefined || keyNode === null) return
  const start = keyNode.range?.[0] ?? 0
  const known = markOf(mapping, key)
  if (known !== undefined) {
    const { line } = positionAt(reading.source, known.key)
    fail(reading, keyNode, `"${key}" is already defined at line ${line}.`, 'Remove one of the two.')
    return
  }
  const child = pair.value as Node | null
  const read: Read = child === null ? { value: null } : readNode(reading, child, [...path, key])
  const value = child === null || isEmptyNode(child) ? start : (child.range?.[0] ?? start)
  const mark: Mark = { source: reading.source, key: start, value, text: read.text }
  if (read.value === undefined) setMark(mapping, key, mark)
  else put(mapping, key, read.value, mark)
}

function readKey(reading: Reading, node: Node): string | undefined {
  const { value, text } = readNode(reading, node, [])
  if (typeof value === 'string') return value
  if (reading.stopped) return undefined
  if (value === undefined) {
    if (node.tag === '!reset') fail(reading, node, 'A key cannot be reset.', 'Put `!reset` before its value.')
    return undefined
  }
  const shown = text ?? (typeof value === 'object' && value !== null ? 'A collection' : String(value))
  fail(reading, node, `${shown} is no text, and only texts can be keys.`, 'Put the key in quotes.')
  return undefined
}

/** `<<` brings in what isn't there yet; with a sequence earlier mappings win. */
function mergeInto(reading: Reading, pair: Pair, mapping: Mapping, path: Path): void {
  const node = pair.value as Node | null
  if (node === null) return
  const before = reading.problems.list.length
  const { value } = readNode(reading, node, path)
  if (reading.problems.list.length > before) return
  const origins = Array.isArray(value) ? value : [value]
  for (const origin of origins) {
    if (!isMapping(origin)) {
      if (!reading.stopped)
        fail(reading, node, '`<<` takes a mapping or a list of mappings.', 'Give it an alias of a mapping.')
      continue
    }
    for (const key of Object.keys(origin)) {
      if (markOf(mapping, key) === undefined) put(mapping, key, origin[key] as Tree, markOf(origin, key))
    }
  }
}

function isMergeKey({ key }: Pair): boolean {
  return isScalar(key) && key.value === '<<' && (key.type === 'PLAIN' || key.type === undefined)
}

function hasAnchor(node: Node): node is Node & { anchor: string } {
  return 'anchor' in node && typeof node.anchor === 'string'
}

function isEmptyNode(node: Node): boolean {
  return node.range !== null && node.range !== undefined && node.range[0] === node.range[1]
}

function decodeBase64(text: string): string {
  return Buffer.from(text, 'base64').toString('utf8')
}

function fail(reading: Reading, node: Node, message: string, hint: string): Read {
  reading.problems.error('BH_COMPOSE_SYNTAX', message, {
    at: positionAt(reading.source, node.range?.[0] ?? 0),
    hint,
  })
  return { value: undefined }
}

function stop(reading: Reading, node: Node, message: string): Read {
  reading.stopped = true
  tooComplex(
    reading.source,
    reading.problems,
    node.range?.[0] ?? 0,
    message,
    'Write the values out where they are used.',
  )
  return { value: null }
}

function tooComplex(source: Source, problems: Problems, offset: number, message: string, hint: string): void {
  problems.error('BH_COMPOSE_TOO_COMPLEX', message, { at: positionAt(source, offset), hint })
}

/**
 * Offset of the first bracket or dash that is nested too deeply on its line, found
 * before the parser runs: it recurses. Nesting over lines is left to the parser,
 * for brackets in texts of several lines needn't match.
 */
function findDeepNesting(text: string): number | undefined {
  let depth = 0
  let dashes = 0
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === 0x5b || code === 0x7b) depth += 1
    else if ((code === 0x5d || code === 0x7d) && depth > 0) depth -= 1
    else if (code === 0x0a) {
      depth = 0
      dashes = 0
    } else if ((code === 0x2d || code === 0x3f) && isBlank(text.charCodeAt(index + 1))) dashes += 1
    if (depth > maximumDepth || dashes > maximumDepth) return index
  }
  return undefined
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a || Number.isNaN(code)
}
