import { composeLabels, type ContainerSpec, type ObservedContainer } from '@bulkhead/model'
import { dependentStops } from './conditions.ts'
import type { Decision } from './decide.ts'
import type { Emission } from './emission.ts'
import { firstDueHook } from './hooks.ts'
import type { ServicePlan } from './input.ts'
import { emitRepairs } from './mend.ts'
import { temporaryName } from './names.ts'
import { emitRemoval, isUp } from './orphans.ts'
import type { Before } from './pre-start.ts'
import { attachments } from './specification/networks.ts'
import type { Steps } from './steps.ts'
import { batchesOf, type Replacing } from './update.ts'
import type { UpdatePolicy } from './update-policy.ts'

export interface Waits {
  /** Nodes that must be done before a container can be created. */
  readonly ready: readonly number[]
  /** Nodes of the replicas that are replaced before this one. */
  readonly gate: readonly number[]
  /** Nodes that must be done before it may start. Adds them when first asked. */
  readonly conditions: (before: Before) => readonly number[]
}

/** Why something is replaced, and why not in the order that the file asks for. */
export function causeOf(cause: string, update: UpdatePolicy | undefined): string {
  return update?.forbidden === undefined ? cause : `${cause}; stop-first, as ${update.forbidden}`
}

/**
 * Adds what replaces containers group by group: the next begins when all of the
 * one before have proven good, and `delay` is over. First those are waited for
 * that a round before this one has put in their places.
 *
 * @returns the nodes of these; `emit` keeps its own.
 */
export function emitBatches(
  emission: Emission,
  servicePlan: ServicePlan,
  emit: (decision: Replacing, gate: readonly number[]) => readonly number[],
): readonly number[] {
  const { update, decisions, wanted } = servicePlan
  if (update === undefined) return []
  const proofs = decisions.flatMap((decision) => emitProof(emission, servicePlan, decision))
  let gate: readonly number[] = proofs
  for (const batch of batchesOf(decisions, update)) {
    const { delayMilliseconds: milliseconds } = update
    const cause = 'delay between updates'
    const { name: service } = wanted.service
    if (gate.length > 0 && milliseconds > 0)
      gate = [emission.draft.add({ type: 'wait', service, milliseconds, cause }, gate)]
    const before = gate
    gate = batch.flatMap((decision) => emit(decision, before))
  }
  return proofs
}

/** One that has taken another's place in this deployment, and of which it is not known yet whether it is any good. */
function emitProof(emission: Emission, servicePlan: ServicePlan, decision: Decision): readonly number[] {
  const { deployment } = emission.input
  if (decision.kind !== 'keep' || deployment?.since === undefined) return []
  const { id, name, labels, startedAt } = decision.container
  const isNew =
    labels[composeLabels.replace] !== undefined &&
    startedAt !== undefined &&
    Date.parse(startedAt) >= Date.parse(deployment.since)
  if (!isNew || deployment.proven?.has(id) === true) return []
  const start = emission.draft.startOf(id)
  return prove(emission, servicePlan, id, name, start === undefined ? [] : [start])
}

/** Adds what waits until a container has proven good, where the file asks for it. */
export function prove(
  { draft }: Emission,
  { update, wanted }: ServicePlan,
  container: string,
  name: string,
  after: readonly number[],
): readonly number[] {
  if (update === undefined) return after
  const { monitorMilliseconds, tolerated, onFailure } = update
  const { name: service } = wanted.service
  const cause = 'it takes the place of another'
  const operation = { type: 'awaitReplica', service, container, name, cause } as const
  return [draft.add({ ...operation, monitorMilliseconds, tolerated, onFailure }, after)]
}

/**
 * Adds what replaces one container start-first.
 *
 * The new one starts beside the old one, and nobody finds it by the service's
 * names until it has proven good. Then it gets them, the old one loses them,
 * and only when clients have had time to forget them it is stopped.
 */
export function emitStartFirst(
  emission: Emission,
  servicePlan: ServicePlan,
  decision: Replacing,
  steps: Steps,
  { ready, gate, conditions }: Waits,
): { readonly nodes: readonly number[]; readonly container: string } {
  const { draft, input } = emission
  const { finalName } = steps
  const { service } = servicePlan.wanted
  const isFinish = decision.kind === 'finish'
  const olds = isFinish ? decision.replaced : [decision.container]
  const cause = isFinish ? 'replacement was interrupted' : decision.cause
  const temporary = isFinish ? decision.container.name : temporaryName(decision.container.id, finalName)
  const container = isFinish ? decision.container.id : temporary
  const began = isFinish
    ? emitBegun(emission, servicePlan, decision.container, steps, { ready, gate, conditions })
    : steps.start(
        temporary,
        cause,
        [steps.create(temporary, cause, [...ready, ...gate], decision.container, unnamed)],
        temporary,
      )
  const proven = prove(emission, servicePlan, container, temporary, began)
  const entered = emitEntrance(emission, servicePlan, decision, temporary, proven)
  const waits = [...entered, ...dependentStops(emission, service.name)]
  const left = olds.reduce(
    (after, old) => emitWithdrawal(emission, servicePlan, old, cause, after),
    waits as readonly number[],
  )
  const drained =
    left.length === waits.length && left.every((node, index) => node === waits[index])
      ? left
      : emitDrain(emission, servicePlan, left)
  const removed = olds.map((old) => emitRemoval(draft, old, cause, input.intent, drained).removed)
  const renamed = steps.rename(container, temporary, cause, removed.length === 0 ? entered : removed)
  return { nodes: [renamed], container: isFinish ? container : finalName }
}

/** The names of a service are not for those that have not proven good. */
function unnamed(spec: ContainerSpec): ContainerSpec {
  return {
    ...spec,
    networks: spec.networks.map((one) => ({ ...one, endpoint: { ...one.endpoint, Aliases: [] } })),
  }
}

/** What an earlier round has made, up to where it runs. */
function emitBegun(
  emission: Emission,
  servicePlan: ServicePlan,
  container: ObservedContainer,
  steps: Steps,
  { gate }: Waits,
): readonly number[] {
  const cause = 'replacement was interrupted'
  const { id, name } = container
  const { connected, stopped } = emitRepairs(emission, container)
  const after = [...gate, ...connected]
  if (!isUp(container) || stopped !== undefined)
    return steps.start(id, cause, after, name, { container: id, created: [] })
  const hooks = servicePlan.wanted.service.post_start ?? []
  return steps.hook(id, firstDueHook(container, hooks, emission.input), cause, after)
}

/** The service's names for a container that has proven good, network after network. */
function emitEntrance(
  { draft }: Emission,
  { wanted }: ServicePlan,
  decision: Replacing,
  name: string,
  after: readonly number[],
): readonly number[] {
  const { project, service } = wanted
  const finalName = name.replace(/^([0-9a-f]{12}_)+/, '')
  const known = decision.kind === 'finish' ? (decision.container.aliases ?? {}) : {}
  const container = decision.kind === 'finish' ? decision.container.id : name
  return attachments({ project, service }, finalName)
    .filter(({ network }) => known[network]?.includes(service.name) !== true)
    .reduce(
      (before, attachment): readonly number[] => [
        draft.add(
          {
            type: 'aliasContainer',
            service: service.name,
            container,
            name,
            attachment,
            leaving: false,
            cause: 'it has proven good',
          },
          before,
        ),
      ],
      after,
    )
}

/** Takes the service's names from a container that is to leave: whoever looks for the service finds others. */
function emitWithdrawal(
  { draft }: Emission,
  { wanted }: ServicePlan,
  { id, name, aliases = {}, networks, state }: ObservedContainer,
  cause: string,
  after: readonly number[],
): readonly number[] {
  const { name: service } = wanted.service
  if (state !== 'running') return after
  return Object.keys(networks)
    .sort()
    .filter((network) => aliases[network]?.includes(service) !== false)
    .reduce(
      (before, network): readonly number[] => [
        draft.add(
          {
            type: 'aliasContainer',
            service,
            container: id,
            name,
            attachment: { network, endpoint: { Aliases: [] } },
            leaving: true,
            cause,
          },
          before,
        ),
      ],
      after,
    )
}

function emitDrain(
  { draft }: Emission,
  { wanted, update }: ServicePlan,
  after: readonly number[],
): readonly number[] {
  const milliseconds = update?.drainMilliseconds ?? 0
  if (milliseconds === 0) return after
  const { name: service } = wanted.service
  const cause = 'clients may remember the one that leaves'
  return [draft.add({ type: 'wait', service, milliseconds, cause }, after)]
}
