import type { Project, Service, SourcePosition } from '@bulkhead/model'
import { pointer } from '@bulkhead/model'
import { orderByDependencies } from './order.ts'
import { isMapping, makeMapping, mappingAt, markOf, markPosition } from './tree.ts'
import type { Mapping, Path, Tree } from './tree.ts'

/** What a project has beside its document. */
export type Heading = Pick<Project, 'name' | 'workingDir' | 'configFiles' | 'environmentFiles'>

/** The model's project of a document whose values have the model's types. */
export function buildProject(document: Mapping, disabled: Mapping, heading: Heading): Project {
  const services = mappingAt(document, 'services') ?? makeMapping()
  const order = orderByDependencies(dependencyGraph(services))
  const names = order.names ?? Object.keys(services)
  const extensions = makeMapping()
  for (const key of Object.keys(document))
    if (key.startsWith('x-')) extensions[key] = (document[key] as Tree) ?? null
  return {
    ...heading,
    services: nameServices(services, names),
    disabledServices: nameServices(disabled, Object.keys(disabled).sort()),
    networks: resources(document, 'networks'),
    volumes: resources(document, 'volumes'),
    secrets: resources(document, 'secrets'),
    configs: resources(document, 'configs'),
    models: resources(document, 'models'),
    extensions,
    positions: lazyMap(() => {
      const positions = new Map<string, SourcePosition>()
      collectPositions(document, [], positions)
      collectPositions(disabled, ['services'], positions)
      return positions
    }),
  }
}

/** Who needs whom, among the given services. */
export function dependencyGraph(services: Mapping): ReadonlyMap<string, readonly string[]> {
  const graph = new Map<string, readonly string[]>()
  for (const name of Object.keys(services)) {
    graph.set(name, Object.keys(mappingAt(mappingAt(services, name), 'depends_on') ?? {}))
  }
  return graph
}

function nameServices(services: Mapping, names: readonly string[]): Readonly<Record<string, Service>> {
  const result = Object.create(null) as Record<string, Service>
  for (const name of names) {
    const service = services[name]
    // The conversion before gave each attribute the type that Service has for it.
    if (isMapping(service)) result[name] = Object.assign(makeMapping(), { name }, service)
  }
  return result
}

function resources<T>(document: Mapping, kind: string): Readonly<Record<string, T>> {
  return (mappingAt(document, kind) ?? makeMapping()) as unknown as Readonly<Record<string, T>>
}

/** Values are found at their own place, mappings and lists at that of their key. */
function collectPositions(tree: Tree, path: Path, positions: Map<string, SourcePosition>): void {
  if (typeof tree !== 'object' || tree === null) return
  for (const key of Array.isArray(tree) ? tree.keys() : Object.keys(tree)) {
    const value = (Array.isArray(tree) ? tree[Number(key)] : tree[String(key)]) as Tree
    const mark = markOf(tree, key)
    const below = [...path, key]
    const collection = typeof value === 'object' && value !== null
    if (mark !== undefined) positions.set(pointer(...below), markPosition(mark, collection ? 'key' : 'value'))
    collectPositions(value, below, positions)
  }
}

/** A map that is made when it is first asked: few who load a project ask where things are. */
function lazyMap<K, V>(make: () => ReadonlyMap<K, V>): ReadonlyMap<K, V> {
  let made: ReadonlyMap<K, V> | undefined
  const map = (): ReadonlyMap<K, V> => (made ??= make())
  return {
    get size() {
      return map().size
    },
    get: (key) => map().get(key),
    has: (key) => map().has(key),
    keys: () => map().keys(),
    values: () => map().values(),
    entries: () => map().entries(),
    forEach: (visit) => map().forEach(visit),
    [Symbol.iterator]: () => map()[Symbol.iterator](),
  }
}
