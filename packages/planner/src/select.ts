import { BulkheadError, type Intent, type Project, type Service } from '@bulkhead/model'

/**
 * The services that are wanted, in start order: those asked for by name with
 * all that they need, or every enabled one.
 *
 * @throws BulkheadError BH_SERVICE_NOT_FOUND
 */
export function selectServices(project: Project, { services }: Pick<Intent, 'services'>): readonly Service[] {
  if (services === undefined) return Object.values(project.services)
  const wanted = new Set<string>()
  const visit = (name: string): void => {
    const service = project.services[name]
    if (service === undefined || wanted.has(name)) return
    wanted.add(name)
    for (const dependency of Object.keys(service.depends_on ?? {})) visit(dependency)
  }
  for (const name of services) {
    if (project.services[name] === undefined) throw noSuchService(project, name)
    visit(name)
  }
  return Object.values(project.services).filter(({ name }) => wanted.has(name))
}

function noSuchService(project: Project, name: string): BulkheadError {
  const disabled = project.disabledServices[name] !== undefined
  return new BulkheadError(
    'BH_SERVICE_NOT_FOUND',
    `Project "${project.name}" has no service "${name}"${disabled ? ' in the active profiles' : ''}.`,
    {
      hint: disabled
        ? 'Activate its profile with `--profile`.'
        : `It has: ${Object.keys(project.services).join(', ')}.`,
    },
  )
}

/** How many replicas of a service are wanted. */
export function wantedReplicas(service: Service, { scale }: Pick<Intent, 'scale'>): number {
  return scale[service.name] ?? service.scale ?? service.deploy?.replicas ?? 1
}

/** Services whose namespaces or volumes a service lives in: it follows when they are replaced. */
export function parentsOf(service: Service): readonly string[] {
  const modes = [service.network_mode, service.pid, service.ipc, service.uts]
    .filter((mode) => mode?.startsWith('service:') === true)
    .map((mode) => mode?.slice('service:'.length) ?? '')
  const volumes = (service.volumes_from ?? [])
    .filter((entry) => !entry.startsWith('container:'))
    .map((entry) => entry.split(':')[0] ?? '')
  return [...new Set([...modes, ...volumes])]
}
