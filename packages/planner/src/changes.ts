import type { ContainerSpec, FieldChange, ObservedContainer, PlanAction } from '@bulkhead/model'
import { changesOf } from './divergence.ts'
import type { PlanInput } from './input.ts'
import { imageOf } from './names.ts'
import type { Preview } from './preview.ts'
import { wantedOf } from './up.ts'

/** A container that a plan replaces, and the one that it gets in its place. */
export interface Replacement {
  /** `container shop-web-1`, as the plan's actions have it. */
  readonly subject: string
  readonly service: string
  readonly container: ObservedContainer
  readonly specification: ContainerSpec
  /** Undefined: what the container was made from is not known any more. */
  readonly changes: readonly FieldChange[] | undefined
}

/** The replacements of a plan, with what is different in the file since. */
export function replacements(
  input: PlanInput,
  { plan }: Preview,
  actions: readonly PlanAction[],
): readonly Replacement[] {
  const operations = new Map(plan.map(({ id, operation }) => [id, operation]))
  return actions.flatMap(({ kind, subject, operations: ids }) => {
    if (kind !== 'replace') return []
    const steps = ids.flatMap((id) => operations.get(id) ?? [])
    const made = steps.findLast((one) => one.type === 'createContainer')
    const gone = steps.find((one) => one.type === 'removeContainer')
    const container = input.observed.containers.find(({ id }) => id === gone?.container)
    if (made === undefined || container === undefined) return []
    const { service, container: specification } = made
    return [{ subject, service, container, specification, changes: known(input, service, container) }]
  })
}

function known(
  input: PlanInput,
  name: string,
  container: ObservedContainer,
): readonly FieldChange[] | undefined {
  const { project, observed } = input
  const service = project?.services[name]
  if (project === undefined || service === undefined) return undefined
  const image = observed.images[imageOf(project, service)]
  const changes = changesOf(container, wantedOf({ ...input, project }, service))
  const isNamedAlike = container.image === imageOf(project, service)
  if (image === undefined || image.id === container.imageId || !isNamedAlike) return changes
  // The same name, and another image behind it.
  return [{ path: 'image', old: container.imageId, new: image.id }, ...(changes ?? [])]
}
