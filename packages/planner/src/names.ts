import type { Project, Service } from '@bulkhead/model'

type Named = Pick<Project, 'name' | 'underscores'>

/** The name of a replica's container: `container_name`, else `<project>-<service>-<number>`. */
export function containerName(project: Named, service: Service, number: number): string {
  return service.container_name ?? joined(project, service.name, String(number))
}

function joined({ name, underscores }: Named, ...parts: readonly string[]): string {
  return [name, ...parts].join(underscores === true ? '_' : '-')
}

/**
 * The name under which a replacement is made while the container it replaces
 * still holds the final one: `<first 12 of the old id>_<final>`, Compose's form.
 */
export function temporaryName(replacedId: string, finalName: string): string {
  return `${replacedId.slice(0, 12)}_${finalName}`
}

/** True when the name is a temporary one for `finalName`, whoever left it. */
export function isTemporaryName(name: string, finalName: string): boolean {
  return name.endsWith(`_${finalName}`) && /^([0-9a-f]{12}_)+$/.test(name.slice(0, -finalName.length))
}

/** The image a service runs: its own reference, else the one that a build is tagged with. */
export function imageOf(project: Named, service: Service): string {
  return service.image ?? joined(project, service.name)
}

/** Images that the `pre_start` hooks of a service run from and no service of the project builds. */
export function hookImages(project: Project, service: Service): readonly string[] {
  const built = new Set(
    Object.values(project.services).flatMap((one) => (one.build === undefined ? [] : imageOf(project, one))),
  )
  const images = (service.pre_start ?? []).flatMap(({ image }) => image ?? [])
  return [...new Set(images)].filter((image) => image !== imageOf(project, service) && !built.has(image))
}

/**
 * The container that stands for the service that `service:NAME` names: the
 * lowest replica that there will be, which need not be number 1.
 */
export function ownerOf(
  { project, owners }: { readonly project: Project; readonly owners?: ReadonlyMap<string, string> },
  mode: string,
): string {
  const name = mode.slice('service:'.length)
  const owner = project.services[name]
  if (owner === undefined) throw new Error(`no service ${name}`)
  return owners?.get(name) ?? containerName(project, owner, 1)
}
