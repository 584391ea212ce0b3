import type { Cause, DependencyCondition } from '@bulkhead/model'
import { isUp } from '../orphans.ts'
import { cause, type ExplainInput } from './input.ts'

/** What a service waits for, and why that is not there yet. `reasonsOf`: the causes of a dependency. */
export function waits(
  input: ExplainInput,
  service: string,
  reasonsOf: (dependency: string) => readonly Cause[],
): readonly Cause[] {
  const dependencies = Object.entries(input.project?.services[service]?.depends_on ?? {})
  return dependencies.flatMap(([name, { condition, required }]) => {
    // One that is not asked for is not waited for.
    if (input.project?.services[name] === undefined || isMet(input, name, condition)) return []
    const optional = required ? '' : ', though it could do without'
    return [
      cause('waits', `${service} waits for ${name} ${wish[condition]}${optional}`, {
        causes: reasonsOf(name),
      }),
    ]
  })
}

const wish = {
  service_started: 'to start',
  service_healthy: 'to be healthy',
  service_completed_successfully: 'to end well',
} as const satisfies Record<DependencyCondition, string>

function isMet({ observed, project }: ExplainInput, name: string, condition: DependencyCondition): boolean {
  if (project?.services[name]?.provider !== undefined) return true
  const its = observed.containers.filter(
    (one) => one.service === name && !one.oneOff && one.hook === undefined,
  )
  if (its.length === 0) return false
  switch (condition) {
    case 'service_started':
      return its.every(({ startedAt, state }) => startedAt !== undefined && state !== 'created')
    case 'service_healthy':
      return its.every((one) => isUp(one) && one.health === 'healthy')
    case 'service_completed_successfully':
      return its.some(({ state, exitCode }) => state === 'exited' && exitCode === 0)
  }
}
