import {
  upIntent,
  type DeploymentAction,
  type Intent,
  type ObservedContainer,
  type Project,
} from '@bulkhead/model'
import { isUp } from './orphans.ts'
import { closureOf, followersOf, selectServices } from './select.ts'

/** What one deployment asks for, beside the files. */
export interface IntentRequest {
  readonly action: DeploymentAction
  readonly services?: readonly string[] | undefined
  readonly noDependencies?: boolean | undefined
  readonly scale?: Readonly<Record<string, number>> | undefined
  readonly recreate?: 'changed' | 'always' | 'never' | undefined
  readonly recreateDependencies?: boolean | undefined
  /** With `kill`. */
  readonly signal?: string | undefined
  /** With `rm`: also what runs. */
  readonly stop?: boolean | undefined
  readonly removeVolumes?: boolean | undefined
  readonly removeImages?: readonly string[] | undefined
  readonly removeOrphans?: boolean | undefined
  readonly stopTimeoutSeconds?: number | undefined
  readonly allResources?: boolean | undefined
  readonly recreateVolumes?: Intent['recreateVolumes']
}

/** What a request is made in view of. */
export interface Circumstances {
  /** As it will be; by its labels (`labelledProject`) where there are no files. */
  readonly project: Project
  /** As it was asked for until now. */
  readonly before: Project | undefined
  /** The project's containers at the time of the request. */
  readonly containers: readonly ObservedContainer[]
  /** Services that are not as they were `before`. */
  readonly changed: ReadonlySet<string>
}

/**
 * The intent after a request. It names containers where it is about those that
 * are there (to be replaced, restarted, removed): once they are, nothing of it is
 * left to do, however often it was begun.
 *
 * @throws BulkheadError BH_SERVICE_NOT_FOUND
 */
export function nextIntent(
  previous: Intent | undefined,
  request: IntentRequest,
  circumstances: Circumstances,
): Intent {
  const { removeOrphans = false, stopTimeoutSeconds } = request
  const known = previous ?? { ...upIntent, target: 'down' }
  const base: Intent = {
    ...known,
    ...pending(known, circumstances.containers),
    removeOrphans,
    stopTimeoutSeconds,
    removeVolumes: request.removeVolumes ?? false,
    removeImages: request.removeImages ?? [],
    recreateVolumes: request.recreateVolumes,
  }
  switch (request.action) {
    case 'up':
    case 'create':
    case 'scale':
      return brought(base, request, circumstances)
    case 'start':
    case 'restart':
      return started(base, request, circumstances)
    case 'stop':
      return stopped(base, request)
    case 'kill':
      return endsProcesses(request.signal) ? stopped(base, request) : onlyNamed(base)
    case 'rm':
      return removed(base, request, circumstances)
    case 'build':
    case 'pull':
    case 'push':
      return known
    case 'down':
      return takenDown(base, request, circumstances)
  }
}

/** Services that a request is about, in start order; undefined: all that are on. */
export function scopeOf(
  {
    action,
    services,
    noDependencies = false,
    scale = {},
  }: Pick<IntentRequest, 'action' | 'services' | 'noDependencies' | 'scale'>,
  project: Project,
): readonly string[] | undefined {
  const named = services?.length ? services : action === 'scale' ? Object.keys(scale) : undefined
  if (named === undefined) return undefined
  if (!withDependencies.has(action)) return named
  return [...closureOf(project, named, noDependencies ? named : [])]
}

/** Providers and models that are to be asked again, because their services are to be made anew. */
export function renewedBy(
  request: Omit<IntentRequest, 'removeImages'>,
  project: Project,
): readonly string[] | undefined {
  const { recreate, recreateDependencies = false } = request
  if (recreate !== 'always' && !recreateDependencies) return undefined
  const chosen = scopeOf(request, project) ?? Object.keys(project.services)
  const named = scopeOf(request, project) === undefined ? chosen : namedBy(request)
  const services = [
    ...(recreate === 'always' ? named : []),
    ...(recreateDependencies ? chosen.filter((name) => !named.includes(name)) : []),
  ].flatMap((name) => project.services[name] ?? [])
  return unique(
    services.flatMap(({ name, provider, models }) => [
      ...(provider === undefined ? [] : [name]),
      ...Object.keys(models ?? {}),
    ]),
  )
}

const withDependencies: ReadonlySet<DeploymentAction> = new Set(['up', 'create', 'scale', 'start'])

/** What was named before and is still there to be dealt with. */
function pending(
  { replace, remove, restarts }: Intent,
  containers: readonly ObservedContainer[],
): Pick<Intent, 'replace' | 'remove' | 'restarts'> {
  const there = new Map(containers.map((one) => [one.id, one]))
  return {
    replace: replace.filter((id) => there.has(id)),
    remove: remove.filter((id) => there.has(id)),
    restarts: Object.fromEntries(
      Object.entries(restarts).filter(
        ([id, start]) => (there.get(id)?.startedAt ?? '') === start && there.has(id),
      ),
    ),
  }
}

function brought(base: Intent, request: IntentRequest, circumstances: Circumstances): Intent {
  const { project, containers } = circumstances
  const { action, recreate = 'changed', recreateDependencies = false, scale = {} } = request
  const scope = scopeOf(request, project)
  const chosen = new Set(scope ?? Object.keys(project.services))
  const named = scope === undefined ? chosen : new Set(namedBy(request))
  const without = <T>(record: Readonly<Record<string, T>>): Record<string, T> => omit(record, chosen)
  const resting = base.target === 'up' ? without(base.resting) : {}
  if (action === 'create') for (const name of chosen) resting[name] = 'created'
  const forced = new Set([
    ...(recreate === 'always' ? named : []),
    ...(recreateDependencies ? [...chosen].filter((name) => !named.has(name)) : []),
  ])
  const outside = [...base.frozen, ...circumstances.changed].filter((name) => !chosen.has(name))
  return {
    ...base,
    target: 'up',
    allResources: request.allResources,
    ...servicesOn(base, request, circumstances),
    resting,
    scale: action === 'scale' ? { ...base.scale, ...scale } : { ...without(base.scale), ...scale },
    paused: base.paused && without(base.paused),
    frozen: unique([...(scope === undefined ? [] : outside), ...(recreate === 'never' ? chosen : [])]),
    replace: unique([...base.replace, ...idsOf(containers, ({ service }) => forced.has(service))]),
    remove: [],
    restarts:
      action === 'create' ? base.restarts : { ...base.restarts, ...revived(base, chosen, containers) },
  }
}

/** What was stopped on request is started on request, though it had ended well. */
function revived(
  { target, resting }: Intent,
  chosen: ReadonlySet<string>,
  containers: readonly ObservedContainer[],
): Intent['restarts'] {
  const wasStopped = (name: string): boolean => target === 'stopped' || resting[name] === 'stopped'
  return startsOf(
    containers.filter((one) => !isUp(one) && chosen.has(one.service) && wasStopped(one.service)),
  )
}

function servicesOn(
  base: Intent,
  request: IntentRequest,
  { project, before }: Circumstances,
): Pick<Intent, 'services' | 'alone'> {
  const scope = scopeOf(request, project)
  if (scope === undefined) return { services: undefined, alone: [] }
  const named = namedBy(request)
  const alone = unique([
    ...base.alone.filter((name) => base.target === 'up' && !named.includes(name)),
    ...(request.noDependencies === true ? named : []),
  ])
  if (base.target !== 'up') return { services: unique(named), alone }
  if (base.services !== undefined) return { services: unique([...base.services, ...named]), alone }
  const wereOn = new Set(Object.keys(before?.services ?? project.services))
  const isAllOn = Object.keys(project.services).every((name) => wereOn.has(name) || scope.includes(name))
  if (isAllOn) return { services: undefined, alone: [] }
  // The files have more services now than those that are on: these are named from here on.
  const stillThere = [...wereOn].filter((name) => project.services[name] !== undefined)
  return { services: unique([...stillThere, ...named]), alone }
}

function started(base: Intent, request: IntentRequest, circumstances: Circumstances): Intent {
  const { project, containers } = circumstances
  const present = new Set(containers.filter(({ oneOff }) => !oneOff).map(({ service }) => service))
  const named = request.services?.length ? request.services : undefined
  const enabled = selectServices(project, { services: undefined }).map(({ name }) => name)
  const scope = scopeOf(request, project) ?? enabled
  const asked = new Set(scope.filter((name) => present.has(name)))
  // What is provided has no container, and may have been stopped all the same.
  const provided = scope.filter((name) => project.services[name]?.provider !== undefined)
  if (request.action === 'restart' && request.noDependencies !== true)
    for (const name of followersOf(project, asked)) if (present.has(name)) asked.add(name)
  const isMeant = (one: ObservedContainer): boolean =>
    asked.has(one.service) &&
    !one.oneOff &&
    (request.action === 'restart' ||
      (!isUp(one) && (named?.includes(one.service) === true || !hasEndedWell(one, project))))
  const on = base.target === 'up' ? base.services : named === undefined ? base.services : []
  return {
    ...base,
    target: 'up',
    services: on && unique([...on, ...asked, ...(named === undefined ? [] : provided)]),
    resting: omit(base.resting, new Set([...asked, ...provided])),
    remove: [],
    restarts: { ...base.restarts, ...startsOf(containers.filter(isMeant)) },
  }
}

/** A job that others wait for and that is done. */
function hasEndedWell({ service, state, exitCode, startedAt }: ObservedContainer, project: Project): boolean {
  if (state !== 'exited' || exitCode !== 0 || startedAt === undefined) return false
  return Object.values(project.services).some(
    ({ depends_on }) => depends_on?.[service]?.condition === 'service_completed_successfully',
  )
}

function stopped(base: Intent, { services = [] }: IntentRequest): Intent {
  if (services.length === 0) return { ...base, target: 'stopped' }
  const resting = { ...base.resting }
  for (const name of services) if (resting[name] !== 'off') resting[name] = 'stopped'
  return { ...onlyNamed(base), resting }
}

/** Where nothing was on, what a request doesn't name stays off. */
function onlyNamed(base: Intent): Intent {
  return base.target === 'down' ? { ...base, target: 'up', services: [] } : base
}

/** Signals after which a process is meant to be gone. */
function endsProcesses(signal = 'SIGKILL'): boolean {
  const name = signal.toUpperCase().replace(/^SIG/, '')
  return ['KILL', 'TERM', 'INT', 'QUIT', 'ABRT', '9', '15', '2', '3', '6'].includes(name)
}

function removed(
  base: Intent,
  { services, stop = false }: IntentRequest,
  { containers }: Circumstances,
): Intent {
  const its = containers.filter(
    ({ oneOff, service }) => !oneOff && (services?.length ? services.includes(service) : true),
  )
  const resting = { ...base.resting }
  const scale = { ...base.scale }
  const remove = [...base.remove]
  for (const name of new Set(its.map(({ service }) => service))) {
    const own = its.filter(({ service }) => service === name)
    const leaving = own.filter((one) => stop || !isUp(one))
    if (leaving.length === 0) continue
    if (leaving.length === own.length) resting[name] = 'off'
    else scale[name] = own.length - leaving.length
    remove.push(...leaving.map(({ id }) => id))
  }
  return { ...onlyNamed(base), resting, scale, remove: unique(remove) }
}

function takenDown(base: Intent, { services = [] }: IntentRequest, { containers }: Circumstances): Intent {
  const { removeVolumes, removeImages, removeOrphans, stopTimeoutSeconds } = base
  if (services.length === 0)
    return { ...upIntent, target: 'down', removeVolumes, removeImages, removeOrphans, stopTimeoutSeconds }
  const resting = { ...base.resting }
  for (const name of services) resting[name] = 'off'
  const leaving = idsOf(containers, ({ service }) => services.includes(service))
  return { ...onlyNamed(base), resting, remove: unique([...base.remove, ...leaving]) }
}

function namedBy({ services, action, scale = {} }: IntentRequest): readonly string[] {
  if (services?.length) return services
  return action === 'scale' ? Object.keys(scale) : []
}

function startsOf(containers: readonly ObservedContainer[]): Intent['restarts'] {
  return Object.fromEntries(containers.map(({ id, startedAt = '' }) => [id, startedAt]))
}

function idsOf(
  containers: readonly ObservedContainer[],
  isMeant: (container: ObservedContainer) => boolean,
): readonly string[] {
  return containers.filter((one) => !one.oneOff && isMeant(one)).map(({ id }) => id)
}

function omit<T>(record: Readonly<Record<string, T>>, names: ReadonlySet<string>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.has(name)))
}

function unique(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].sort()
}
