import type { Emission } from './emission.ts'
import type { ServicePlan } from './input.ts'
import { specInput } from './made-from.ts'
import { initSpec } from './specification/init.ts'
import { writtenFiles } from './specification/mounts.ts'

/** A container that is to start, and the nodes that create it. */
export interface Before {
  readonly container: string
  readonly created: readonly number[]
}

/**
 * The `pre_start` hooks of a service, one after another once its conditions
 * hold: they come before the first start of what the service is now, and so
 * not when a container of it has ever run. Until they are done the containers
 * that are to be replaced go on.
 *
 * @returns the nodes after which containers may start.
 */
export function initNodes(
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
