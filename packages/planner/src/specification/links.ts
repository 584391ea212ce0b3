import { ownerOf } from '../names.ts'
import type { SpecificationInput } from './input.ts'

export type Linking = Pick<SpecificationInput, 'project' | 'service' | 'owners'>

/**
 * `CONTAINER:ALIAS` for each link of a service. A linked service is known by
 * the alias, by `<service>-1` and by its container's name, as with Compose.
 */
export function links(input: Linking): readonly string[] | undefined {
  const { project, service } = input
  const own = (service.links ?? []).flatMap((entry) => {
    const [name = '', alias = name] = entry.split(':')
    const container = ownerOf(input, `service:${name}`)
    return [alias, `${name}-1`, `${project.name}-${name}-1`].map((known) => `${container}:${known}`)
  })
  const all = [...own, ...(service.external_links ?? [])]
  return all.length === 0 ? undefined : all
}
