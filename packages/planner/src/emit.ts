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
import { emitMending, emitOwnName, emitRepairs, emitStop } from './mend.ts'
import { temporaryName } from './names.ts'
import { emitRemoval, isUp } from './orphans.ts'
import { initNodes, type Before } from './pre-start.ts'
import { emitResources } from './resources.ts'
import { causeOf, emitBatches, emitStartFirst, prove, type Waits } from './roll.ts'
import { parentsOf } from './select.ts'
import { stepsOf } from './steps.ts'
import { isReplacing } from './update.ts'

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
  const emit = (
    decision: Exclude<Decision, { kind: 'remove' }>,
    gate: readonly number[],
  ): readonly number[] => {
    const waits = { ready: [...ready, ...removed], gate, conditions }
    const step = emitReplica(emission, servicePlan, decision, waits)
    started.push(...step.nodes)
    containers.push(step.container)
    return step.nodes
  }
  for (const decision of servicePlan.decisions) {
    if (decision.kind === 'remove') {
      const { container, cause } = decision
      const earlier = draft.removalOf(container.id)
      removed.push(earlier ?? emitRemoval(draft, container, cause, input.intent, []).removed)
      continue
    }
    if (servicePlan.update === undefined || !isReplacing(decision)) emit(decision, [])
  }
  started.push(...emitBatches(emission, servicePlan, emit))
  for (const decision of servicePlan.decisions)
    if (decision.kind === 'keep')
      emitOwnName(emission, servicePlan, decision.container, [...removed, ...started])
  return { started, containers }
}

function emitReplica(
  emission: Emission,
  servicePlan: ServicePlan,
  decision: Exclude<Decision, { kind: 'remove' }>,
  { ready, gate, conditions }: Waits,
): { readonly nodes: readonly number[]; readonly container: string } {
  const { draft, input } = emission
  const { service } = servicePlan.wanted
  const { update } = servicePlan
  const { name: serviceName } = service
  const steps = stepsOf(emission, servicePlan, decision.number, conditions)
  const { finalName, start, hook, create, rename } = steps
  if (update?.order === 'start-first' && isReplacing(decision))
    return emitStartFirst(emission, servicePlan, decision, steps, { ready, gate, conditions })
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
        const first = firstDueHook(container, service.post_start ?? [], input)
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
      const { container } = decision
      const cause = causeOf(decision.cause, update)
      const dependents = dependentStops(emission, serviceName)
      if (container.name !== finalName) {
        const created = create(finalName, cause, [...ready, ...gate], container)
        const { removed } = emitRemoval(draft, container, cause, input.intent, [
          created,
          ...dependents,
          ...conditions({ container: finalName, created: [created] }),
        ])
        const nodes = prove(emission, servicePlan, finalName, finalName, start(finalName, cause, [removed]))
        return { nodes, container: finalName }
      }
      const temporary = temporaryName(container.id, finalName)
      const created = create(temporary, cause, [...ready, ...gate], container)
      const { removed } = emitRemoval(draft, container, cause, input.intent, [
        created,
        ...dependents,
        ...conditions({ container: temporary, created: [created] }),
      ])
      const renamed = rename(temporary, temporary, cause, [removed])
      const nodes = prove(emission, servicePlan, finalName, finalName, start(finalName, cause, [renamed]))
      return { nodes, container: finalName }
    }
    case 'finish': {
      const cause = 'replacement was interrupted'
      const { container, replaced } = decision
      const before = { container: container.id, created: [] }
      const waits = [
        ...gate,
        ...dependentStops(emission, serviceName),
        ...(replaced.length === 0 ? [] : conditions(before)),
      ]
      const removed = replaced.map((old) => emitRemoval(draft, old, cause, input.intent, waits).removed)
      const renamed = rename(container.id, container.name, cause, [...gate, ...removed])
      const { connected, stopped } = emitRepairs(emission, container)
      const started =
        isUp(container) && stopped === undefined
          ? hook(container.id, firstDueHook(container, service.post_start ?? [], input), cause, [
              renamed,
              ...connected,
            ])
          : start(container.id, cause, [renamed, ...connected], finalName, before)
      return {
        nodes: prove(emission, servicePlan, container.id, finalName, started),
        container: container.id,
      }
    }
  }
}

function memoize<T, U>(make: (given: U) => T): (given: U) => T {
  let made: { readonly value: T } | undefined
  return (given) => (made ??= { value: make(given) }).value
}
