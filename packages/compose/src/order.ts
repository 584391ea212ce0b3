/** An order in which every name comes after those it needs, or the loop that forbids one. */
export type Order =
  { readonly names: readonly string[]; readonly loop?: undefined } | { readonly loop: readonly string[] }

/**
 * Sorts names so that dependencies come first, else by name: the same graph
 * gives the same order. What isn't in the graph is left out. A loop is returned
 * whole, its first name again at its end.
 */
export function orderByDependencies(graph: ReadonlyMap<string, readonly string[]>): Order {
  const names: string[] = []
  const done = new Set<string>()
  for (const start of [...graph.keys()].sort()) {
    const loop = visitFrom(start, graph, done, names)
    if (loop !== undefined) return { loop }
  }
  return { names }
}

/** Depth first, with a stack of its own: a chain may be longer than the call stack. */
function visitFrom(
  start: string,
  graph: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
  names: string[],
): readonly string[] | undefined {
  const open = new Set<string>()
  const stack: { readonly name: string; readonly needs: readonly string[]; next: number }[] = []
  const enter = (name: string): void => {
    open.add(name)
    const needs = (graph.get(name) ?? []).filter((need) => graph.has(need)).sort()
    stack.push({ name, needs, next: 0 })
  }
  if (!done.has(start)) enter(start)
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const need = top.needs[top.next]
    top.next += 1
    if (need === undefined) {
      stack.pop()
      open.delete(top.name)
      done.add(top.name)
      names.push(top.name)
    } else if (open.has(need)) {
      const path = stack.map(({ name }) => name)
      return [...path.slice(path.indexOf(need)), need]
    } else if (!done.has(need)) enter(need)
  }
  return undefined
}
