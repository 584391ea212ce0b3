import type {
  Build,
  DeploymentOptions,
  ObservedImage,
  OperationOf,
  Plan,
  Project,
  Service,
} from '@bulkhead/model'
import { builtUpon } from './build.ts'
import { newDraft } from './draft.ts'
import { getImages, type Need } from './images.ts'
import type { DeploymentView, PlanInput } from './input.ts'
import { imageOf } from './names.ts'

type Input = PlanInput & { readonly project: Project }
type Built = Service & { readonly build: Build }

/**
 * What a deployment does that is about images alone: `build`, `pull`, `push`.
 * Nothing else of the project is looked at, and it is done once: the state that
 * it leads to isn't kept, so there is nothing for a later round to hold.
 */
export function planErrand(input: Input, { action, options, refresh }: DeploymentView): Plan {
  if (refresh === undefined) return []
  const services = servicesOf(input.project, options)
  if (action === 'build') return planBuilds(input, services, options)
  if (action === 'push') return pushesAfter(input, [], services.filter(isBuilt), options)
  return getImages(input, services.filter(isPulled(options)), (service, image) =>
    needOf(service, image, options),
  )
}

function servicesOf({ services }: Project, { services: named }: DeploymentOptions): readonly Service[] {
  return Object.values(services).filter(
    ({ name, provider }) => provider === undefined && named?.includes(name) !== false,
  )
}

/** Those asked for and what they are built upon, all as the options have it. */
function planBuilds(input: Input, services: readonly Service[], options: DeploymentOptions): Plan {
  const { project } = input
  const names = new Set<string>()
  const visit = (service: Service | undefined): void => {
    if (service === undefined || !isBuilt(service) || names.has(service.name)) return
    names.add(service.name)
    for (const base of builtUpon(service.build)) visit(project.services[base])
  }
  services.forEach(visit)
  const asked = Object.values(project.services)
    .filter(isBuilt)
    .filter(({ name }) => names.has(name))
    .map((service) => withOptions(service, options))
  const changed = { ...project.services, ...Object.fromEntries(asked.map((one) => [one.name, one])) }
  const builds = getImages({ ...input, project: { ...project, services: changed } }, asked, () => ({
    kind: 'build',
    cause: 'asked for',
  }))
  return options.push === true ? pushesAfter(input, builds, asked, options) : builds
}

/** What a service mounts and its hooks run in isn't built: the build is not about it. */
function withOptions(service: Built, { noCache, pullBases, buildArguments }: DeploymentOptions): Built {
  const { volumes: _, pre_start: __, ...rest } = service
  const { build } = service
  return {
    ...rest,
    build: {
      ...build,
      ...(noCache === true ? { no_cache: true } : {}),
      ...(pullBases === true ? { pull: true } : {}),
      ...(buildArguments === undefined ? {} : { args: { ...build.args, ...buildArguments } }),
    },
  }
}

/** Each name once, after the build that gives it. Names that are derived belong to no registry. */
function pushesAfter(
  input: Input,
  builds: Plan,
  services: readonly Built[],
  { ignoreFailures = false }: DeploymentOptions,
): Plan {
  const draft = newDraft(input)
  const pushes = new Map<string, OperationOf<'pushImage'>>()
  for (const service of services) {
    const { name, image, build } = service
    if (image === undefined) continue
    for (const reference of [image, ...(build.tags ?? [])]) {
      const known = pushes.get(reference)
      const users = [...(known?.services ?? []), name]
      const required = !ignoreFailures
      pushes.set(reference, { type: 'pushImage', reference, services: users, required, cause: 'asked for' })
    }
  }
  for (const { operation, after } of builds) draft.add(operation, after)
  for (const operation of pushes.values()) {
    const images = new Set(
      operation.services.map((name) => imageOf(input.project, input.project.services[name] ?? { name })),
    )
    const given = builds.filter(
      ({ operation: one }) => one.type === 'buildImage' && images.has(one.reference),
    )
    draft.add(
      operation,
      given.map(({ id }) => id),
    )
  }
  return draft.plan()
}

/** What was asked for goes before how old an image may get; a name without a registry's image is left out. */
function isPulled({ pull, ignoreBuildable }: DeploymentOptions): (service: Service) => boolean {
  return ({ image, build, pull_policy: own }) => {
    const policy = pull ?? own
    if (image === undefined || policy === 'never' || policy === 'build') return false
    return build === undefined || ignoreBuildable !== true
  }
}

function needOf(
  { image, build, pull_policy: own }: Service,
  found: ObservedImage | undefined,
  { pull, ignoreFailures }: DeploymentOptions,
): Need | undefined {
  if ((pull ?? own) === 'missing' && found !== undefined && !isLatest(image ?? '')) return undefined
  // Others come though one fails that can be built: the deployment tells of it in the end.
  return { kind: 'pull', cause: 'asked for', required: build === undefined && ignoreFailures !== true }
}

/** As with Compose: `latest` is a name that moves, so that to have it is not to have the newest. */
function isLatest(reference: string): boolean {
  if (reference.includes('@')) return false
  const tag = /:([^/:]+)$/u.exec(reference)?.[1]
  return tag === undefined || tag === 'latest'
}

function isBuilt(service: Service): service is Built {
  return service.build !== undefined
}
