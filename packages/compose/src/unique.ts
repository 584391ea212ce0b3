import { copyOf } from './canonical.ts'
import { isMapping, markOf, push, setMark, scalarText } from './tree.ts'
import type { Mapping, Tree } from './tree.ts'
import { makeTrie, stepInto, type Trie } from './trie.ts'

/** What makes an entry of a list the same as another; undefined: nothing does. */
type Identify = (entry: Tree) => string | undefined

const byKey: Identify = (entry) => (typeof entry === 'string' ? entry.split('=', 1)[0] : undefined)
const byText: Identify = (entry) =>
  typeof entry === 'string' || typeof entry === 'number' ? String(entry) : undefined

const identities = makeTrie<Identify>({
  'networks.*.labels': byKey,
  'networks.*.ipam.options': byKey,
  'services.*.annotations': byKey,
  'services.*.build.additional_contexts': byKey,
  'services.*.build.args': byKey,
  'services.*.build.labels': byKey,
  'services.*.build.platform': byKey,
  'services.*.build.tags': byKey,
  'services.*.cap_add': byKey,
  'services.*.cap_drop': byKey,
  'services.*.configs': byMount(''),
  'services.*.deploy.labels': byKey,
  'services.*.devices': byDevice,
  'services.*.dns': byKey,
  'services.*.dns_opt': byKey,
  'services.*.dns_search': byKey,
  'services.*.env_file': byPath,
  'services.*.environment': byKey,
  'services.*.expose': byText,
  'services.*.label_file': byPath,
  'services.*.labels': byKey,
  'services.*.links': byKey,
  'services.*.networks.*.aliases': byKey,
  'services.*.networks.*.link_local_ips': byKey,
  'services.*.ports': byPort,
  'services.*.profiles': byKey,
  'services.*.secrets': byMount('/run/secrets'),
  'services.*.sysctls': byKey,
  'services.*.tmpfs': byKey,
  'services.*.volumes': byTarget,
})

/**
 * Keeps one entry of those that mean the same thing in the lists that are sets:
 * at the place of the first, with the content of the last.
 */
export function enforceUnique(document: Mapping): Mapping {
  return visit(document, identities) as Mapping
}

function visit(tree: Tree, trie: Trie<Identify> | undefined): Tree {
  if (trie === undefined) return tree
  if (Array.isArray(tree)) return trie.rule === undefined ? tree : dedupe(tree, trie.rule)
  if (!isMapping(tree)) return tree
  let result = tree
  for (const key of Object.keys(tree)) {
    const value = tree[key] as Tree
    const unique = visit(value, stepInto(trie, key))
    if (unique === value) continue
    if (result === tree) result = copyOf(tree)
    result[key] = unique
  }
  return result
}

function dedupe(list: Tree[], identify: Identify): Tree[] {
  const kept: Tree[] = []
  const places = new Map<string, number>()
  for (const [index, entry] of list.entries()) {
    const mark = markOf(list, index)
    const identity = identify(entry)
    const place = identity === undefined ? undefined : places.get(identity)
    if (place === undefined) {
      if (identity !== undefined) places.set(identity, kept.length)
      push(kept, entry, mark)
      continue
    }
    kept[place] = entry
    setMark(kept, place, mark)
  }
  return kept.length === list.length ? list : kept
}

function byMount(folder: string): Identify {
  return (entry) => {
    if (typeof entry === 'string') return `${folder}/${entry}`
    if (!isMapping(entry)) return undefined
    const { source, target } = entry
    if (typeof target === 'string') return target
    return typeof source === 'string' ? `${folder}/${source}` : undefined
  }
}

function byPath(entry: Tree): string | undefined {
  if (isMapping(entry)) return typeof entry['path'] === 'string' ? entry['path'] : undefined
  return byText(entry)
}

function byDevice(entry: Tree): string | undefined {
  if (isMapping(entry)) return typeof entry['target'] === 'string' ? entry['target'] : undefined
  if (typeof entry !== 'string') return undefined
  const [source, target] = entry.split(':')
  return target ?? source
}

function byTarget(entry: Tree): string | undefined {
  if (isMapping(entry)) return typeof entry['target'] === 'string' ? entry['target'] : undefined
  if (typeof entry !== 'string') return undefined
  return volumeTarget(entry)
}

function byPort(entry: Tree): string | undefined {
  if (!isMapping(entry)) return byText(entry)
  const { host_ip: host, target, published, protocol } = entry
  return `${scalarText(host ?? '0.0.0.0')}:${scalarText(published)}:${scalarText(target)}/${scalarText(protocol ?? 'tcp')}`
}

/** The path inside of the container, of a volume in short form. */
function volumeTarget(text: string): string {
  const parts = text.split(':')
  // `C:\x` and `d:/x` are one part.
  const joined: string[] = []
  for (const [index, part] of parts.entries()) {
    const previous = joined.at(-1)
    const drive = previous !== undefined && /^[a-zA-Z]$/.test(previous) && /^[\\/]/.test(part)
    if (drive && index > 0) joined[joined.length - 1] = `${previous}:${part}`
    else joined.push(part)
  }
  return (joined.length === 1 ? joined[0] : joined[1]) ?? text
}
