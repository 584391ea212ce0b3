import type { ContainerSpec, ObservedContainer } from '@bulkhead/model'
import type { Emission } from './emission.ts'
import type { ServicePlan } from './input.ts'
import { specOf } from './made-from.ts'
import { containerName } from './names.ts'
import type { Before } from './pre-start.ts'
import { writtenFiles } from './specification/mounts.ts'

/** What can be done with one replica of a service. Each adds its nodes and returns those to wait for. */
export interface Steps {
  readonly finalName: string
  /** Start, and the `post_start` hooks after it. */
  readonly start: (
    container: string,
    cause: string,
    after: readonly number[],
    name?: string,
    before?: Before,
  ) => readonly number[]
  /** Those `post_start` hooks that are due, one after another: who waits for the service waits for them. */
  readonly hook: (
    container: string,
    first: number,
    cause: string,
    after: readonly number[],
  ) => readonly number[]
  readonly create: (
    name: string,
    cause: string,
    after: readonly number[],
    replaced?: ObservedContainer,
    change?: (spec: ContainerSpec) => ContainerSpec,
  ) => number
  readonly rename: (container: string, from: string, cause: string, after: readonly number[]) => number
}

/** @param conditions nodes that must be done before anything of the service starts. */
export function stepsOf(
  emission: Emission,
  servicePlan: ServicePlan,
  number: number,
  conditions: (before: Before) => readonly number[],
): Steps {
  const { draft } = emission
  const { project, service } = servicePlan.wanted
  const { name: serviceName } = service
  const finalName = containerName(project, service, number)
  const files = writtenFiles(project, service)
  const hook: Steps['hook'] = (container, first, cause, after) =>
    (service.post_start ?? []).slice(first).reduce((before, one, place): readonly number[] => {
      const where = { service: serviceName, container, name: finalName, index: first + place }
      return [draft.add({ type: 'runHook', phase: 'post_start', ...where, hook: one, cause }, before)]
    }, after)
  return {
    finalName,
    hook,
    start(container, cause, after, name = finalName, before = { container, created: after }) {
      if (servicePlan.rests) return after
      const operation = {
        type: 'startContainer',
        service: serviceName,
        container,
        name,
        files,
        cause,
      } as const
      return hook(container, 0, cause, [draft.add(operation, [...after, ...conditions(before)])])
    },
    create(name, cause, after, replaced, change = (spec) => spec) {
      const container = change({ ...specOf(emission, servicePlan, number, replaced), name })
      return draft.add({ type: 'createContainer', service: serviceName, container, cause }, after)
    },
    rename: (container, from, cause, after) =>
      draft.add(
        { type: 'renameContainer', service: serviceName, container, from, to: finalName, cause },
        after,
      ),
  }
}
