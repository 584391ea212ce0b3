import {
  composeLabels,
  type DependencyCondition,
  type ObservedContainer,
  type Project,
  type Service,
} from '@bulkhead/model'

/**
 * What the labels on the engine tell of a project without its files: which
 * services have containers, and what they depend on. Enough to stop and start
 * them in order, too little to make any.
 */
export function labelledProject(name: string, containers: readonly ObservedContainer[]): Project {
  const known = new Map<string, Service>()
  for (const { service, oneOff, labels } of containers) {
    if (oneOff || known.has(service)) continue
    known.set(service, { name: service, depends_on: dependencies(labels[composeLabels.dependsOn] ?? '') })
  }
  return {
    name,
    workingDir: '/',
    configFiles: [],
    environmentFiles: [],
    services: Object.fromEntries(inStartOrder(known).map((service) => [service.name, service])),
    disabledServices: {},
    networks: {},
    volumes: {},
    secrets: {},
    configs: {},
    models: {},
    extensions: {},
    positions: new Map(),
  }
}

const conditions: readonly string[] = [
  'service_started',
  'service_healthy',
  'service_completed_successfully',
] satisfies readonly DependencyCondition[]

/** `db:service_healthy:false,…`: service, condition, restart; the last two may be missing. */
function dependencies(label: string): NonNullable<Service['depends_on']> {
  const entries = label.split(',').filter((entry) => entry !== '')
  return Object.fromEntries(
    entries.map((entry) => {
      const [name = '', condition = '', restart = ''] = entry.split(':')
      return [name, { condition: known(condition), restart: restart === 'true', required: true }]
    }),
  )
}

function known(condition: string): DependencyCondition {
  return conditions.includes(condition) ? (condition as DependencyCondition) : 'service_started'
}

function inStartOrder(services: ReadonlyMap<string, Service>): readonly Service[] {
  const ordered = new Set<Service>()
  const visiting = new Set<string>()
  const visit = (service: Service): void => {
    if (visiting.has(service.name)) return
    visiting.add(service.name)
    for (const name of Object.keys(service.depends_on ?? {})) {
      const dependency = services.get(name)
      if (dependency !== undefined) visit(dependency)
    }
    ordered.add(service)
  }
  for (const [, service] of [...services].sort(([a], [b]) => (a < b ? -1 : 1))) visit(service)
  return [...ordered]
}
