import { maximumFileSize, parseYaml, type ParsedDocument } from './parse.ts'
import type { Problems } from './problems.ts'
import type { Reader } from './reader.ts'
import { makeSource, type Source } from './source.ts'
import { substitute } from './substitute.ts'
import { clone, isMapping, type Mapping, type Path } from './tree.ts'

/** What stays the same while one project is loaded. */
export interface Assembly {
  readonly reader: Reader
  readonly problems: Problems
  readonly interpolate: boolean
  readonly resolvePaths: boolean
  readonly home: string | undefined
  /** By path: each file is parsed once. */
  readonly parsed: Map<string, ParsedFile>
  /** Files that were merged so far, by include and extends too: a bound against files that multiply. */
  count: number
  /** A part of the project couldn't be read: what seems to be missing may be there. */
  incomplete: boolean
  /** Values of secrets and configs that included projects take from their own variables, by pointer. */
  readonly values: Map<string, string>
}

export interface ParsedFile {
  readonly source: Source
  readonly documents: readonly ParsedDocument[]
}

/** What an included file doesn't share with the one that includes it. */
export interface Scope {
  readonly folder: string
  readonly variable: Lookup
  /** What `environment` entries without a value are given. */
  readonly passed: Lookup
  /** The files that led here through `include`. */
  readonly included: readonly string[]
  /** Documents that services extend, by path. */
  readonly extended: Map<string, Extending>
}

export type Lookup = (name: string) => string | undefined

/** A document whose services are being extended. */
export interface Extending {
  readonly document: Mapping
  readonly resets: readonly Path[]
  readonly file: string
  /** Folder that `extends.file` starts from. */
  readonly folder: string
  readonly scope: Scope
  readonly assembly: Assembly
  readonly done: Set<string>
}

const maximumFiles = 1000

export interface ReadDocument extends ParsedDocument {
  readonly tree: Mapping
}

/** The documents of a file with their variables replaced; a missing file is a problem. */
export function readDocuments(file: string, scope: Scope, assembly: Assembly): readonly ReadDocument[] {
  const { problems } = assembly
  assembly.count += 1
  if (assembly.count > maximumFiles) {
    if (assembly.count === maximumFiles + 1) {
      problems.error('BH_COMPOSE_TOO_COMPLEX', `More than ${maximumFiles} files are included.`, {
        at: { file, line: 1, column: 1 },
        hint: 'Include each file once.',
      })
    }
    return []
  }
  const parsed = parseFile(file, assembly)
  if (parsed === undefined) {
    assembly.incomplete = true
    problems.error('BH_FILE_NOT_FOUND', `The Compose file ${file} is not there.`, { hint: 'Check the path.' })
    return []
  }
  const read: ReadDocument[] = []
  for (const { tree, resets } of parsed.documents) {
    if (tree === undefined) assembly.incomplete = true
    if (tree === undefined || tree === null) continue
    if (!isMapping(tree)) {
      problems.error('BH_COMPOSE_INVALID', 'The file must hold a mapping at its top.', {
        at: { file, line: 1, column: 1 },
        hint: 'Start with `services:`.',
      })
      continue
    }
    const copy = clone(tree) as Mapping
    if (assembly.interpolate) substitute(copy, { variable: scope.variable, problems })
    read.push({ tree: copy, resets })
  }
  return read
}

/** A file's documents as they are written; undefined when it isn't there. */
export function parseFile(file: string, { reader, problems, parsed }: Assembly): ParsedFile | undefined {
  const known = parsed.get(file)
  if (known !== undefined) return known
  const bytes = reader.readFile(file)
  if (bytes === undefined) return undefined
  const source = makeSource(file, decode(file, bytes, problems))
  const result = { source, documents: parseYaml(source, problems) }
  parsed.set(file, result)
  return result
}

/** The text of a file. What is too large for the parser needn't be decoded: its size alone is the problem. */
function decode(file: string, bytes: Uint8Array, problems: Problems): string {
  const part = bytes.subarray(0, maximumFileSize + 1)
  try {
    return new TextDecoder('utf-8', { fatal: part.length === bytes.length }).decode(part)
  } catch {
    problems.error('BH_COMPOSE_SYNTAX', `${file} is not a text in UTF-8.`, {
      at: { file, line: 1, column: 1 },
      hint: 'Save the file as UTF-8.',
    })
    return ''
  }
}
