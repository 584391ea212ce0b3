import { isMapping, makeMapping, mappingAt, markOf, put, scalarText } from './tree.ts'
import type { Mapping, Tree } from './tree.ts'

/** True when no profile is asked for, or one of those that are active (`*`: all of them). */
export function isEnabled(service: Mapping, active: readonly string[]): boolean {
  const profiles = service['profiles']
  if (!Array.isArray(profiles) || profiles.length === 0) return true
  return active.includes('*') || profiles.some((profile) => active.includes(scalarText(profile)))
}

/** Splits the services into those that the profiles enable and the others. */
export function selectServices(
  document: Mapping,
  active: readonly string[],
): { readonly enabled: Mapping; readonly disabled: Mapping } {
  const services = mappingAt(document, 'services') ?? makeMapping()
  const enabled = makeMapping()
  const disabled = makeMapping()
  for (const name of Object.keys(services)) {
    const service = services[name] as Tree
    const target = !isMapping(service) || isEnabled(service, active) ? enabled : disabled
    put(target, name, service, markOf(services, name))
  }
  return { enabled, disabled }
}

/** Leaves out, in place, the networks, volumes, secrets, configs and models that no service uses. */
export function dropUnused(document: Mapping, services: Mapping): void {
  const used = {
    networks: new Set<string>(),
    volumes: new Set<string>(),
    secrets: new Set<string>(),
    configs: new Set<string>(),
    models: new Set<string>(),
  }
  for (const name of Object.keys(services)) {
    const service = mappingAt(services, name)
    if (service === undefined) continue
    for (const network of Object.keys(mappingAt(service, 'networks') ?? {})) used.networks.add(network)
    for (const model of Object.keys(mappingAt(service, 'models') ?? {})) used.models.add(model)
    for (const volume of mappings(service['volumes']))
      if (volume['type'] === 'volume') used.volumes.add(scalarText(volume['source']))
    for (const secret of [
      ...mappings(service['secrets']),
      ...mappings(mappingAt(service, 'build')?.['secrets']),
    ]) {
      used.secrets.add(scalarText(secret['source']))
    }
    for (const config of mappings(service['configs'])) used.configs.add(scalarText(config['source']))
  }
  for (const [kind, names] of Object.entries(used)) {
    const resources = mappingAt(document, kind)
    if (resources === undefined) continue
    for (const name of Object.keys(resources)) if (!names.has(name)) delete resources[name]
  }
}

export function mappings(list: Tree | undefined): readonly Mapping[] {
  return Array.isArray(list) ? list.filter(isMapping) : []
}
