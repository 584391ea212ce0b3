import { posix } from 'node:path'
import type { Problems } from './problems.ts'
import { isMapping, markOf, markPosition, type Mapping, type Path, type Tree } from './tree.ts'
import { makeTrie, stepInto, type Trie } from './trie.ts'

export interface Roots {
  /** Absolute folder that relative paths start from. */
  readonly folder: string
  /** The user's home, for `~`; undefined: `~` stays. */
  readonly home: string | undefined
}

/** An absolute, normalized path. */
export function resolvePath(path: string, { folder, home }: Roots): string {
  const expanded = expandHome(path, home)
  return withoutSlash(posix.resolve(folder, expanded))
}

/** Makes the paths of a document in long form absolute, in place; a second run changes nothing. */
export function resolvePaths(document: Mapping, roots: Roots, problems: Problems): void {
  visit(document, resolvers, { ...roots, problems, path: [] })
}

interface Place extends Roots {
  readonly problems: Problems
  readonly path: Path
}
type Resolve = (value: Tree, place: Place, parent: Mapping | Tree[], key: string | number) => Tree

const absolute: Resolve = (value, place) => (typeof value === 'string' ? resolvePath(value, place) : value)
const hostPath: Resolve = (value, place) =>
  typeof value === 'string' ? resolveHostPath(value, place) : value
const context: Resolve = (value, place) =>
  typeof value === 'string' && !isRemoteContext(value) ? resolvePath(value, place) : value

const resolvers = makeTrie<Resolve>({
  'configs.*.file': hostPath,
  'secrets.*.file': hostPath,
  'services.*.build.additional_contexts.*': context,
  'services.*.build.context': context,
  'services.*.build.ssh.*': hostPath,
  'services.*.develop.watch.*.path': absolute,
  'services.*.env_file.*.path': absolute,
  'services.*.extends.file': absolute,
  'services.*.label_file.*': absolute,
  'services.*.volumes.*': bindSource,
  'volumes.*': bindDevice,
})

function visit(tree: Tree, trie: Trie<Resolve>, place: Place): void {
  if (typeof tree !== 'object' || tree === null) return
  for (const key of Array.isArray(tree) ? tree.keys() : Object.keys(tree)) {
    const rules = stepInto(trie, key)
    if (rules === undefined) continue
    const value = (Array.isArray(tree) ? tree[Number(key)] : tree[String(key)]) as Tree
    const below = { ...place, path: [...place.path, key] }
    const resolved = rules.rule === undefined ? value : rules.rule(value, below, tree, key)
    if (resolved !== value) {
      if (Array.isArray(tree)) tree[Number(key)] = resolved
      else tree[String(key)] = resolved
    }
    visit(resolved, rules, below)
  }
}

function bindSource(value: Tree, place: Place, parent: Mapping | Tree[], key: string | number): Tree {
  if (!isMapping(value) || value['type'] !== 'bind') return value
  const { source } = value
  if (typeof source !== 'string' || source === '') {
    const mark = markOf(parent, key)
    place.problems.error('BH_COMPOSE_INVALID', `${place.path.join('.')}: a bind mount needs a source.`, {
      path: place.path,
      at: mark === undefined ? undefined : markPosition(mark, 'value'),
      hint: 'Add `source` with a path of the host.',
    })
    return value
  }
  value['source'] = resolveHostPath(source, place)
  return value
}

/** A local volume that is a bind mount names its folder in `driver_opts.device`. */
function bindDevice(value: Tree, place: Place): Tree {
  if (!isMapping(value)) return value
  const { driver, driver_opts: options } = value
  if ((driver !== undefined && driver !== 'local') || !isMapping(options) || options['o'] !== 'bind')
    return value
  if (typeof options['device'] === 'string') options['device'] = resolveHostPath(options['device'], place)
  return value
}

/** A path of the engine's host: one of Windows stays as it is. */
function resolveHostPath(path: string, roots: Roots): string {
  const expanded = expandHome(path, roots.home)
  if (posix.isAbsolute(expanded) || isWindowsAbsolute(expanded)) return expanded
  return withoutSlash(posix.join(roots.folder, expanded))
}

function expandHome(path: string, home: string | undefined): string {
  if (home === undefined || (path !== '~' && !path.startsWith('~/'))) return path
  return posix.join(home, path.slice(1))
}

function isWindowsAbsolute(path: string): boolean {
  return /^[a-zA-Z]:[\\/]/.test(path) || path.startsWith('\\\\')
}

/** True for what the builder fetches by itself: URLs, other images, other services. */
export function isRemoteContext(context: string): boolean {
  return (
    context.includes('://') ||
    context.startsWith('service:') ||
    context.startsWith('github.com/') ||
    context.startsWith('git@')
  )
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path
}
