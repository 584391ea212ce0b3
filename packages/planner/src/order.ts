import { composeLabels, type Intent, type ObservedContainer, type Project } from '@bulkhead/model'
import type { Draft } from './draft.ts'
import { emitRemoval, isUp } from './orphans.ts'

/** Dependents before what they depend on. */
export function stopOrder(
  containers: readonly ObservedContainer[],
  project: Project | undefined,
): readonly ObservedContainer[] {
  const ordered: ObservedContainer[] = []
  const visiting = new Set<string>()
  const visit = (container: ObservedContainer): void => {
    if (visiting.has(container.id)) return
    visiting.add(container.id)
    for (const other of containers) {
      if (dependenciesOf(other, project).includes(container.service)) visit(other)
    }
    ordered.push(container)
  }
  for (const container of [...containers].sort((a, b) => a.name.localeCompare(b.name))) visit(container)
  return ordered
}

/** By the file where there is one, else by the label that Compose keeps for the purpose. */
export function dependenciesOf(
  { service, labels }: ObservedContainer,
  project: Project | undefined,
): readonly string[] {
  const known = project?.services[service]
  if (known !== undefined) return Object.keys(known.depends_on ?? {})
  const label = labels[composeLabels.dependsOn] ?? ''
  return label === '' ? [] : label.split(',').map((entry) => entry.split(':')[0] ?? '')
}

/** Stops those that run, dependents before what they depend on. */
export function emitStops(
  draft: Draft,
  containers: readonly ObservedContainer[],
  project: Project | undefined,
  timeoutSeconds: number | undefined,
): void {
  const running = containers.filter(isUp)
  const stopped = new Map<string, number>()
  for (const container of stopOrder(running, project)) {
    const dependents = running.filter((other) => dependenciesOf(other, project).includes(container.service))
    const after = dependents.flatMap(({ id }) => stopped.get(id) ?? [])
    const { id, name, service } = container
    const cause = 'asked for'
    stopped.set(
      id,
      draft.add({ type: 'stopContainer', service, container: id, name, timeoutSeconds, cause }, after),
    )
  }
}

/**
 * Stops and removes containers, dependents before what they depend on.
 *
 * @returns the nodes after which each is gone, by container id.
 */
export function emitRemovals(
  draft: Draft,
  leaving: readonly ObservedContainer[],
  project: Project | undefined,
  { stopTimeoutSeconds, removeVolumes }: Intent,
  cause: string,
): ReadonlyMap<string, number> {
  const down = new Map<string, readonly number[]>()
  const gone = new Map<string, number>()
  for (const container of stopOrder(leaving, project)) {
    const dependents = leaving.filter((other) => dependenciesOf(other, project).includes(container.service))
    const after = dependents.flatMap(({ id }) => down.get(id) ?? [])
    const options = { stopTimeoutSeconds, volumes: removeVolumes }
    const { stopped, removed } = emitRemoval(draft, container, cause, options, after)
    down.set(container.id, stopped)
    gone.set(container.id, removed)
  }
  return gone
}
