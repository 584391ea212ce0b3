import type { Observed, ObservedContainer, Project } from '@bulkhead/model'
import type { Draft } from './draft.ts'
import type { PlanInput } from './input.ts'
import { isOwn } from './judge.ts'
import { emitRemovals, emitStops } from './order.ts'
import { emitPauses } from './release.ts'

/**
 * Stops what is to be stopped and removes what is to be gone, of a project that
 * is otherwise up. Only in a deployment: what somebody else starts later is left
 * alone.
 *
 * @returns the rest of the world, for which the services are planned.
 */
export function planRests(input: PlanInput & { readonly project: Project }, draft: Draft): Observed {
  const { project, intent, observed, deployment } = input
  if (deployment === undefined) return observed
  const leaving = leavingOf(input)
  const gone = emitRemovals(draft, leaving, project, intent, 'asked for')
  const staying = observed.containers.filter((one) => !leaving.includes(one))
  const stopping = staying.filter(({ service, oneOff }) => !oneOff && intent.resting[service] === 'stopped')
  emitStops(draft, stopping, project, intent.stopTimeoutSeconds)
  emitPauses(input, draft)
  const rest = { ...observed, containers: staying }
  if (deployment.action === 'down') emitUnused(input, rest, leaving, gone, draft)
  return rest
}

/** The containers that are to be gone, dependents or not. */
export function leavingOf({ intent, observed, deployment }: PlanInput): readonly ObservedContainer[] {
  const takesAll = deployment?.action === 'rm' || deployment?.action === 'down'
  const isMeant = (service: string): boolean =>
    takesAll && intent.resting[service] === 'off' && deployment.options.services?.includes(service) !== false
  return observed.containers.filter(
    ({ id, oneOff, service }) => intent.remove.includes(id) || (!oneOff && isMeant(service)),
  )
}

/** Networks, and volumes when asked for, that only those used that are taken down. */
function emitUnused(
  input: PlanInput & { readonly project: Project },
  rest: Observed,
  leaving: readonly ObservedContainer[],
  gone: ReadonlyMap<string, number>,
  draft: Draft,
): void {
  const { intent, project } = input
  const others = Object.values(project.services).filter(({ name }) => intent.resting[name] !== 'off')
  const wanted = new Set(
    others.flatMap(({ networks, volumes }) => [
      ...Object.keys(networks ?? {}).map((key) => project.networks[key]?.name ?? key),
      ...(volumes ?? []).map(({ source = '' }) => project.volumes[source]?.name ?? source),
    ]),
  )
  const after = [...gone.values()]
  for (const { id, name } of rest.networks.filter((one) => isOwn(input, 'networks', one))) {
    const isTheirs = leaving.some(({ networks }) => networks[name] !== undefined)
    const isUsed = wanted.has(name) || rest.containers.some(({ networks }) => networks[name] !== undefined)
    if (!isTheirs || isUsed) continue
    draft.add({ type: 'removeNetwork', id, name, cause: 'used by nothing else' }, after)
  }
  if (!intent.removeVolumes) return
  for (const { name } of rest.volumes.filter((one) => isOwn(input, 'volumes', one))) {
    const mounts = (one: ObservedContainer): boolean => one.mounts.some((mount) => mount.name === name)
    if (!leaving.some(mounts)) continue
    if (wanted.has(name) || rest.containers.some(mounts)) continue
    draft.add({ type: 'removeVolume', name, cause: 'asked for with --volumes' }, after)
  }
}
