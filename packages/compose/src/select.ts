import { isMapping, makeMapping, mappingAt, markOf, put, scalarText } from './tree.ts'
import type { Mapping, Tree } from './tree.ts'

/** True when no profile is asked for, or one of those that are active (`*`: all of them). */
export function isEnabled(service: Mapping, active: readonly string[]): boolean {
  const profiles = profilesOf(service)
  if (profiles.length === 0) return true
  return active.includes('*') || profiles.some((profile) => active.includes(profile))
}

export interface Selection {
  readonly enabled: Mapping
  readonly disabled: Mapping
  /** True when services are enabled that the active profiles alone don't enable. */
  readonly activating: boolean
}

/**
 * Splits the services into those that are enabled, by the active profiles or by
 * being asked for by name, and the others.
 */
export function selectServices(
  document: Mapping,
  active: readonly string[],
  named: readonly string[],
): Selection {
  const services = mappingAt(document, 'services') ?? makeMapping()
  const byName = enabledByName(services, active, named)
  const enabled = makeMapping()
  const disabled = makeMapping()
  for (const name of Object.keys(services)) {
    const service = services[name] as Tree
    const isOn = !isMapping(service) || isEnabled(service, active) || byName.has(name)
    put(isOn ? enabled : disabled, name, service, markOf(services, name))
  }
  return { enabled, disabled, activating: byName.size > 0 }
}

/**
 * A service that is asked for by name activates its profiles: for itself, for
 * the others that are asked for and for what all of them depend on, not for the
 * rest of the project.
 *
 * @returns those services; empty where the active profiles enable all that are named.
 * @see https://github.com/compose-spec/compose-spec/blob/main/15-profiles.md
 */
function enabledByName(
  services: Mapping,
  active: readonly string[],
  named: readonly string[],
): ReadonlySet<string> {
  const asked = new Set(named.filter((name) => mappingAt(services, name) !== undefined))
  const activated = [...asked].flatMap((name) => {
    const service = mappingAt(services, name)
    return service === undefined || isEnabled(service, active) ? [] : profilesOf(service)
  })
  const reached = new Set<string>()
  if (activated.length === 0) return reached
  const profiles = [...active, ...activated]
  const waiting = [...asked]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const service = mappingAt(services, name)
    if (service === undefined || reached.has(name) || !isEnabled(service, profiles)) continue
    reached.add(name)
    waiting.push(...Object.keys(mappingAt(service, 'depends_on') ?? {}))
  }
  return reached
}

function profilesOf(service: Mapping): readonly string[] {
  const profiles = service['profiles']
  return Array.isArray(profiles) ? profiles.map(scalarText) : []
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
