import type { Build, EngineCapabilities, OperationOf, Project, Service } from '@bulkhead/model'
import { imageOf } from './names.ts'

const serviceContext = 'service:'

/** The services whose images a build takes as further contexts. */
export function builtUpon({ additional_contexts: contexts = {} }: Build): readonly string[] {
  return Object.values(contexts).flatMap((context) =>
    context.startsWith(serviceContext) ? [context.slice(serviceContext.length)] : [],
  )
}

/** The operation that builds a service's image; the image of another service is taken by its name. */
export function buildOperation(
  project: Project,
  service: Service & { readonly build: Build },
  { os, architecture }: Pick<EngineCapabilities, 'os' | 'architecture'>,
  cause: string,
): OperationOf<'buildImage'> {
  const { build } = service
  const contexts = Object.entries(build.additional_contexts ?? {}).map(([name, context]) => {
    const other = context.startsWith(serviceContext)
      ? project.services[context.slice(serviceContext.length)]
      : undefined
    return [name, other === undefined ? context : `docker-image://${imageOf(project, other)}`] as const
  })
  return {
    type: 'buildImage',
    service: service.name,
    reference: imageOf(project, service),
    build: contexts.length === 0 ? build : { ...build, additional_contexts: Object.fromEntries(contexts) },
    platform: platformOf(project, service, `${os}/${architecture}`),
    cause,
  }
}

/** What is built is what will run: the service's platform; of those that the build lists the engine's own, else the first. */
function platformOf(project: Project, { platform, build }: Service, own: string): string | undefined {
  const given = platform ?? project.defaultPlatform
  const listed = build?.platforms ?? []
  return given ?? (listed.includes(own) ? own : listed[0])
}
