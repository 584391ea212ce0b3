import type {
  Build,
  DeploymentOptions,
  ObservedImage,
  OperationOf,
  Plan,
  Project,
  Service,
} from '@bulkhead/model'
import { buildOperation, builtUpon } from './build.ts'
import { newDraft } from './draft.ts'
import { hookImages, imageOf } from './names.ts'
import type { ImageRefresh, PlanInput } from './input.ts'
import { causeToPullAgain } from './pull-policy.ts'
import { activeServices, isBystander } from './select.ts'

type Input = PlanInput & { readonly project: Project }
type Built = Service & { readonly build: Build }

/**
 * The images to pull and build, all side by side but for what is built upon
 * another service's image. Only in a deployment: the loop's own rounds never
 * pull, so that a registry that is down changes nothing.
 */
export function planImages(input: Input): Plan {
  const { project, intent, deployment } = input
  if (deployment === undefined) return []
  const services = activeServices(project, intent)
    .filter((service) => service.provider === undefined && !isBystander(deployment, service))
    .map((service) => askedOf(service, deployment.options))
  return getImages(input, services, (service, image) =>
    needOf(withPlatform(project, service), image, deployment.refresh),
  )
}

/** What has to be done for a service's image, and why. */
export type Need =
  | { readonly kind: 'pull'; readonly cause: string; readonly required: boolean }
  | { readonly kind: 'build'; readonly cause: string }

/** The nodes that get images. `needOf` says what each service's own needs; those that services mount need to be there. */
export function getImages(
  input: Input,
  services: readonly Service[],
  needOf: (service: Service, image: ObservedImage | undefined) => Need | undefined,
): Plan {
  const { project, observed, capabilities } = input
  const draft = newDraft(input)
  const pulls = new Map<string, OperationOf<'pullImage'>>()
  const builds = new Map<string, OperationOf<'buildImage'>>()
  const pull = (operation: OperationOf<'pullImage'>): void => {
    const key = `${operation.reference} ${operation.platform ?? ''}`
    const known = pulls.get(key)
    pulls.set(key, {
      ...operation,
      required: operation.required || known?.required === true,
      services: [...(known?.services ?? []), ...operation.services],
    })
  }
  const build = (service: Built, cause: string): void => {
    if (builds.has(service.name)) return
    builds.set(service.name, buildOperation(project, service, capabilities, cause))
    for (const name of builtUpon(service.build)) {
      const base = project.services[name]
      if (base === undefined || !isBuilt(base) || observed.images[imageOf(project, base)] !== undefined)
        continue
      build(base, `"${service.name}" is built upon it`)
    }
  }
  for (const service of services) {
    const reference = imageOf(project, service)
    const need = needOf(service, observed.images[reference])
    const platform = service.platform ?? project.defaultPlatform
    if (need?.kind === 'build' && isBuilt(service)) build(service, need.cause)
    if (need?.kind === 'pull') {
      const { cause, required } = need
      pull({ type: 'pullImage', reference, platform, services: [service.name], required, cause })
    }
    const others = [
      ...mountedImages(service).map((mounted) => [mounted, `"${service.name}" mounts it`] as const),
      ...hookImages(project, service).map((its) => [its, `a hook of "${service.name}" runs in it`] as const),
    ]
    for (const [other, cause] of others) {
      if (observed.images[other] !== undefined || isOurs(project, other)) continue
      pull({ type: 'pullImage', reference: other, platform, services: [service.name], required: true, cause })
    }
  }
  const nodes = new Map<string, number>()
  const open = new Set<string>()
  const add = (operation: OperationOf<'buildImage'>): readonly number[] => {
    const known = nodes.get(operation.service)
    // Circles are refused before; here they only must not turn for ever.
    if (known !== undefined || open.has(operation.service)) return known === undefined ? [] : [known]
    open.add(operation.service)
    const after = builtUpon(project.services[operation.service]?.build ?? {}).flatMap((name) => {
      const base = builds.get(name)
      return base === undefined ? [] : add(base)
    })
    // Services that say the same of one image have it built once.
    const twin = [...builds.values()].find(
      (other) => nodes.has(other.service) && isSame(other, operation) && other !== operation,
    )
    const node = nodes.get(twin?.service ?? '') ?? draft.add(operation, after)
    nodes.set(operation.service, node)
    return [node]
  }
  for (const operation of builds.values()) add(operation)
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

function needOf(
  service: Service,
  image: ObservedImage | undefined,
  refresh: ImageRefresh | undefined,
): Need | undefined {
  const { build, pull_policy: policy } = service
  if (refresh !== undefined) {
    if (build !== undefined && refresh.build) return { kind: 'build', cause: 'asked for' }
    if (policy === 'build' && build !== undefined) return { kind: 'build', cause: 'pull_policy build' }
    const again = causeToPullAgain(service, image, refresh.now)
    const required = build === undefined
    if (again !== undefined) return { kind: 'pull', cause: again, required }
    if (image !== undefined && required && policy !== 'never' && !isFor(service.platform, image))
      return { kind: 'pull', cause: `not for ${service.platform}`, required }
    // Without a build section this is the default; with one the file has to say that a registry may have it.
    if (image === undefined && build !== undefined && policy === 'missing')
      return { kind: 'pull', cause: missing, required }
  }
  if (image !== undefined) return undefined
  if (build !== undefined) return { kind: 'build', cause: missing }
  return policy === 'never' ? undefined : { kind: 'pull', cause: missing, required: true }
}

/** Without DOCKER_DEFAULT_PLATFORM and the file's own word any image will do. */
function withPlatform({ defaultPlatform }: Project, service: Service): Service {
  return defaultPlatform === undefined ? service : { platform: defaultPlatform, ...service }
}

function isFor(platform: string | undefined, { os, architecture }: ObservedImage): boolean {
  const [wantedOs, wantedArchitecture] = platform?.split('/') ?? []
  return (wantedOs ?? os) === os && (wantedArchitecture ?? architecture) === architecture
}

const missing = 'not found on the engine'

function isBuilt(service: Service): service is Built {
  return service.build !== undefined
}

/** Images that a service mounts. */
export function mountedImages({ volumes = [] }: Service): readonly string[] {
  return volumes.flatMap(({ type, source }) => (type === 'image' && source !== undefined ? [source] : []))
}

/** Built here, so that no registry has it. */
function isOurs(project: Project, reference: string): boolean {
  return Object.values(project.services).some(
    (service) => isBuilt(service) && imageOf(project, service) === reference,
  )
}

function isSame(a: OperationOf<'buildImage'>, b: OperationOf<'buildImage'>): boolean {
  return a.reference === b.reference && JSON.stringify(a.build) === JSON.stringify(b.build)
}
