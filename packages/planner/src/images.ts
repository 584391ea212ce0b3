import type { DeploymentOptions, Operation, Plan, Project, Service } from '@bulkhead/model'
import { newDraft } from './draft.ts'
import { hookImages, imageOf } from './names.ts'
import type { PlanInput } from './input.ts'
import { activeServices, isBystander } from './select.ts'

/**
 * The images to pull and build, all side by side. Only in a deployment: the
 * loop's own rounds never pull, so that a registry that is down changes nothing.
 */
export function planImages(input: PlanInput & { readonly project: Project }): Plan {
  const { project, intent, observed, deployment } = input
  if (deployment === undefined) return []
  const draft = newDraft(input)
  const pulls = new Map<string, Operation & { type: 'pullImage' }>()
  for (const service of activeServices(project, intent)) {
    if (service.provider !== undefined || isBystander(deployment, service)) continue
    for (const reference of hookImages(project, service)) {
      if (observed.images[reference] !== undefined) continue
      const services = [...(pulls.get(reference)?.services ?? []), service.name]
      const cause = 'not found on the engine'
      pulls.set(reference, { type: 'pullImage', reference, platform: undefined, services, cause })
    }
    const reference = imageOf(project, service)
    const present = observed.images[reference] !== undefined
    const asked = askedOf(service, deployment.options)
    const cause = causeToGet(asked, present, deployment.refresh)
    if (cause === undefined) continue
    if (asked.build !== undefined && asked.pull_policy !== 'always') {
      draft.add(
        {
          type: 'buildImage',
          service: service.name,
          reference,
          build: asked.build,
          platform: service.platform,
          cause,
        },
        [],
      )
      continue
    }
    const services = [...(pulls.get(reference)?.services ?? []), service.name]
    pulls.set(reference, { type: 'pullImage', reference, platform: service.platform, services, cause })
  }
  for (const operation of pulls.values()) draft.add(operation, [])
  return draft.plan()
}

/** The service under what the deployment asks for in its place. */
function askedOf(service: Service, { noBuild = false, pull }: DeploymentOptions): Service {
  const policy = pull === undefined ? service : { ...service, pull_policy: pull }
  if (!noBuild) return policy
  const { build: _, ...unbuilt } = policy
  return unbuilt
}

function causeToGet(
  { build, pull_policy: policy }: Service,
  present: boolean,
  refresh: { readonly build: boolean } | undefined,
): string | undefined {
  if (refresh !== undefined) {
    if (build !== undefined && refresh.build) return 'asked for'
    if (policy === 'build' && build !== undefined) return 'pull_policy build'
    if (policy === 'always') return 'pull_policy always'
  }
  if (present || (policy === 'never' && build === undefined)) return undefined
  return 'not found on the engine'
}
