import type { Problems } from './problems.ts'
import { parseDevice } from './short/device.ts'
import type { Parsed } from './short/parsed.ts'
import { parsePort } from './short/port.ts'
import { cleanPath, parseVolume } from './short/volume.ts'
import { copyMarks, isMapping, makeMapping, markOf, markPosition, push, put, scalarText } from './tree.ts'
import type { Mapping, Mark, Path, Tree } from './tree.ts'
import { makeTrie, stepInto, type Trie } from './trie.ts'

export interface CanonicalOptions {
  readonly problems: Problems
  /** Values may hold variables still: what can't be read as a short form is kept as it is. */
  readonly lenient: boolean
}

/** Ports of one service that ranges may stand for: more take the loader over a second, and no engine would publish them. */
const maximumPorts = 40_000

interface Place extends CanonicalOptions {
  readonly path: Path
  readonly mark: Mark | undefined
}

type Lengthen = (value: Tree, place: Place) => Tree

/**
 * Brings the attributes that have a short form into their long form. What is in
 * long form stays as it is, so that a second run changes nothing.
 */
export function lengthen(document: Mapping, options: CanonicalOptions): Mapping {
  return visit(document, longForms, { ...options, path: [], mark: undefined }) as Mapping
}

const external: Lengthen = (value, place) => (isMapping(value) ? readExternal(value, place) : value)
const fileMount: Lengthen = (value, { mark }) =>
  typeof value === 'string' ? single('source', value, mark) : value

const longForms = makeTrie<Lengthen>({
  'configs.*': external,
  'networks.*': external,
  'secrets.*': external,
  'volumes.*': external,
  'services.*.build': (value, { mark }) =>
    typeof value === 'string' ? single('context', value, mark) : value,
  'services.*.build.additional_contexts': keyValues,
  'services.*.build.secrets.*': fileMount,
  'services.*.build.ssh': keyValues,
  'services.*.build.ulimits.*': ulimit,
  'services.*.configs.*': fileMount,
  'services.*.depends_on': dependencies,
  'services.*.devices.*': device,
  'services.*.dns': (value, place) => withoutBlanks(textList(value, place)),
  'services.*.env_file': envFiles,
  'services.*.extends': (value, { mark }) =>
    typeof value === 'string' ? single('service', value, mark) : value,
  'services.*.gpus': (value, { mark }) =>
    typeof value === 'string' ? [single('count', value, mark)] : value,
  'services.*.label_file': textList,
  'services.*.models': names,
  'services.*.networks': names,
  'services.*.ports': ports,
  'services.*.secrets.*': fileMount,
  'services.*.ulimits.*': ulimit,
  'services.*.volumes.*': volume,
})

function visit(tree: Tree, trie: Trie<Lengthen> | undefined, place: Place): Tree {
  if (trie === undefined) return tree
  const long = trie.rule === undefined ? tree : trie.rule(tree, place)
  if (trie.children.size === 0 && trie.any === undefined) return long
  if (Array.isArray(long)) {
    const items = long.map((item, index) => {
      return visit(item, trie.any, { ...place, path: [...place.path, index], mark: markOf(long, index) })
    })
    copyMarks(long, items)
    return items
  }
  if (!isMapping(long)) return long
  const result = makeMapping()
  for (const key of Object.keys(long)) {
    const value = long[key] as Tree
    const rules = stepInto(trie, key)
    const below =
      rules === undefined ? undefined : { ...place, path: [...place.path, key], mark: markOf(long, key) }
    result[key] = below === undefined ? value : visit(value, rules, below)
  }
  copyMarks(long, result)
  return result
}

function single(key: string, value: Tree, mark: Mark | undefined): Mapping {
  const mapping = makeMapping()
  put(mapping, key, value, mark)
  return mapping
}

/** `external: {name: x}` is an old form of `name: x` with `external: true`. */
function readExternal(resource: Mapping, { path, problems }: Place): Mapping {
  const form = resource['external']
  if (!isMapping(form)) return resource
  const result = makeMapping()
  for (const key of Object.keys(resource)) put(result, key, resource[key] as Tree, markOf(resource, key))
  const mark = markOf(resource, 'external')
  result['external'] = true
  const old = form['name']
  if (old === undefined) return result
  const label = path.join('.')
  const at = markOf(form, 'name') ?? mark
  const place = { at: at === undefined ? undefined : markPosition(at, 'key'), path: [...path, 'external'] }
  problems.warning('BH_COMPOSE_INVALID', `${label}: external.name is an old form.`, {
    ...place,
    hint: 'Write `name` beside `external: true`.',
  })
  if (resource['name'] !== undefined && resource['name'] !== old) {
    problems.error('BH_COMPOSE_INVALID', `${label}: name and external.name differ.`, {
      ...place,
      hint: 'Keep `name`.',
    })
    return result
  }
  put(result, 'name', old, at)
  return result
}

/** `KEY=value` entries as a mapping; an entry without a value is null. */
function keyValues(value: Tree): Tree {
  if (!Array.isArray(value)) return value
  const mapping = makeMapping()
  for (const [index, item] of value.entries()) {
    const text = scalarText(item)
    const equals = text.indexOf('=')
    const mark = markOf(value, index)
    if (equals < 0) put(mapping, text, null, mark)
    else put(mapping, text.slice(0, equals), text.slice(equals + 1), mark)
  }
  return mapping
}

function names(value: Tree): Tree {
  if (!Array.isArray(value)) return value
  const mapping = makeMapping()
  for (const [index, item] of value.entries()) put(mapping, scalarText(item), null, markOf(value, index))
  return mapping
}

function textList(value: Tree, { mark }: Place): Tree {
  if (typeof value !== 'string') return value
  const list: Tree[] = []
  push(list, value, mark)
  return list
}

/** A name server that a blank variable left empty isn't one. */
function withoutBlanks(value: Tree): Tree {
  if (!Array.isArray(value) || !value.includes('')) return value
  const list: Tree[] = []
  for (const [index, item] of value.entries()) if (item !== '') push(list, item, markOf(value, index))
  return list
}

function dependencies(value: Tree): Tree {
  const named = names(value)
  if (!isMapping(named)) return named
  const result = makeMapping()
  for (const name of Object.keys(named)) {
    const given = named[name]
    const dependency = isMapping(given) ? copyOf(given) : single('condition', 'service_started', undefined)
    dependency['required'] ??= true
    put(result, name, dependency, markOf(named, name))
  }
  return result
}

function envFiles(value: Tree, { mark }: Place): Tree {
  if (value === null) return value
  const given: Tree[] = []
  if (Array.isArray(value))
    for (const [index, item] of value.entries()) push(given, item, markOf(value, index))
  else push(given, value, mark)
  for (const [index, item] of given.entries()) {
    const file = isMapping(item) ? copyOf(item) : single('path', item, markOf(given, index))
    file['required'] ??= true
    given[index] = file
  }
  return given
}

function device(value: Tree, place: Place): Tree {
  if (typeof value !== 'string') return value
  return accept(parseDevice(value), value, place)
}

function volume(value: Tree, place: Place): Tree {
  if (typeof value === 'string') return accept(parseVolume(value), value, { ...place, lenient: false })
  if (!isMapping(value) || typeof value['target'] !== 'string') return value
  const copy = copyOf(value)
  copy['target'] = cleanPath(value['target'])
  return copy
}

function ports(value: Tree, place: Place): Tree {
  if (!Array.isArray(value)) return value
  const result: Tree[] = []
  for (const [index, item] of value.entries()) {
    const mark = markOf(value, index)
    if (isMapping(item)) {
      push(result, copyOf(item), mark)
      continue
    }
    const read = typeof item === 'string' || typeof item === 'number' ? parsePort(item) : undefined
    if (read?.ok !== true) {
      if (read !== undefined) accept(read, item, { ...place, path: [...place.path, index], mark })
      push(result, item, mark)
      continue
    }
    if (result.length + read.value.length > maximumPorts) {
      place.problems.error(
        'BH_COMPOSE_TOO_COMPLEX',
        `${place.path.join('.')} stand for more than ${maximumPorts} ports.`,
        {
          path: place.path,
          at: mark === undefined ? undefined : markPosition(mark, 'value'),
          hint: 'Publish the ports that are needed.',
        },
      )
      return result
    }
    for (const port of read.value) push(result, toTree(port, undefined), mark)
  }
  return result
}

function ulimit(value: Tree, { path, problems, mark }: Place): Tree {
  if (isMapping(value) || typeof value === 'number' || problems.has(path)) return value
  problems.error('BH_COMPOSE_INVALID', `${path.join('.')} must be a whole number or {soft, hard}.`, {
    path,
    at: mark === undefined ? undefined : markPosition(mark, 'value'),
    hint: 'Write a whole number.',
  })
  return value
}

function accept(read: Parsed<unknown>, value: Tree, { path, mark, problems, lenient }: Place): Tree {
  if (read.ok) return toTree(read.value, mark)
  if (!lenient && !problems.has(path)) {
    problems.error('BH_COMPOSE_INVALID', read.problem.message, {
      path,
      at: mark === undefined ? undefined : markPosition(mark, 'value'),
      hint: read.problem.hint,
    })
  }
  return value
}

/** Plain data as a tree, all of it written at one place. */
export function toTree(value: unknown, mark: Mark | undefined): Tree {
  if (Array.isArray(value)) {
    const items: Tree[] = []
    for (const item of value) push(items, toTree(item, mark), mark)
    return items
  }
  if (typeof value !== 'object' || value === null) return value as Tree
  const mapping = makeMapping()
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) put(mapping, key, toTree(item, mark), mark)
  }
  return mapping
}

export function copyOf(mapping: Mapping): Mapping {
  const copy = makeMapping()
  for (const key of Object.keys(mapping)) copy[key] = mapping[key] as Tree
  copyMarks(mapping, copy)
  return copy
}
