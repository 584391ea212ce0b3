import type { Operation, PlanNode, Problem, Project, Service } from '@bulkhead/model'
import type { PlanResult } from './input.ts'
import { networkKeys, volumeKeys } from './judge.ts'

/**
 * The same plan without what is about some services, and without what would
 * come after that. A service of which a part falls away falls away whole:
 * nothing is stopped for a replacement that is not going to come.
 */
export function setAside(
  { plan, problems, restarts = {} }: PlanResult,
  names: ReadonlySet<string>,
): PlanResult {
  if (names.size === 0) return { plan, problems, restarts }
  const left = new Set<string>()
  const gone = new Set<number>()
  const falls = ({ operation, after }: PlanNode): boolean => {
    // A condition is for those that wait: it falls with what it comes after, not with whom it is about.
    if (operation.type === 'awaitCondition') return after.some((id) => gone.has(id))
    const service = serviceOf(operation)
    return (
      (service !== undefined && (names.has(service) || left.has(service))) || after.some((id) => gone.has(id))
    )
  }
  for (let before = -1; before < gone.size;) {
    before = gone.size
    for (const node of plan) {
      if (gone.has(node.id) || !falls(node)) continue
      gone.add(node.id)
      const service = serviceOf(node.operation)
      if (service !== undefined && node.operation.type !== 'awaitCondition') left.add(service)
    }
  }
  const nodes = plan.filter(({ id }) => !gone.has(id))
  const stopped = new Set(
    nodes.flatMap(({ operation }) => (operation.type === 'stopContainer' ? [operation.container] : [])),
  )
  return {
    plan: nodes,
    problems,
    restarts: Object.fromEntries(Object.entries(restarts).filter(([id]) => stopped.has(id))),
    left,
  }
}

/** Names of the services that a problem of a plan is about; none: it is about the whole project. */
export function servicesWith(project: Project, { path = '' }: Problem): readonly string[] {
  const [, kind, key = ''] = path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (kind === 'services') return project.services[key] === undefined ? [] : [key]
  const uses = users[kind ?? '']
  return uses === undefined
    ? []
    : Object.values(project.services)
        .filter((service) => uses(service, key))
        .map(({ name }) => name)
}

const users: Readonly<Record<string, (service: Service, key: string) => boolean>> = {
  networks: (service, key) => networkKeys(service).includes(key),
  volumes: (service, key) => volumeKeys(service).includes(key),
}

function serviceOf(operation: Operation): string | undefined {
  return 'service' in operation ? operation.service : undefined
}
