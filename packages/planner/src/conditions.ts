import type { Dependency, DependencyCondition } from '@bulkhead/model'
import type { Emission, Emitted } from './emission.ts'
import type { ServicePlan } from './input.ts'
import { parentsOf } from './select.ts'

/** Starts of those whose namespaces a service shares. */
export function parentStarts({ emitted }: Emission, { wanted }: ServicePlan): readonly number[] {
  return parentsOf(wanted.service).flatMap((name) => emitted.get(name)?.started ?? [])
}

/** The stops of those that restart with this service: they come before its own. */
export function dependentStops({ plans, stops }: Emission, name: string): readonly number[] {
  return [...plans.values()]
    .filter(({ wanted }) => wanted.service.depends_on?.[name]?.restart === true)
    .flatMap(({ wanted }) => stops.get(wanted.service.name) ?? [])
}

/** Nodes after which every condition of the service's `depends_on` holds. */
export function conditionNodes(emission: Emission, { wanted }: ServicePlan): readonly number[] {
  return Object.entries(wanted.service.depends_on ?? {}).flatMap(([name, dependency]) => {
    const target = emission.emitted.get(name)
    if (target === undefined || target.containers.length === 0) return []
    // Nobody starts it now, so nothing that it is to come to is waited for.
    const plan = emission.plans.get(name)
    if (target.started.length === 0 && (plan?.bystander === true || plan?.rests === true)) return []
    if (dependency.condition === 'service_started') return target.started
    return awaitNode(emission, name, dependency, target)
  })
}

function awaitNode(
  { draft, awaits, plans }: Emission,
  name: string,
  { condition, required }: Dependency,
  target: Emitted,
): readonly number[] {
  const key = `${name} ${condition} ${required}`
  const known = awaits.get(key)
  if (known !== undefined) return [known]
  if (target.started.length === 0 && holds(condition, plans.get(name))) return []
  const cause = `needed by those that depend on it`
  const node = draft.add(
    { type: 'awaitCondition', service: name, condition, required, containers: target.containers, cause },
    target.started,
  )
  awaits.set(key, node)
  return [node]
}

/** True when the condition can be seen to hold already. */
function holds(condition: DependencyCondition, plan: ServicePlan | undefined): boolean {
  const kept = (plan?.decisions ?? []).flatMap((decision) =>
    decision.kind === 'keep' ? [decision.container] : [],
  )
  if (condition === 'service_healthy')
    return kept.every(
      ({ state, health }) => (state === 'running' || state === 'paused') && health === 'healthy',
    )
  return kept.some(({ state, exitCode }) => state === 'exited' && exitCode === 0)
}
