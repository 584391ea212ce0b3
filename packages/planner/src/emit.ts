import type { ObservedContainer } from '@bulkhead/model'
import { causeToRestart, lostNamespace, startCause } from './cause.ts'
import { emitClearing } from './clear.ts'
import { conditionNodes, dependentStops, parentStarts } from './conditions.ts'
import type { Decision } from './decide.ts'
import type { Draft } from './draft.ts'
import type { Emission, Emitted } from './emission.ts'
import { firstDueHook } from './hooks.ts'
import type { ServicePlan, UpInput } from './input.ts'
import type { Judgment } from './judge.ts'
import { keeperRemoval } from './keeper.ts'
import { specOf } from './made-from.ts'
import { emitMending, emitOwnName, emitRepairs, emitStop } from './mend.ts'
import { containerName, temporaryName } from './names.ts'
import { emitRemoval, isUp } from './orphans.ts'
import { initNodes, type Before } from './pre-start.ts'
import { emitResources } from './resources.ts'
import { parentsOf } from './select.ts'
import { writtenFiles } from './specification/mounts.ts'

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
      const { cause, replaced } = decision
      const created = create(finalName, cause, ready, replaced)
      const keeper = emission.clearing.keepers.get(replaced?.id ?? '')
      if (keeper !== undefined) draft.add(keeperRemoval(keeper, cause), [created])
      return { nodes: start(finalName, cause, [created]), container: finalName }
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

function memoize<T, U>(make: (given: U) => T): (given: U) => T {
  let made: { readonly value: T } | undefined
  return (given) => (made ??= { value: make(given) }).value
}
