/**
 * Attributes by path, `*` standing for any key or index. Walking a tree and a
 * trie side by side costs nothing where no rule can apply.
 */
export interface Trie<T> {
  rule?: T | undefined
  readonly children: Map<string, Trie<T>>
  any?: Trie<T> | undefined
}

/** Compiles `{'services.*.ports.*.target': rule}`. */
export function makeTrie<T>(rules: Readonly<Record<string, T>>): Trie<T> {
  const root: Trie<T> = { children: new Map() }
  for (const [path, rule] of Object.entries(rules)) {
    let node = root
    for (const part of path.split('.')) node = part === '*' ? (node.any ??= emptyTrie()) : childOf(node, part)
    node.rule = rule
  }
  return root
}

/** The rules below a key; undefined when there are none. */
export function stepInto<T>(trie: Trie<T> | undefined, key: string | number): Trie<T> | undefined {
  if (trie === undefined) return undefined
  return (typeof key === 'string' ? trie.children.get(key) : undefined) ?? trie.any
}

function childOf<T>(node: Trie<T>, part: string): Trie<T> {
  const known = node.children.get(part)
  if (known !== undefined) return known
  const made = emptyTrie<T>()
  node.children.set(part, made)
  return made
}

function emptyTrie<T>(): Trie<T> {
  return { children: new Map() }
}
