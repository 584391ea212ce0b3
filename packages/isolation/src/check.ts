import {
  isBulkheadError,
  positionOf,
  toProblem,
  type EngineCapabilities,
  type Problem,
  type Project,
} from '@bulkhead/model'
import { resolveIsolation } from './resolve.ts'

/**
 * Whether the engine can give every service the wall it asks for: all problems
 * at once, each at the place in the file. Asked before a revision is accepted.
 */
export function checkIsolation(project: Project, capabilities: EngineCapabilities): readonly Problem[] {
  return Object.values(project.services).flatMap((service) => {
    try {
      resolveIsolation(service, capabilities)
      return []
    } catch (error) {
      if (!isBulkheadError(error)) throw error
      const path = ['services', service.name, 'isolation'] as const
      return [{ ...toProblem(error), at: positionOf(project, ...path), path: `/${path.join('/')}` }]
    }
  })
}
