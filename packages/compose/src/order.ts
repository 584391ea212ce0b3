import toposort from 'toposort'

/** An order in which every name comes after those it needs, or the loop that forbids one; neither: too deep to be sorted. */
export interface Order {
  readonly names?: readonly string[]
  readonly loop?: readonly string[]
}

/**
 * Sorts names so that dependencies come first, else by name: the same graph
 * gives the same order. What isn't in the graph is left out. A loop is returned
 * whole, its first name again at its end.
 */
export function orderByDependencies(graph: ReadonlyMap<string, readonly string[]>): Order {
  // toposort works from the ends of its lists, and its result is read from the back:
  // so both lists are given in falling order and edges from the dependent.
  const nodes = [...graph.keys()].sort(falling)
  const edges = nodes.flatMap((name) => needsOf(graph, name).map((need): [string, string] => [name, need]))
  try {
    return { names: toposort.array(nodes, edges).reverse() }
  } catch {
    // It names one node of a loop; a chain of several thousand exhausts its stack.
    const loop = findLoop(graph)
    return loop === undefined ? {} : { loop }
  }
}

function falling(a: string, b: string): number {
  return a < b ? 1 : -1
}

function needsOf(graph: ReadonlyMap<string, readonly string[]>, name: string): readonly string[] {
  return (graph.get(name) ?? []).filter((need) => graph.has(need)).sort(falling)
}

/** Depth first, with a stack of its own: a chain may be longer than the call stack. */
function findLoop(graph: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
  const done = new Set<string>()
  for (const start of [...graph.keys()].sort()) {
    const path: { readonly name: string; readonly left: string[] }[] = []
    const open = new Set<string>()
    const enter = (name: string): void => {
      open.add(name)
      path.push({ name, left: [...needsOf(graph, name)] })
    }
    if (!done.has(start)) enter(start)
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = top.left.pop()
      if (need === undefined) {
        path.pop()
        open.delete(top.name)
        done.add(top.name)
      } else if (open.has(need)) {
        const names = path.map(({ name }) => name)
        return [...names.slice(names.indexOf(need)), need]
      } else if (!done.has(need)) enter(need)
    }
  }
  return undefined
}
