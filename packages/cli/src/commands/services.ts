import { BulkheadError } from '@bulkhead/model'
import type { ProjectStatus } from '@bulkhead/model'

/** @throws BulkheadError BH_SERVICE_NOT_FOUND for the first name that is no service of the project. */
export function checkServices(wanted: readonly string[], known: readonly string[], project: string): void {
  const unknown = wanted.find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new BulkheadError('BH_SERVICE_NOT_FOUND', `Project ${project} has no service "${unknown}".`, {
    hint: known.length === 0 ? undefined : `It has: ${known.toSorted().join(', ')}.`,
  })
}

export function serviceNames(status: ProjectStatus): readonly string[] {
  return status.services.map(({ name }) => name)
}
