import type { ObservedContainer } from '@bulkhead/model'
import type { Emission } from './emission.ts'
import type { ServicePlan } from './input.ts'
import { imageOf } from './names.ts'
import { containerSpec } from './specification/container.ts'

/** What one replica of a service is made from; it inherits the anonymous volumes of the one it replaces. */
export function specOf(
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

/** The part of it that is the same for all replicas and for the hooks before them. */
export function specInput({ input, emitted }: Emission, { wanted }: ServicePlan) {
  const { capabilities, hashKey, observed, owner } = input
  const { project, service, profile, hash, composeHash } = wanted
  const image = observed.images[imageOf(project, service)]
  const owners = new Map(
    [...emitted].flatMap(([name, { containers }]) =>
      containers[0] === undefined ? [] : [[name, containers[0]]],
    ),
  )
  return { project, service, profile, hash, composeHash, capabilities, hashKey, owner, image, owners }
}
