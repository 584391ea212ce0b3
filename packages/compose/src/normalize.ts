import { copyOf } from './canonical.ts'
import { mappings } from './select.ts'
import { isMapping, makeMapping, mappingAt, markOf, push, put, scalarText } from './tree.ts'
import type { Mapping, Tree } from './tree.ts'

export interface Normalization {
  readonly name: string
  readonly variable: (name: string) => string | undefined
}

/**
 * Writes out, in place, what a document leaves implied: the default network,
 * dependencies that links and shared namespaces mean, what is built from where,
 * the values of variables that are passed through, and the names on the engine.
 */
export function normalize(document: Mapping, { name, variable }: Normalization): void {
  document['name'] = name
  addDefaultNetwork(document)
  const services = mappingAt(document, 'services')
  for (const key of Object.keys(services ?? {})) {
    const service = mappingAt(services, key)
    if (service !== undefined) normalizeService(service, variable)
  }
  for (const kind of ['networks', 'volumes', 'configs', 'secrets']) nameResources(document, kind, name)
}

function addDefaultNetwork(document: Mapping): void {
  const services = mappingAt(document, 'services')
  let used = false
  for (const key of Object.keys(services ?? {})) {
    const service = mappingAt(services, key)
    if (service === undefined || 'provider' in service || 'network_mode' in service) continue
    const networks = service['networks']
    if (
      networks === undefined ||
      networks === null ||
      (isMapping(networks) && Object.keys(networks).length === 0)
    ) {
      const implied = makeMapping()
      implied['default'] = null
      service['networks'] = implied
    }
    const joined = service['networks']
    used ||= isMapping(joined) && 'default' in joined
  }
  const networks = mappingAt(document, 'networks') ?? makeMapping()
  if (used && !('default' in networks)) networks['default'] = null
  if (
    Object.keys(networks).length > 0 &&
    (document['networks'] === undefined || isMapping(document['networks']) || document['networks'] === null)
  ) {
    document['networks'] = networks
  }
}

/** Gives variables that services pass through their values, in place, as far as they are set. */
export function passVariables(document: Mapping, variable: Normalization['variable']): void {
  const services = mappingAt(document, 'services')
  for (const key of Object.keys(services ?? {})) {
    const environment = mappingAt(services, key)?.['environment']
    const service = mappingAt(services, key)
    if (service !== undefined && environment !== undefined) {
      service['environment'] = passThrough(environment, variable, true)
    }
  }
}

function normalizeService(service: Mapping, variable: Normalization['variable']): void {
  if (service['pull_policy'] === 'if_not_present') service['pull_policy'] = 'missing'
  const build = mappingAt(service, 'build')
  if (build !== undefined) {
    build['context'] ??= '.'
    if (build['dockerfile'] === undefined && build['dockerfile_inline'] === undefined)
      build['dockerfile'] = 'Dockerfile'
    if (build['args'] !== undefined) build['args'] = passThrough(build['args'], variable, false)
  }
  if (service['environment'] !== undefined) {
    service['environment'] = passThrough(service['environment'], variable, true)
  }
  for (const hook of mappings(service['pre_start'])) {
    // What is built has no name yet; the hook then runs in what comes out of the build.
    if (typeof service['image'] === 'string') hook['image'] ??= service['image']
  }
  addDependencies(service)
}

/** Gives entries without a value that of the caller's variable. One that isn't set stays without, or goes. */
function passThrough(value: Tree, variable: Normalization['variable'], keep: boolean): Tree {
  if (Array.isArray(value)) {
    const list: Tree[] = []
    for (const [index, entry] of value.entries()) {
      const bare = typeof entry === 'string' && !entry.includes('=')
      const found = bare ? variable(entry) : undefined
      if (bare && found === undefined && !keep) continue
      push(list, found === undefined ? entry : `${scalarText(entry)}=${found}`, markOf(value, index))
    }
    return list
  }
  if (!isMapping(value)) return value
  const result = makeMapping()
  for (const key of Object.keys(value)) {
    const entry = value[key] as Tree
    const found = entry === null ? variable(key) : undefined
    if (entry === null && found === undefined && !keep) continue
    put(result, key, found ?? entry, markOf(value, key))
  }
  return result
}

function addDependencies(service: Mapping): void {
  const before = mappingAt(service, 'depends_on')
  if (service['depends_on'] !== undefined && service['depends_on'] !== null && before === undefined) return
  const dependencies = before === undefined ? makeMapping() : copyOf(before)
  const add = (name: string, restart: boolean, list: object, index: string | number): void => {
    if (name in dependencies) return
    const dependency = makeMapping()
    dependency['condition'] = 'service_started'
    dependency['restart'] = restart
    dependency['required'] = true
    put(dependencies, name, dependency, markOf(list, index))
  }
  const links = service['links']
  if (Array.isArray(links)) {
    for (const [index, link] of links.entries()) {
      const parts = scalarText(link).split(':')
      add(parts.length === 2 ? (parts[0] ?? '') : scalarText(link), true, links, index)
    }
  }
  for (const namespace of ['network_mode', 'ipc', 'pid', 'uts', 'cgroup']) {
    const shared = service[namespace]
    if (typeof shared === 'string' && shared.startsWith('service:'))
      add(shared.slice('service:'.length), true, service, namespace)
  }
  const volumes = service['volumes_from']
  if (Array.isArray(volumes)) {
    for (const [index, entry] of volumes.entries()) {
      const text = scalarText(entry)
      if (!text.startsWith('container:')) add(text.split(':')[0] ?? text, false, volumes, index)
    }
  }
  if (Object.keys(dependencies).length > 0) service['depends_on'] = dependencies
}

function nameResources(document: Mapping, kind: string, project: string): void {
  const resources = mappingAt(document, kind)
  if (resources === undefined) return
  for (const key of Object.keys(resources)) {
    const given = resources[key]
    if (given !== null && !isMapping(given)) continue
    const resource = given === null ? makeMapping() : given
    resource['name'] ??= resource['external'] === true ? key : `${project}_${key}`
    resources[key] = resource
  }
}
