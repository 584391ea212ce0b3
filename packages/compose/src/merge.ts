import type { Problems } from './problems.ts'
import {
  clone,
  copyMarks,
  isMapping,
  makeMapping,
  markOf,
  positionIn,
  push,
  put,
  scalarText,
  textOf,
} from './tree.ts'
import type { Mapping, Mark, Path, Tree } from './tree.ts'
import { makeTrie, stepInto, type Trie } from './trie.ts'

/**
 * Merges `override` over `base` by the specification's rules: mappings key by
 * key, sequences appended, the rest replaced; attributes with rules of their own
 * stand in the table below. Neither argument is changed; places are kept.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/13-merge.md
 */
export function merge(base: Mapping, override: Mapping, problems: Problems, path: Path = []): Mapping {
  const merged = mergeMappings(base, override, { path, problems, rules: rulesAt(path) })
  return merged
}

interface Merging {
  readonly path: Path
  readonly problems: Problems
  readonly rules: Trie<Rule> | undefined
}

/** An element with the place it was written at. */
interface Entry {
  readonly value: Tree
  readonly mark: Mark | undefined
}

type Rule = (base: Entry, override: Entry, merging: Merging) => Tree

const asLists: Rule = (base, override) => appendLists(toList(base), toList(override))

const rules = makeTrie<Rule>({
  'models.*.runtime_flags': replace,
  'networks.*.ipam.config': mergePools,
  'networks.*.labels': asLists,
  'volumes.*.labels': asLists,
  'services.*.annotations': asLists,
  'services.*.build': (base, override, merging) => mergeAsMappings(toBuild(base), toBuild(override), merging),
  'services.*.build.additional_contexts': asLists,
  'services.*.build.args': asLists,
  'services.*.build.extra_hosts': mergeHosts,
  'services.*.build.labels': asLists,
  'services.*.command': replace,
  'services.*.depends_on': (base, override, merging) =>
    mergeAsMappings(toNamed(base, startedDependency), toNamed(override, startedDependency), merging),
  'services.*.deploy.labels': asLists,
  'services.*.dns': asLists,
  'services.*.dns_opt': asLists,
  'services.*.dns_search': asLists,
  'services.*.entrypoint': replace,
  'services.*.env_file': asLists,
  'services.*.environment': asLists,
  'services.*.extra_hosts': mergeHosts,
  'services.*.healthcheck.test': replace,
  'services.*.label_file': asLists,
  'services.*.labels': asLists,
  'services.*.logging': mergeLogging,
  'services.*.models': (base, override, merging) =>
    mergeAsMappings(
      toNamed(base, () => null),
      toNamed(override, () => null),
      merging,
    ),
  'services.*.networks': (base, override, merging) =>
    mergeAsMappings(
      toNamed(base, () => null),
      toNamed(override, () => null),
      merging,
    ),
  'services.*.sysctls': asLists,
  'services.*.tmpfs': asLists,
  'services.*.ulimits.*': replace,
  'services.*.volumes.*.volume.labels': asLists,
})

function rulesAt(path: Path): Trie<Rule> | undefined {
  let at: Trie<Rule> | undefined = rules
  for (const key of path) at = stepInto(at, key)
  return at
}

function mergeMappings(base: Mapping, override: Mapping, { path, problems, rules: at }: Merging): Mapping {
  const merged = makeMapping()
  for (const key of Object.keys(base)) merged[key] = base[key] as Tree
  copyMarks(base, merged)
  for (const key of Object.keys(override)) {
    const value = override[key] as Tree
    const mark = markOf(override, key)
    // What an extension holds is its owner's affair: it isn't looked into.
    if (!(key in base) || (key.startsWith('x-') && !named.has(path.join('.')))) {
      put(merged, key, value, mark)
      continue
    }
    const below = { path: [...path, key], problems, rules: stepInto(at, key) }
    const known = base[key] as Tree
    const result = mergeEntries({ value: known, mark: markOf(base, key) }, { value, mark }, below)
    put(merged, key, result, value === null ? (markOf(base, key) ?? mark) : mark)
  }
  return merged
}

/** What these hold goes by names, and a name may start with `x-`. */
const named: ReadonlySet<string> = new Set([
  'services',
  'networks',
  'volumes',
  'secrets',
  'configs',
  'models',
])

function mergeEntries(base: Entry, override: Entry, merging: Merging): Tree {
  if (merging.rules?.rule !== undefined) return merging.rules.rule(base, override, merging)
  if (override.value === null) return base.value
  if (base.value === null) return override.value
  if (isMapping(base.value)) {
    if (isMapping(override.value)) return mergeMappings(base.value, override.value, merging)
    return conflict(base, override, merging, 'a mapping')
  }
  if (Array.isArray(base.value)) {
    if (Array.isArray(override.value)) return appendLists(base.value, override.value)
    return conflict(base, override, merging, 'a list')
  }
  return override.value
}

function mergeAsMappings(base: Tree, override: Tree, merging: Merging): Tree {
  if (override === null) return base
  if (base === null) return override
  if (isMapping(base) && isMapping(override)) return mergeMappings(base, override, merging)
  return override
}

function conflict(base: Entry, override: Entry, { path, problems }: Merging, what: string): Tree {
  problems.error(
    'BH_COMPOSE_INVALID',
    `${path.join('.')} is ${what} elsewhere and can't be overridden by something else.`,
    {
      path,
      at: override.mark === undefined ? undefined : positionOfMark(override.mark),
      hint: 'Use the same form in both files, or `!override`.',
    },
  )
  return base.value
}

function positionOfMark(mark: Mark) {
  const holder = makeMapping()
  put(holder, 'x', null, mark)
  return positionIn(holder, ['x'])
}

function replace(_base: Entry, override: Entry): Tree {
  return override.value
}

function appendLists(base: Tree, override: Tree): Tree[] {
  const merged: Tree[] = []
  for (const list of [base, override]) {
    if (!Array.isArray(list)) continue
    for (const [index, item] of list.entries()) push(merged, item, markOf(list, index))
  }
  return merged
}

/** A mapping as sorted `KEY=value` entries; a text as a list of one. */
function toList({ value, mark }: Entry): Tree[] {
  if (Array.isArray(value)) return value
  const items: Tree[] = []
  if (!isMapping(value)) {
    if (value !== null) push(items, value, mark)
    return items
  }
  const entries = Object.keys(value).flatMap((key) => entriesOf(value, key))
  for (const { text, mark } of entries.sort((a, b) => byCodeUnit(a.text, b.text))) push(items, text, mark)
  return items
}

function entriesOf(
  value: Mapping,
  key: string,
): readonly { readonly text: string; readonly mark: Mark | undefined }[] {
  const entry = value[key] as Tree
  const mark = markOf(value, key)
  if (entry === null) return [{ text: key, mark }]
  if (!Array.isArray(entry)) return [{ text: `${key}=${textOf(value, key, entry)}`, mark }]
  return entry.map((item, index) => ({
    text: `${key}=${textOf(entry, index, item)}`,
    mark: markOf(entry, index),
  }))
}

function toBuild({ value, mark }: Entry): Tree {
  if (typeof value !== 'string') return value
  const build = makeMapping()
  put(build, 'context', value, mark)
  return build
}

function toNamed({ value }: Entry, fill: () => Tree): Tree {
  if (!Array.isArray(value)) return value
  const named = makeMapping()
  for (const [index, item] of value.entries()) put(named, scalarText(item), fill(), markOf(value, index))
  return named
}

function startedDependency(): Mapping {
  const dependency = makeMapping()
  dependency['condition'] = 'service_started'
  dependency['required'] = true
  return dependency
}

/** Hosts are a set: an entry that is there already isn't added again. */
function mergeHosts(base: Entry, override: Entry): Tree {
  const merged = appendLists(toList(base), [])
  const list = toList(override)
  const known = new Set(merged)
  for (const [index, item] of list.entries()) {
    if (!known.has(item)) push(merged, item, markOf(list, index))
  }
  return merged
}

/** Options belong to a driver: with another driver the earlier ones mean nothing. */
function mergeLogging(base: Entry, override: Entry, merging: Merging): Tree {
  if (!isMapping(base.value) || !isMapping(override.value)) return replace(base, override)
  const [before, after] = [base.value['driver'], override.value['driver']]
  const same = before === after || before === undefined || after === undefined
  return same ? mergeMappings(base.value, override.value, merging) : override.value
}

/** The override's address pools hold, each over the one that has its subnet. */
function mergePools(base: Entry, override: Entry, merging: Merging): Tree {
  if (!Array.isArray(base.value) || !Array.isArray(override.value)) return replace(base, override)
  const merged: Tree[] = []
  for (const [index, pool] of override.value.entries()) {
    const known = isMapping(pool)
      ? base.value.find((other) => isMapping(other) && other['subnet'] === pool['subnet'])
      : undefined
    const both = isMapping(known) && isMapping(pool) ? mergeMappings(known, pool, merging) : pool
    push(merged, both, markOf(override.value, index))
  }
  return merged
}

/** Removes what `!reset` and `!override` name, before their document is merged. */
export function applyResets(base: Mapping, resets: readonly Path[]): Mapping {
  if (resets.length === 0) return base
  const copy = clone(base) as Mapping
  for (const path of resets) {
    let parent: Tree | undefined = copy
    for (const key of path.slice(0, -1)) parent = isMapping(parent) ? parent[String(key)] : undefined
    const last = path.at(-1)
    if (isMapping(parent) && last !== undefined) delete parent[String(last)]
  }
  return copy
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
