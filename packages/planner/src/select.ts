import {
  BulkheadError,
  type DeploymentOptions,
  type Intent,
  type Project,
  type Service,
} from '@bulkhead/model'
import { driftPolicy } from './policy.ts'

type Selection = Pick<Intent, 'services'> & Partial<Pick<Intent, 'alone'>>

/**
 * The services that are wanted, in start order: those asked for by name with
 * all that they need, or every enabled one.
 *
 * @throws BulkheadError BH_SERVICE_NOT_FOUND
 */
export function selectServices(project: Project, { services, alone }: Selection): readonly Service[] {
  if (services === undefined) return Object.values(project.services)
  const wanted = closureOf(project, services, alone)
  return Object.values(project.services).filter(({ name }) => wanted.has(name))
}

/** The services that are to have containers, in start order: those wanted, but for what was stopped or removed. */
export function activeServices(project: Project, intent: Intent): readonly Service[] {
  return selectServices(project, intent).filter(({ name }) => {
    const rest = intent.resting[name]
    return rest !== 'stopped' && rest !== 'off'
  })
}

/** True for a service that the deployment leaves as it is; the loop's own rounds leave out none. */
export function isBystander(
  deployment: { readonly options: DeploymentOptions } | undefined,
  { name }: Service,
): boolean {
  return deployment?.options.services?.includes(name) === false
}

/** True for a service that these rounds leave as it is: the deployment's are not about it, or the loop is to report only. */
export function isLeft(
  {
    project,
    deployment,
  }: {
    readonly project: Project
    readonly deployment: { readonly options: DeploymentOptions } | undefined
  },
  service: Service,
): boolean {
  if (deployment === undefined) return driftPolicy(project, service) === 'report'
  return isBystander(deployment, service)
}

/**
 * Names of services with all that they need, but for those that come alone.
 *
 * @throws BulkheadError BH_SERVICE_NOT_FOUND
 */
export function closureOf(
  project: Project,
  services: readonly string[],
  alone: readonly string[] = [],
): ReadonlySet<string> {
  const wanted = new Set<string>()
  const visit = (name: string): void => {
    const service = project.services[name]
    if (service === undefined || wanted.has(name)) return
    wanted.add(name)
    if (alone.includes(name)) return
    for (const dependency of Object.keys(service.depends_on ?? {})) visit(dependency)
  }
  for (const name of services) {
    if (project.services[name] === undefined) throw noSuchService(project, name)
    visit(name)
  }
  return wanted
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

/**
 * Services whose namespaces or volumes a service lives in, or that it is linked
 * to by the default bridge, where a link is bound to one container: it is made
 * after them, and follows when they are replaced.
 */
export function parentsOf(service: Service): readonly string[] {
  const modes = [service.network_mode, service.pid, service.ipc, service.uts]
    .filter((mode) => mode?.startsWith('service:') === true)
    .map((mode) => mode?.slice('service:'.length) ?? '')
  const volumes = (service.volumes_from ?? [])
    .filter((entry) => !entry.startsWith('container:'))
    .map((entry) => entry.split(':')[0] ?? '')
  const linked =
    service.network_mode === 'bridge' ? (service.links ?? []).map((entry) => entry.split(':')[0] ?? '') : []
  return [...new Set([...modes, ...volumes, ...linked])]
}

/** Services that restart whenever one of these is started anew, and those that restart with them. */
export function followersOf(project: Project, services: Iterable<string>): ReadonlySet<string> {
  const leading = new Set(services)
  const followers = new Set<string>()
  // In start order: what a service depends on was looked at before it.
  for (const { name, depends_on = {} } of Object.values(project.services)) {
    const follows = Object.entries(depends_on).some(
      ([dependency, { restart }]) =>
        restart === true && (leading.has(dependency) || followers.has(dependency)),
    )
    if (follows && !leading.has(name)) followers.add(name)
  }
  return followers
}
