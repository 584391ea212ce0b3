import { constants } from 'node:os'
import type { DeploymentRequest } from '@bulkhead/api'
import { BulkheadError, imageActions, positionOf } from '@bulkhead/model'
import type {
  DeploymentAction,
  DeploymentOptions,
  Intent,
  ObservedContainer,
  Project,
  Service,
} from '@bulkhead/model'
import {
  hashOf,
  imageOf,
  isUp,
  labelledProject,
  nextIntent,
  renewedBy,
  scopeOf,
  selectServices,
  wantedReplicas,
} from '@bulkhead/planner'

/** What a request asks for, as it is stored: the intent after it, and how its deployment goes about it. */
export interface Wish {
  readonly intent: Intent
  readonly options: DeploymentOptions
}

export interface WishInput {
  readonly name: string
  readonly request: DeploymentRequest
  readonly previous: Intent | undefined
  /** As the files will have it; undefined: there are none. */
  readonly project: Project | undefined
  /** As it was asked for until now. */
  readonly before: Project | undefined
  readonly containers: readonly ObservedContainer[]
}

/** Actions that say what is wanted of the files; the others are about what is on the engine. */
export const bringing: ReadonlySet<DeploymentAction> = new Set(['up', 'create', 'scale'])

/** Actions that are about what the files say, whether it's on the engine or not. */
export function readsFiles(action: DeploymentAction): boolean {
  return bringing.has(action) || imageActions.has(action)
}

/**
 * What is to be stored for a request.
 *
 * @throws BulkheadError BH_SERVICE_NOT_FOUND, BH_CONFLICT for replicas that one name or too few ports forbid,
 * BH_NOT_FOUND for what cannot be started as it isn't there.
 */
export function wishOf({ name, request, previous, project, before, containers }: WishInput): Wish {
  const { action } = request
  const known = project ?? labelledProject(name, containers)
  checkNames(request, known, containers)
  if (bringing.has(action)) checkScale(request, known)
  if (action === 'start') checkStartable(request, known, containers)
  const intent = nextIntent(
    withoutStrangers(previous, project),
    {
      ...request,
      removeImages: imagesToRemove(request, project, containers),
      stopTimeoutSeconds: request.timeoutSeconds,
    },
    { project: known, before, containers, changed: changedOf(known, before) },
  )
  return { intent, options: optionsOf(request, known, containers) }
}

/** Services that were asked for once and that the files have no more are not asked for any longer. */
export function withoutStrangers(
  intent: Intent | undefined,
  project: Project | undefined,
): Intent | undefined {
  if (intent?.services === undefined || project === undefined) return intent
  return { ...intent, services: intent.services.filter((name) => project.services[name] !== undefined) }
}

/** True where the wish depends on which containers there are. */
export function looksAtContainers({ action, recreate, recreateDependencies }: DeploymentRequest): boolean {
  if (action === 'stop') return true
  if (imageActions.has(action)) return false
  return !bringing.has(action) || recreate === 'always' || recreateDependencies === true
}

function optionsOf(
  request: DeploymentRequest,
  project: Project,
  containers: readonly ObservedContainer[],
): DeploymentOptions {
  const { noCache, pullBases, buildArguments, push, ignoreBuildable, ignoreFailures } = request
  const { action, build, noBuild, pull, parallel, renewAnonymousVolumes, rollback } = request
  return {
    services: imageActions.has(action) ? imageScope(request, project) : scopeOf(request, project),
    build,
    noBuild,
    pull,
    parallel,
    noCache,
    pullBases,
    buildArguments,
    push,
    ignoreBuildable,
    ignoreFailures,
    renewAnonymousVolumes,
    rollback,
    reverting: request.revision === undefined ? undefined : true,
    renewProvisions: renewedBy(request, project),
    signal: action === 'kill' ? signalFor(request, project, containers) : undefined,
  }
}

/** @throws BulkheadError BH_SERVICE_NOT_FOUND */
function imageScope(
  { services, includeDependencies }: DeploymentRequest,
  project: Project,
): readonly string[] | undefined {
  if (services === undefined) return undefined
  const alone = includeDependencies === true ? [] : services
  return selectServices(project, { services, alone }).map(({ name }) => name)
}

/** One-off runs get a signal by their own id only; orphans when they are asked for. */
function signalFor(
  { signal = 'SIGKILL', services = [], removeOrphans = false }: DeploymentRequest,
  project: Project,
  containers: readonly ObservedContainer[],
): DeploymentOptions['signal'] {
  checkSignal(signal)
  const isKnown = (name: string): boolean => removeOrphans || knows(project, name)
  const its = containers.filter(
    (one) =>
      !one.oneOff &&
      isUp(one) &&
      (services.length > 0 ? services.includes(one.service) : isKnown(one.service)),
  )
  return { name: signal, containers: its.map(({ id }) => id) }
}

/** By name, with or without SIG, or by number, as the engine takes it. */
function checkSignal(signal: string): void {
  const name = signal.toUpperCase().replace(/^SIG/, '')
  if (/^\d+$/.test(name) || /^RTM(IN|AX)([+-]\d+)?$/.test(name) || `SIG${name}` in constants.signals) return
  throw new BulkheadError('BH_BAD_REQUEST', `"${signal}" is no signal.`, {
    hint: 'Name one such as TERM, HUP or USR1; KILL if none is named.',
  })
}

function knows({ services, disabledServices }: Project, name: string): boolean {
  return services[name] !== undefined || disabledServices[name] !== undefined
}

/** What is to be brought up is checked with the files; all else may also be what the engine alone knows. */
function checkNames(
  { action, services = [], scale = {} }: DeploymentRequest,
  project: Project,
  containers: readonly ObservedContainer[],
): void {
  const present = new Set(containers.map(({ service }) => service))
  const isKnown = (name: string): boolean =>
    bringing.has(action) ? true : knows(project, name) || present.has(name)
  const unknown =
    services.find((name) => !isKnown(name)) ??
    Object.keys(scale).find((name) => project.services[name] === undefined)
  if (unknown === undefined) return
  throw new BulkheadError('BH_SERVICE_NOT_FOUND', `Project "${project.name}" has no service "${unknown}".`, {
    hint: `It has: ${[...new Set([...Object.keys(project.services), ...present])].sort().join(', ')}.`,
  })
}

/** What one name or one port can be given to once, several replicas cannot have. */
function checkScale({ services = [], scale = {} }: DeploymentRequest, project: Project): void {
  const names = services.filter((name) => project.services[name] !== undefined)
  const asked = selectServices(project, { services: services.length === 0 ? undefined : names })
  for (const service of asked) {
    const replicas = wantedReplicas(service, { scale })
    if (replicas < 2) continue
    if (scale[service.name] !== undefined && service.container_name !== undefined) {
      throw new BulkheadError(
        'BH_CONFLICT',
        `Service "${service.name}" can have one replica only: its container is to be named "${service.container_name}".`,
        { hint: 'Remove `container_name` to run more.' },
      )
    }
    checkPorts(project, service, replicas)
  }
}

/** The engine gives each replica a port of the range, and fails at the first one that finds none. */
function checkPorts(project: Project, { name, ports = [], network_mode }: Service, replicas: number): void {
  if (network_mode !== undefined && network_mode !== 'bridge') return
  const index = ports.findIndex(({ published }) => portsIn(published) < replicas)
  const narrow = ports[index]
  if (narrow === undefined) return
  const room = portsIn(narrow.published)
  throw new BulkheadError(
    'BH_CONFLICT',
    `Service "${name}" is to have ${replicas} replicas, and ${room === 1 ? 'one port' : `${room} ports`} of this machine to publish port ${narrow.target} at: ${String(narrow.published)}.`,
    {
      hint: `Publish a range of at least ${replicas} ports, or the container's port alone for any free one.`,
      at: positionOf(project, 'services', name, 'ports', index),
    },
  )
}

/** How many ports of the machine may be taken; without any named, whichever is free. */
function portsIn(published: string | undefined): number {
  if (published === undefined || published === '' || published === '0') return Infinity
  const [first = 0, last = first] = published.split('-').map(Number)
  return last - first + 1
}

function checkStartable(
  { services }: DeploymentRequest,
  project: Project,
  containers: readonly ObservedContainer[],
): void {
  const present = new Set(containers.filter(({ oneOff }) => !oneOff).map(({ service }) => service))
  for (const { name, provider } of Object.values(project.services))
    if (provider !== undefined) present.add(name)
  const missing = services?.find((name) => !present.has(name))
  if (missing === undefined && present.size > 0) return
  const what = missing === undefined ? `Project "${project.name}"` : `Service "${missing}"`
  throw new BulkheadError('BH_NOT_FOUND', `${what} has no container to start.`, {
    hint: 'Make it with `bulkhead up` or `bulkhead create`.',
  })
}

function imagesToRemove(
  { removeImages, services = [] }: DeploymentRequest,
  project: Project | undefined,
  containers: readonly ObservedContainer[],
): readonly string[] {
  if (removeImages === undefined || services.length > 0) return []
  if (project === undefined) {
    const own = containers.filter(({ oneOff }) => !oneOff)
    // Without files an image is local when it has the name that a build gives it.
    const local = own.filter(
      ({ image, service, labels }) => image === `${labels['com.docker.compose.project']}-${service}`,
    )
    return [...new Set((removeImages === 'all' ? own : local).map(({ image }) => image))].sort()
  }
  const all = Object.values({ ...project.services, ...project.disabledServices })
  const meant = removeImages === 'all' ? all : all.filter(({ image }) => image === undefined)
  return [...new Set(meant.map((service) => imageOf(project, service)))].sort()
}

/** Services that come to other containers now than before. */
function changedOf(project: Project, before: Project | undefined): ReadonlySet<string> {
  if (before === undefined) return new Set()
  const hash = (of: Project, name: string): string | undefined => {
    const service = of.services[name]
    return service && hashOf({ project: of, service, mode: 'default', key: '' })
  }
  const names = Object.keys(project.services).filter((name) => before.services[name] !== undefined)
  return new Set(names.filter((name) => hash(project, name) !== hash(before, name)))
}
