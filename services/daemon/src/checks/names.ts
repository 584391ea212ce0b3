import { pointer, positionOf } from '@bulkhead/model'
import type { Problem, Project, Service } from '@bulkhead/model'

/**
 * Services that would run side by side under one name, which an engine gives
 * once. Each alone is well: only those that are to run are looked at.
 */
export function checkContainerNames(project: Project, services: readonly Service[]): readonly Problem[] {
  const owners = new Map<string, string>()
  return services.flatMap(({ name, container_name: taken }): readonly Problem[] => {
    if (taken === undefined) return []
    const owner = owners.get(taken)
    if (owner === undefined) {
      owners.set(taken, name)
      return []
    }
    const path = ['services', name, 'container_name'] as const
    return [
      {
        severity: 'error',
        code: 'BH_COMPOSE_INVALID',
        message: `Services "${owner}" and "${name}" are both to run in a container named "${taken}".`,
        hint: 'Give one of them another `container_name`, or run them one at a time.',
        at: positionOf(project, ...path),
        path: pointer(...path),
      },
    ]
  })
}
