import { toError, type BulkheadError, type Plan } from '@bulkhead/model'
import { plan, servicesWith, type PlanInput, type PlanResult } from '@bulkhead/planner'
import { blamedFor, ofEngine, type Failed } from './failures.ts'
import type { Tries } from './tries.ts'

/** In the loop's own rounds what is wrong with one service is noted of it, and the others are planned for. */
export function planAround(name: string, input: PlanInput, tries: Tries): PlanResult {
  const { project, deployment } = input
  const first = plan(deployment === undefined ? { ...input, aside: tries.aside(name) } : input)
  const errors = first.problems.filter(({ severity }) => severity === 'error')
  if (deployment !== undefined || project === undefined || errors.length === 0) return first
  const blamed = errors.map((error) => [error, servicesWith(project, error)] as const)
  if (blamed.some(([, services]) => services.length === 0)) return first
  for (const [error, services] of blamed) tries.failed(name, services, toError([error]))
  return plan({ ...input, aside: tries.aside(name) })
}

/** Notes of services that their try failed; returns the first failure that no service is to blame for. */
export function blame(
  name: string,
  nodes: Plan,
  failed: readonly Failed[],
  tries: Pick<Tries, 'failed'>,
): BulkheadError | undefined {
  let unblamed: BulkheadError | undefined
  const done = new Set<string>()
  for (const one of failed) {
    const services = blamedFor(one, nodes).filter((service) => !done.has(service))
    if (ofEngine.has(one.error.code) || blamedFor(one, nodes).length === 0) unblamed ??= one.error
    else if (services.length > 0) tries.failed(name, services, one.error)
    for (const service of services) done.add(service)
  }
  return unblamed
}
