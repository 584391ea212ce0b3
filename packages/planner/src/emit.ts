import type { Dependency, DependencyCondition, Intent, ObservedContainer, Project } from '@bulkhead/model'
import type { Decision } from './decide.ts'
import type { Draft } from './draft.ts'
import { containerName, imageOf, temporaryName } from './names.ts'
import { changedSettings, deviations, strangeName } from './drift.ts'
import { firstDueHook } from './hooks.ts'
import { emitRemoval, isUp } from './orphans.ts'
import { emitClearing, type Clearing } from './clear.ts'
import type { Judgment } from './judge.ts'
import { isLeftStopped } from './repair.ts'
import { emitResources, type Resources } from './resources.ts'
import { parentsOf } from './select.ts'
import { containerSpec } from './specification/container.ts'
import { wantedSettings } from './specification/hostConfig.ts'
import { initSpec } from './specification/init.ts'
import { writtenFiles } from './specification/mounts.ts'
import type { ServicePlan, UpInput } from './input.ts'

/** What others wait for: the nodes after which a service's containers run, and which containers those are. */
interface Emitted {
  readonly started: readonly number[]
  /** By id where they stay, by name where they are new. */
  readonly containers: readonly string[]
}

interface Emission {
  readonly input: UpInput
  readonly plans: ReadonlyMap<string, ServicePlan>
  readonly judgment: Judgment
  readonly clearing: Clearing
  readonly resources: Resources
  readonly draft: Draft
  readonly emitted: Map<string, Emitted>
  /** awaitCondition nodes by service and condition. */
  readonly awaits: Map<string, number>
  /** Services stopped because what they depend on is replaced → the nodes that stop them. */
  readonly stops: ReadonlyMap<string, readonly number[]>
  /** Service → the nodes that remove what its interrupted `pre_start` hooks left. */
  readonly leftovers: ReadonlyMap<string, readonly number[]>
}

/**
 * Adds the nodes of all networks, volumes and services, which come in start order.
 *
 * @returns what is stopped to be started again: id → its start until now.
 */
export function emitServices(
  input: UpInput,
  plans: ReadonlyMap<string, ServicePlan>,
  judgment: Judgment,
  leftovers: Emission['leftovers'],
  draft: Draft,
): Readonly<Record<string, string>> {
  const { stops, restarts } = emitRestartStops(input, plans, draft)
  const clearing = emitClearing(input, plans, judgment, stops, draft)
  const resources = emitResources(input, judgment, clearing, draft)
  const emission: Emission = {
    input,
    plans,
    judgment,
    clearing,
    resources,
    draft,
    emitted: new Map(),
    awaits: new Map(),
    stops,
    leftovers,
  }
  for (const { container, attachment, cause, after } of clearing.bystanders) {
    const { id, name, service } = container
    const ready = [...after, ...resources.network(attachment.network)]
    draft.add({ type: 'connectNetwork', service, container: id, name, attachment, cause }, ready)
  }
  for (const servicePlan of plans.values()) {
    emission.emitted.set(servicePlan.wanted.service.name, emitService(emission, servicePlan))
  }
  return restarts
}

/** Dependents first: they stop before what they depend on does. */
function emitRestartStops(
  { intent }: UpInput,
  plans: ReadonlyMap<string, ServicePlan>,
  draft: Draft,
): { readonly stops: ReadonlyMap<string, readonly number[]>; readonly restarts: Record<string, string> } {
  const stops = new Map<string, readonly number[]>()
  const restarts: Record<string, string> = {}
  for (const servicePlan of [...plans.values()].reverse()) {
    const { name: stopped } = servicePlan.wanted.service
    const after = [...plans.values()]
      .filter(({ wanted }) => wanted.service.depends_on?.[stopped] !== undefined)
      .flatMap(({ wanted }) => stops.get(wanted.service.name) ?? [])
    const nodes = servicePlan.decisions.flatMap((decision) => {
      if (decision.kind !== 'keep' || !isUp(decision.container)) return []
      const cause = causeToRestart(intent, servicePlan, decision.container)
      if (cause === undefined) return []
      const { id, name, service, startedAt = '' } = decision.container
      const timeoutSeconds = intent.stopTimeoutSeconds
      restarts[id] = startedAt
      return [
        draft.add({ type: 'stopContainer', service, container: id, name, timeoutSeconds, cause }, after),
      ]
    })
    if (nodes.length > 0) stops.set(stopped, nodes)
  }
  return { stops, restarts }
}

/** Why a container that is as asked for is to be stopped, where it runs, and started. */
function causeToRestart(
  { restarts }: Intent,
  { restarts: isFollowing, rests, bystander }: ServicePlan,
  container: ObservedContainer,
): string | undefined {
  if (rests) return undefined
  if (restarts[container.id] === (container.startedAt ?? '')) return 'asked for'
  return isFollowing && (isUp(container) || !bystander) ? 'a dependency is replaced' : undefined
}

function emitService(emission: Emission, servicePlan: ServicePlan): Emitted {
  const { draft, input, resources, emitted } = emission
  const { service } = servicePlan.wanted
  const parents = parentsOf(service).flatMap((name) => emitted.get(name)?.started ?? [])
  const ready = [...resources.nodesFor(service), ...parents]
  const conditions = memoize((before: Before) =>
    initNodes(emission, servicePlan, before, [...conditionNodes(emission, servicePlan), ...parents]),
  )
  const started: number[] = []
  const containers: string[] = []
  // What an interrupted round left may hold the very name that a new container needs.
  const removed: number[] = []
  for (const decision of servicePlan.decisions) {
    if (decision.kind === 'remove') {
      const { container, cause } = decision
      const earlier = draft.removalOf(container.id)
      removed.push(earlier ?? emitRemoval(draft, container, cause, input.intent, []).removed)
      continue
    }
    const step = emitReplica(emission, servicePlan, decision, { ready: [...ready, ...removed], conditions })
    started.push(...step.nodes)
    containers.push(step.container)
  }
  for (const decision of servicePlan.decisions)
    if (decision.kind === 'keep')
      emitOwnName(emission, servicePlan, decision.container, [...removed, ...started])
  return { started, containers }
}

interface Waits {
  /** Nodes that must be done before a container can be created. */
  readonly ready: readonly number[]
  /** Nodes that must be done before it may start. Adds them when first asked. */
  readonly conditions: (before: Before) => readonly number[]
}

/** A container that is to start, and the nodes that create it. */
interface Before {
  readonly container: string
  readonly created: readonly number[]
}

function emitReplica(
  emission: Emission,
  servicePlan: ServicePlan,
  decision: Exclude<Decision, { kind: 'remove' }>,
  { ready, conditions }: Waits,
): { readonly nodes: readonly number[]; readonly container: string } {
  const { draft, input } = emission
  const { project, service } = servicePlan.wanted
  const { name: serviceName } = service
  const finalName = containerName(project, service, decision.number)
  const files = writtenFiles(project, service)
  const start = (
    container: string,
    cause: string,
    after: readonly number[],
    name = finalName,
    before: Before = { container, created: after },
  ): readonly number[] => {
    if (servicePlan.rests) return after
    const operation = { type: 'startContainer', service: serviceName, container, name, files, cause } as const
    return hook(container, 0, cause, [draft.add(operation, [...after, ...conditions(before)])])
  }
  /** Those `post_start` hooks that are due, one after another: who waits for the service waits for them. */
  const hook = (
    container: string,
    first: number,
    cause: string,
    after: readonly number[],
  ): readonly number[] =>
    (service.post_start ?? []).slice(first).reduce((before, one, place): readonly number[] => {
      const where = { service: serviceName, container, name: finalName, index: first + place }
      return [draft.add({ type: 'runHook', phase: 'post_start', ...where, hook: one, cause }, before)]
    }, after)
  const create = (
    name: string,
    cause: string,
    after: readonly number[],
    replaced?: ObservedContainer,
  ): number => {
    const container = { ...specOf(emission, servicePlan, decision.number, replaced), name }
    return draft.add({ type: 'createContainer', service: serviceName, container, cause }, after)
  }
  const rename = (container: string, from: string, cause: string, after: readonly number[]): number =>
    draft.add({ type: 'renameContainer', service: serviceName, container, from, to: finalName, cause }, after)

  switch (decision.kind) {
    case 'keep': {
      const { container } = decision
      const { connected, stopped } = emitRepairs(emission, container)
      const lost = stopped ?? lostNamespace(emission, servicePlan, container)
      const stops = emission.stops.get(serviceName) ?? []
      const asked = causeToRestart(input.intent, servicePlan, container)
      const restart = lost === undefined || stopped !== undefined ? [] : emitStop(emission, container, lost)
      const cause = asked ?? lost ?? startCause(emission, servicePlan, container)
      if (cause === undefined) {
        const mended = emitMending(emission, servicePlan, container)
        const first = firstDueHook(container, service.post_start ?? [], input.hooksRun)
        const isMeant = container.state === 'running' && !servicePlan.bystander && !servicePlan.rests
        const due = isMeant ? first : Infinity
        return {
          nodes: hook(container.id, due, 'not run since its start', [...connected, ...mended]),
          container: container.id,
        }
      }
      const after = [...stops, ...restart, ...connected, ...parentStarts(emission, servicePlan)]
      return { nodes: start(container.id, cause, after, container.name), container: container.id }
    }
    case 'create': {
      const created = create(finalName, decision.cause, ready, decision.replaced)
      return { nodes: start(finalName, decision.cause, [created]), container: finalName }
    }
    case 'replace': {
      const { container, cause } = decision
      const dependents = dependentStops(emission, serviceName)
      if (container.name !== finalName) {
        const created = create(finalName, cause, ready, container)
        const { removed } = emitRemoval(draft, container, cause, input.intent, [
          created,
          ...dependents,
          ...conditions({ container: finalName, created: [created] }),
        ])
        return { nodes: start(finalName, cause, [removed]), container: finalName }
      }
      const temporary = temporaryName(container.id, finalName)
      const created = create(temporary, cause, ready, container)
      const { removed } = emitRemoval(draft, container, cause, input.intent, [
        created,
        ...dependents,
        ...conditions({ container: temporary, created: [created] }),
      ])
      const renamed = rename(temporary, temporary, cause, [removed])
      return { nodes: start(finalName, cause, [renamed]), container: finalName }
    }
    case 'finish': {
      const cause = 'replacement was interrupted'
      const { container, replaced } = decision
      const before = { container: container.id, created: [] }
      const waits = [
        ...dependentStops(emission, serviceName),
        ...(replaced.length === 0 ? [] : conditions(before)),
      ]
      const removed = replaced.map((old) => emitRemoval(draft, old, cause, input.intent, waits).removed)
      const renamed = rename(container.id, container.name, cause, removed)
      const { connected, stopped } = emitRepairs(emission, container)
      return {
        nodes:
          isUp(container) && stopped === undefined
            ? hook(container.id, firstDueHook(container, service.post_start ?? [], input.hooksRun), cause, [
                renamed,
                ...connected,
              ])
            : start(container.id, cause, [renamed, ...connected], finalName, before),
        container: container.id,
      }
    }
  }
}

/** Gives a container that goes on what somebody took from it. */
function emitMending(
  { draft }: Emission,
  { wanted, bystander, rests }: ServicePlan,
  container: ObservedContainer,
): readonly number[] {
  if (bystander || rests) return []
  const { id, name, service } = container
  const settings = changedSettings(container, wanted.service)
  const { memory } = settings
  const { memorySwap } = wantedSettings(wanted.service)
  const mended: number[] = []
  if (Object.keys(settings).length > 0) {
    const cause = `${deviations(container, wanted.project, wanted.service)
      .filter(({ field }) => field !== 'container_name' && field !== 'state')
      .map(({ field }) => field)
      .join(', ')} changed from outside`
    mended.push(
      draft.add(
        {
          type: 'updateContainer',
          service,
          container: id,
          name,
          settings: memory === undefined ? settings : { ...settings, memorySwap },
          cause,
        },
        [],
      ),
    )
  }
  if (container.state === 'paused')
    mended.push(
      draft.add(
        { type: 'unpauseContainer', service, container: id, name, cause: 'paused from outside' },
        mended,
      ),
    )
  return mended
}

/** Its own name for a container that somebody renamed, once nothing else of the service bears it. */
function emitOwnName(
  { draft }: Emission,
  { wanted, bystander }: ServicePlan,
  container: ObservedContainer,
  after: readonly number[],
): void {
  const to = bystander ? undefined : strangeName(container, wanted.project, wanted.service)
  if (to === undefined) return
  const { id, name: from, service } = container
  const cause = 'renamed from outside'
  draft.add({ type: 'renameContainer', service, container: id, from, to, cause }, after)
}

/** Puts a container that stays back on its networks; `stopped` tells why it was stopped for that. */
function emitRepairs(
  { clearing, resources, draft }: Emission,
  { id, name, service }: ObservedContainer,
): { readonly connected: readonly number[]; readonly stopped: string | undefined } {
  const mending = clearing.repairs.get(id)
  if (mending === undefined) return { connected: [], stopped: undefined }
  let connected = mending.after
  for (const { attachment, cause } of mending.repairs) {
    const after = [...connected, ...resources.network(attachment.network)]
    connected = [
      draft.add({ type: 'connectNetwork', service, container: id, name, attachment, cause }, after),
    ]
  }
  const [first] = mending.repairs
  const cause = first?.cause ?? 'it shares a namespace with one that stops'
  return { connected, stopped: mending.stopped ? cause : undefined }
}

function emitStop(
  { draft, input }: Emission,
  container: ObservedContainer,
  cause: string,
): readonly number[] {
  if (!isUp(container)) return []
  const { id, name, service } = container
  const timeoutSeconds = input.intent.stopTimeoutSeconds
  const earlier = draft.stopOf(id)
  if (earlier !== undefined) return [earlier]
  return [draft.add({ type: 'stopContainer', service, container: id, name, timeoutSeconds, cause }, [])]
}

/** Starts of those whose namespaces a service shares. */
function parentStarts({ emitted }: Emission, { wanted }: ServicePlan): readonly number[] {
  return parentsOf(wanted.service).flatMap((name) => emitted.get(name)?.started ?? [])
}

/**
 * Why a container that is as asked for lives in namespaces that ended: the
 * container that they are of was started again since, or will be.
 */
function lostNamespace(
  { input, draft }: Emission,
  { wanted }: ServicePlan,
  container: ObservedContainer,
): string | undefined {
  const { deployment, held, observed } = input
  const since = container.state === 'exited' ? container.finishedAt : container.startedAt
  for (const parent of observed.containers.filter(({ id }) => container.sharesWith?.includes(id) === true)) {
    const cause = `"${parent.service}" was started again`
    const isNewer =
      parent.state === 'running' &&
      since !== undefined &&
      Date.parse(parent.startedAt ?? '') > Date.parse(since)
    if (isUp(container) && (isNewer || draft.startOf(parent.id) !== undefined)) return cause
    // Its restart policy has given up on it: there was nothing to live in.
    const isMeant = ['always', 'unless-stopped'].includes(wanted.service.restart ?? '')
    const isHeld = deployment === undefined && held.has(container.service)
    if (container.state === 'exited' && isNewer && isMeant && !isHeld) return cause
  }
  return undefined
}

function specOf(
  emission: Emission,
  servicePlan: ServicePlan,
  number: number,
  replaced: ObservedContainer | undefined,
) {
  const renews = emission.input.deployment?.options.renewAnonymousVolumes === true
  const inherited = renews ? [] : (replaced?.mounts ?? [])
  const replaces = replaced !== undefined
  return containerSpec({ ...specInput(emission, servicePlan), number, inherited, replaces })
}

function specInput({ input, emitted }: Emission, { wanted }: ServicePlan) {
  const { capabilities, hashKey, observed } = input
  const { project, service, profile, hash, composeHash } = wanted
  const image = observed.images[imageOf(project, service)]
  const owners = new Map(
    [...emitted].flatMap(([name, { containers }]) =>
      containers[0] === undefined ? [] : [[name, containers[0]]],
    ),
  )
  return { project, service, profile, hash, composeHash, capabilities, hashKey, image, owners }
}

/**
 * The `pre_start` hooks of a service, one after another once its conditions
 * hold: they come before the first start of what the service is now, and so
 * not when a container of it has ever run. Until they are done the containers
 * that are to be replaced go on.
 *
 * @returns the nodes after which containers may start.
 */
function initNodes(
  emission: Emission,
  servicePlan: ServicePlan,
  { container: beside, created }: Before,
  conditions: readonly number[],
): readonly number[] {
  const { draft, leftovers } = emission
  const { project, service } = servicePlan.wanted
  const hasStarted = servicePlan.decisions.some(
    (decision) =>
      (decision.kind === 'keep' || decision.kind === 'finish') && decision.container.startedAt !== undefined,
  )
  if (hasStarted) return conditions
  const left = leftovers.get(service.name) ?? []
  const files = writtenFiles(project, service)
  const cause = 'before the first start'
  return (service.pre_start ?? []).reduce((before, hook, index): readonly number[] => {
    const spec = initSpec({
      ...specInput(emission, servicePlan),
      number: 0,
      inherited: [],
      hook,
      index,
      beside,
    })
    const operation = {
      type: 'runInit',
      service: service.name,
      index,
      container: spec,
      files,
      cause,
    } as const
    return [draft.add(operation, index === 0 ? [...before, ...created, ...left] : before)]
  }, conditions)
}

/**
 * Why a container that is as asked for has to be started; undefined: it has not.
 * One that ended by itself is started by a deployment only, once, and not when
 * it is a job that others wait for and that ended well.
 */
function startCause(
  { input, judgment }: Emission,
  { wanted, rests, bystander }: ServicePlan,
  container: ObservedContainer,
): string | undefined {
  const { deployment, held } = input
  const service = wanted.service.name
  if (rests || bystander) return undefined
  // Whatever was tried: it has never run.
  if (container.state === 'created') return 'not started'
  if (container.state !== 'exited') return undefined
  if (deployment === undefined && !held.has(service) && isLeftStopped(container, wanted, judgment))
    return 'left stopped by an interrupted repair'
  if (deployment === undefined) return held.has(service) ? undefined : causeToRevive(input, container)
  if (deployment.started.has(container.id)) return undefined
  if (container.exitCode === 0 && isJob(input.project, wanted.service.name)) return undefined
  return 'not running'
}

/**
 * Why the loop starts a container that has ended: not when it ended by itself,
 * as what is to come of that is for its restart policy to say. An error is that
 * of a start that failed.
 */
function causeToRevive(
  { ended = {} }: UpInput,
  { id, startedAt = '', error, settings }: ObservedContainer,
): string | undefined {
  const end = ended[id]
  if (end !== undefined && !(Date.parse(startedAt) > Date.parse(end.at))) return end.cause
  const isMeant = ['always', 'unless-stopped', 'on-failure'].includes(settings?.restart.split(':')[0] ?? '')
  return isMeant && error !== undefined ? 'its start failed' : undefined
}

/** Also where those that wait for it are not asked for now: its work is done for them too. */
function isJob({ services }: Project, name: string): boolean {
  return Object.values(services).some(
    ({ depends_on: dependencies }) => dependencies?.[name]?.condition === 'service_completed_successfully',
  )
}

/** The stops of those that restart with this service: they come before its own. */
function dependentStops({ plans, stops }: Emission, name: string): readonly number[] {
  return [...plans.values()]
    .filter(({ wanted }) => wanted.service.depends_on?.[name]?.restart === true)
    .flatMap(({ wanted }) => stops.get(wanted.service.name) ?? [])
}

/** Nodes after which every condition of the service's `depends_on` holds. */
function conditionNodes(emission: Emission, { wanted }: ServicePlan): readonly number[] {
  return Object.entries(wanted.service.depends_on ?? {}).flatMap(([name, dependency]) => {
    const target = emission.emitted.get(name)
    if (target === undefined || target.containers.length === 0) return []
    // Nobody starts it now, so nothing that it is to come to is waited for.
    const plan = emission.plans.get(name)
    if (target.started.length === 0 && (plan?.bystander === true || plan?.rests === true)) return []
    if (dependency.condition === 'service_started') return target.started
    return awaitNode(emission, name, dependency, target)
  })
}

function awaitNode(
  { draft, awaits, plans }: Emission,
  name: string,
  { condition, required }: Dependency,
  target: Emitted,
): readonly number[] {
  const key = `${name} ${condition} ${required}`
  const known = awaits.get(key)
  if (known !== undefined) return [known]
  if (target.started.length === 0 && holds(condition, plans.get(name))) return []
  const cause = `needed by those that depend on it`
  const node = draft.add(
    { type: 'awaitCondition', service: name, condition, required, containers: target.containers, cause },
    target.started,
  )
  awaits.set(key, node)
  return [node]
}

/** True when the condition can be seen to hold already. */
function holds(condition: DependencyCondition, plan: ServicePlan | undefined): boolean {
  const kept = (plan?.decisions ?? []).flatMap((decision) =>
    decision.kind === 'keep' ? [decision.container] : [],
  )
  if (condition === 'service_healthy')
    return kept.every(
      ({ state, health }) => (state === 'running' || state === 'paused') && health === 'healthy',
    )
  return kept.some(({ state, exitCode }) => state === 'exited' && exitCode === 0)
}

function memoize<T, U>(make: (given: U) => T): (given: U) => T {
  let made: { readonly value: T } | undefined
  return (given) => (made ??= { value: make(given) }).value
}
