import type { Project, Service } from '@bulkhead/model'
import { listVariables, mergeVariables, type TemplateVariable } from '../template/variables.ts'

/** What `config --services`, `--volumes` and their like print: one name a line. */

/** Names of the enabled services, in start order. */
export function listServices(project: Project): readonly string[] {
  return Object.keys(project.services)
}

export function listNetworks(project: Project): readonly string[] {
  return Object.keys(project.networks).sort()
}

export function listVolumes(project: Project): readonly string[] {
  return Object.keys(project.volumes).sort()
}

/** Names of the models that the project defines. */
export function listModels(project: Project): readonly string[] {
  return Object.keys(project.models).sort()
}

/** Profiles of all services, enabled or not. */
export function listProfiles(project: Project): readonly string[] {
  const services = [...Object.values(project.services), ...Object.values(project.disabledServices)]
  return [...new Set(services.flatMap(({ profiles }) => profiles ?? []))].sort()
}

/** The image of each enabled service, in start order; that of a build without a name is PROJECT-SERVICE. */
export function listImages(project: Project): readonly string[] {
  return Object.values(project.services).map((service) => imageName(project.name, service))
}

/** The name under which a service's image is known. */
export function imageName(project: string, service: Pick<Service, 'name' | 'image'>): string {
  return service.image ?? `${project}-${service.name}`
}

/** Variables that the texts of a document read, by name; the document is one loaded without interpolation. */
export function documentVariables(document: unknown): readonly TemplateVariable[] {
  return mergeVariables(variablesIn(document))
}

function variablesIn(value: unknown): readonly TemplateVariable[] {
  if (typeof value === 'string') return listVariables(value)
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(variablesIn)
}
