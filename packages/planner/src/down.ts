import { composeLabels, type ObservedContainer, type Problem, type Project } from '@bulkhead/model'
import { newDraft } from './draft.ts'
import { emitRemoval, isUp, orphansIn } from './orphans.ts'
import type { PlanInput, PlanResult } from './input.ts'

/**
 * The plan that leaves nothing of a project: containers (those that others
 * depend on last), then networks, then volumes when asked for. It works from
 * the labels on the engine, so that it needs no file.
 */
export function planDown({ project, intent, observed }: PlanInput): PlanResult {
  const draft = newDraft()
  const orphans = project === undefined || intent.removeOrphans ? [] : orphansIn(project, observed.containers)
  const leaving = observed.containers.filter((container) => !orphans.includes(container))
  const down = new Map<string, readonly number[]>()
  const gone = new Map<string, number>()
  for (const container of stopOrder(leaving, project)) {
    const dependents = leaving.filter((other) => dependenciesOf(other, project).includes(container.service))
    const after = dependents.flatMap(({ id }) => down.get(id) ?? [])
    const options = { stopTimeoutSeconds: intent.stopTimeoutSeconds, volumes: intent.removeVolumes }
    const { stopped, removed } = emitRemoval(draft, container, 'project goes down', options, after)
    down.set(container.id, stopped)
    gone.set(container.id, removed)
  }
  const problems: Problem[] = []
  for (const { id, name, labels } of observed.networks) {
    if (labels[composeLabels.network] === undefined) continue
    const user = orphans.find(({ networks }) => networks[name] !== undefined)
    if (user !== undefined) {
      problems.push(stillUsed(name, user))
      continue
    }
    const after = leaving
      .filter(({ networks }) => networks[name] !== undefined)
      .flatMap((one) => gone.get(one.id) ?? [])
    draft.add({ type: 'removeNetwork', id, name, cause: 'project goes down' }, after)
  }
  if (!intent.removeVolumes) return { plan: draft.plan(), problems }
  for (const { name, labels } of observed.volumes) {
    if (labels[composeLabels.volume] === undefined) continue
    const after = leaving
      .filter(({ mounts }) => mounts.some((one) => one.name === name))
      .flatMap((one) => gone.get(one.id) ?? [])
    draft.add({ type: 'removeVolume', name, cause: 'asked for with --volumes' }, after)
  }
  return { plan: draft.plan(), problems }
}

/** The plan after which nothing of a project runs, and all of it is kept. */
export function planStop({ project, intent, observed }: PlanInput): PlanResult {
  const draft = newDraft()
  const running = observed.containers.filter(isUp)
  const stopped = new Map<string, number>()
  for (const container of stopOrder(running, project)) {
    const dependents = running.filter((other) => dependenciesOf(other, project).includes(container.service))
    const after = dependents.flatMap(({ id }) => stopped.get(id) ?? [])
    const { id, name, service } = container
    const timeoutSeconds = intent.stopTimeoutSeconds
    const cause = 'asked for'
    stopped.set(
      id,
      draft.add({ type: 'stopContainer', service, container: id, name, timeoutSeconds, cause }, after),
    )
  }
  return { plan: draft.plan(), problems: [] }
}

/** Dependents before what they depend on. */
function stopOrder(
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
function dependenciesOf(
  { service, labels }: ObservedContainer,
  project: Project | undefined,
): readonly string[] {
  const known = project?.services[service]
  if (known !== undefined) return Object.keys(known.depends_on ?? {})
  const label = labels[composeLabels.dependsOn] ?? ''
  return label === '' ? [] : label.split(',').map((entry) => entry.split(':')[0] ?? '')
}

function stillUsed(network: string, user: ObservedContainer): Problem {
  return {
    severity: 'warning',
    code: 'BH_CONFLICT',
    message: `Network "${network}" stays: container "${user.name}" is still on it.`,
    hint: 'Take that down too with `--remove-orphans`.',
  }
}
