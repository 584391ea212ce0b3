import type { ObservedContainer } from '@bulkhead/model'
import { decide, type Decision } from './decide.ts'
import { deviations, type Deviation } from './deviation.ts'
import type { PlanInput, UpInput } from './input.ts'
import { judge } from './judge.ts'
import { containerName } from './names.ts'
import { repairsOf } from './repair.ts'
import { activeServices, wantedReplicas } from './select.ts'
import { wantedOf } from './up.ts'

/** What somebody changed of a thing on the engine. */
export interface Drifted extends Deviation {
  /** Name of the container, network or volume. */
  readonly object: string
  readonly service: string | undefined
}

/**
 * In what the engine is not as it was left: what the loop repairs, or only
 * reports where that is asked for. Not what is held, rests or ended by itself.
 */
export function driftOf(input: PlanInput): readonly Drifted[] {
  const { project, intent, held } = input
  if (project === undefined || intent.target !== 'up') return []
  const given: UpInput = {
    ...input,
    project,
    observed: {
      ...input.observed,
      containers: input.observed.containers.filter(({ hook }) => hook === undefined),
    },
  }
  const services = activeServices(project, intent).filter(
    ({ name, provider }) => provider === undefined && intent.resting[name] === undefined && !held.has(name),
  )
  const judgment = judge(given, services)
  const missing = [...judgment.networks.values(), ...judgment.volumes.values()].flatMap(
    ({ definition, found }): readonly Drifted[] =>
      found === undefined ? [gone(definition.name, undefined)] : [],
  )
  const containers = services.flatMap((service) => {
    const wanted = wantedOf(given, service)
    const frozen = intent.frozen.includes(service.name)
    return decide(wanted, wantedReplicas(service, intent), given.observed, frozen).flatMap(
      (decision): readonly Drifted[] => {
        if (decision.kind === 'create')
          return [gone(containerName(project, service, decision.number), service.name)]
        if (decision.kind !== 'keep' && decision.kind !== 'replace') return []
        const { container } = decision
        const found = [
          ...deviations(container, project, service),
          ...cause(decision),
          ...ended(container, input.ended),
          ...repairsOf(container, { project, service }, judgment).map(({ attachment }) => ({
            field: `networks.${attachment.network}`,
            expected: 'connected',
            actual: 'disconnected',
          })),
        ]
        return found.map((one) => ({ object: container.name, service: service.name, ...one }))
      },
    )
  })
  return [...missing, ...containers]
}

function gone(object: string, service: string | undefined): Drifted {
  return { object, service, field: 'state', expected: 'present', actual: 'gone' }
}

/** A change of a setting has a field of its own. */
function cause(decision: Decision): readonly Deviation[] {
  if (decision.kind !== 'replace' || decision.cause.endsWith('changed from outside')) return []
  return [{ field: 'container', expected: 'as asked for', actual: decision.cause }]
}

function ended({ id, state, startedAt = '' }: ObservedContainer, notes: PlanInput['ended'] = {}) {
  const note = notes[id]
  if (note === undefined || state !== 'exited' || Date.parse(startedAt) > Date.parse(note.at)) return []
  return [{ field: 'state', expected: 'running', actual: `exited: ${note.cause}` }]
}
