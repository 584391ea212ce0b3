import { posix } from 'node:path'
import { pointer } from '@bulkhead/model'
import type { Assembly, Lookup, Scope } from './documents.ts'
import { readEnvironment } from './discover.ts'
import { passVariables } from './normalize.ts'
import { resolvePath, type Roots } from './paths.ts'
import type { ProblemDetails } from './problems.ts'
import type { Reader } from './reader.ts'
import { isRemoteResource } from './remote.ts'
import { isMapping, makeMapping, mappingAt, markOf, positionIn, put } from './tree.ts'
import type { Mapping, Path, Tree } from './tree.ts'

/** One entry of `include`, in long form and with absolute paths. */
interface Include {
  readonly files: readonly string[]
  readonly folder: string
  readonly environmentFiles: readonly string[]
  readonly place: ProblemDetails
}

/** The project that includes, and how a project is put together. */
export interface Including {
  readonly scope: Scope
  readonly assembly: Assembly
  readonly assemble: (files: readonly string[], scope: Scope, assembly: Assembly) => Mapping
}

const kinds = ['services', 'volumes', 'networks', 'secrets', 'configs', 'models']

/**
 * Loads what a document includes and adds its resources to it, in place. Each
 * included project has a folder and variables of its own; the including
 * project's variables hold over them.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/14-include.md
 */
export function applyIncludes(document: Mapping, file: string, including: Including): void {
  const { scope, assembly } = including
  const entries = document['include']
  if (entries === undefined) return
  delete document['include']
  if (!Array.isArray(entries)) return
  const path: Path = ['include']
  const holder = makeMapping()
  put(holder, 'include', entries, undefined)
  for (const [index, entry] of entries.entries()) {
    const place = { path: [...path, index], at: positionIn(holder, [...path, index]) }
    const include = readInclude(entry, place, scope, assembly)
    if (include !== undefined) applyInclude(document, include, file, including)
  }
}

function readInclude(
  entry: Tree,
  place: ProblemDetails,
  scope: Scope,
  assembly: Assembly,
): Include | undefined {
  const long: Mapping = makeMapping()
  if (isMapping(entry)) Object.assign(long, entry)
  else long['path'] = entry
  const paths = textsOf(long['path'])
  const [first] = paths
  if (first === undefined) {
    assembly.problems.error('BH_INCLUDE_INVALID', 'An include needs a path.', {
      ...place,
      hint: 'Add `path`.',
    })
    return undefined
  }
  const remote = paths.find(isRemoteResource)
  if (remote !== undefined) {
    assembly.incomplete = true
    assembly.problems.error('BH_COMPOSE_UNSUPPORTED', `Remote files are not supported: ${remote}`, {
      ...place,
      hint: 'Download the file and include the copy.',
    })
    return undefined
  }
  const roots = { folder: scope.folder, home: assembly.home }
  const files = paths.map((path) => resolvePath(path, roots))
  const directory = long['project_directory']
  const folder = projectFolder(directory, posix.dirname(resolvePath(first, roots)), roots, assembly.reader)
  const environmentFiles = textsOf(long['env_file'])
    .filter((path) => path !== '/dev/null')
    .map((path) => resolvePath(path, roots))
  const given = textsOf(long['env_file']).length > 0
  return {
    files,
    folder,
    environmentFiles: given ? environmentFiles : [posix.join(folder, '.env')],
    place: { ...place, hint: given ? 'Check `env_file`.' : undefined },
  }
}

/** A project directory that isn't a folder stands for the folder that it would be in, as for Compose. */
function projectFolder(directory: Tree | undefined, standard: string, roots: Roots, reader: Reader): string {
  if (typeof directory !== 'string' || directory === '') return standard
  const folder = resolvePath(directory, roots)
  return reader.isFolder(folder) ? folder : posix.dirname(folder)
}

function applyInclude(
  document: Mapping,
  include: Include,
  file: string,
  { scope, assembly, assemble }: Including,
): void {
  const { files, folder, environmentFiles, place } = include
  const { problems, reader } = assembly
  const chain = [...scope.included, file]
  const again = files.find((path) => chain.includes(path))
  if (again !== undefined) {
    const loop = [...chain.slice(chain.indexOf(again)), again].join(' → ')
    problems.error('BH_INCLUDE_INVALID', `Files include each other: ${loop}.`, {
      ...place,
      hint: 'Remove one of the includes.',
    })
    return
  }
  if (chain.length > 100) {
    problems.error('BH_COMPOSE_TOO_COMPLEX', 'More than 100 files include one another in a row.', {
      ...place,
      hint: 'Include the files from one place.',
    })
    return
  }
  const missing = files.filter((path) => reader.readFile(path) === undefined)
  for (const path of missing) {
    problems.error('BH_FILE_NOT_FOUND', `The included file ${path} is not there.`, {
      ...place,
      hint: 'Check the path.',
    })
  }
  if (missing.length > 0) {
    assembly.incomplete = true
    return
  }
  const own = readVariables(include, environmentFiles, scope, assembly)
  const variable = (name: string): string | undefined => scope.variable(name) ?? own.get(name)
  const passed = (name: string): string | undefined => scope.passed(name) ?? own.get(name)
  const imported = assemble(
    files,
    { folder, variable, passed, included: chain, extended: new Map() },
    assembly,
  )
  passVariables(imported, passed)
  keepValues(imported, variable, assembly)
  importResources(document, imported, assembly)
}

function readVariables(
  { place }: Include,
  environmentFiles: readonly string[],
  scope: Scope,
  { reader, problems }: Assembly,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  const variable = (name: string): string | undefined => scope.variable(name) ?? values.get(name)
  for (const path of environmentFiles) {
    const read = readEnvironment(reader, path, variable, problems, false)
    if (read === undefined && place.hint !== undefined) {
      problems.error('BH_FILE_NOT_FOUND', `The env file ${path} of an include is not there.`, place)
    }
    for (const [name, value] of read ?? []) values.set(name, value)
  }
  return values
}

/** Secrets and configs from variables are read here: the including project knows other variables. */
function keepValues(imported: Mapping, variable: Lookup, { values }: Assembly): void {
  for (const kind of ['secrets', 'configs']) {
    const objects = mappingAt(imported, kind)
    for (const name of Object.keys(objects ?? {})) {
      const source = mappingAt(objects, name)?.['environment']
      const value = typeof source === 'string' ? variable(source) : undefined
      if (value !== undefined) values.set(pointer(kind, name), value)
    }
  }
}

/** Adds what isn't there; the same name for something else is a conflict. */
function importResources(document: Mapping, imported: Mapping, { problems }: Assembly): void {
  for (const kind of kinds) {
    const resources = mappingAt(imported, kind)
    if (resources === undefined) continue
    const target = mappingAt(document, kind) ?? makeMapping()
    if (document[kind] === undefined || document[kind] === null)
      put(document, kind, target, markOf(imported, kind))
    for (const name of Object.keys(resources)) {
      if (!(name in target)) {
        put(target, name, resources[name] as Tree, markOf(resources, name))
        continue
      }
      if (sameTree(target[name] as Tree, resources[name] as Tree)) continue
      problems.error('BH_INCLUDE_INVALID', `${kind}.${name} is defined here and in an included file.`, {
        at: positionIn(document, [kind, name], 'key'),
        path: [kind, name],
        hint: 'Rename one of the two, or put the change into an override file.',
      })
    }
  }
}

function sameTree(a: Tree, b: Tree): boolean {
  if (a === b) return true
  if (Array.isArray(a))
    return (
      Array.isArray(b) && a.length === b.length && a.every((item, index) => sameTree(item, b[index] as Tree))
    )
  if (!isMapping(a) || !isMapping(b)) return false
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => key in b && sameTree(a[key] as Tree, b[key] as Tree))
  )
}

function textsOf(value: Tree | undefined): readonly string[] {
  if (typeof value === 'string') return [value]
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
