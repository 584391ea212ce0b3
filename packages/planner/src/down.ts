import type { ObservedContainer, Problem } from '@bulkhead/model'
import { newDraft } from './draft.ts'
import { isOwn } from './judge.ts'
import { emitRemovals, emitStops } from './order.ts'
import { emitLeftovers, orphansIn } from './orphans.ts'
import type { PlanInput, PlanResult } from './input.ts'
import { emitPauses, emitReleases } from './release.ts'
import { leavingOf } from './rests.ts'

/**
 * The plan that leaves nothing of a project: containers (those that others
 * depend on last), then networks, then volumes and images when asked for. It
 * works from the labels on the engine, so that it needs no file.
 */
export function planDown(input: PlanInput): PlanResult {
  const { project, intent, observed } = input
  const draft = newDraft(input)
  const orphans = project === undefined || intent.removeOrphans ? [] : orphansIn(project, observed.containers)
  const leaving = observed.containers.filter((container) => !orphans.includes(container))
  const gone = emitRemovals(draft, leaving, project, intent, 'project goes down')
  const problems: Problem[] = []
  for (const { id, name } of observed.networks.filter((one) => isOwn(input, 'networks', one))) {
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
  for (const reference of intent.removeImages) {
    if (observed.images[reference] === undefined) continue
    draft.add({ type: 'removeImage', reference, cause: 'asked for with --rmi' }, [...gone.values()])
  }
  emitReleases(input, draft)
  if (!intent.removeVolumes) return { plan: draft.plan(), problems }
  for (const { name } of observed.volumes.filter((one) => isOwn(input, 'volumes', one))) {
    const after = leaving
      .filter(({ mounts }) => mounts.some((one) => one.name === name))
      .flatMap((one) => gone.get(one.id) ?? [])
    draft.add({ type: 'removeVolume', name, cause: 'asked for with --volumes' }, after)
  }
  return { plan: draft.plan(), problems }
}

/** The plan after which nothing of a project runs, and all of it is kept but for what is to be removed. One-off runs go on. */
export function planStop(input: PlanInput): PlanResult {
  const { project, intent, observed } = input
  const draft = newDraft(input)
  const leaving = leavingOf(input)
  emitLeftovers(input, draft)
  emitRemovals(draft, leaving, project, intent, 'asked for')
  const staying = observed.containers.filter((one) => !one.oneOff && !leaving.includes(one))
  emitStops(draft, staying, project, intent.stopTimeoutSeconds)
  emitPauses(input, draft)
  return { plan: draft.plan(), problems: [] }
}

function stillUsed(network: string, user: ObservedContainer): Problem {
  return {
    severity: 'warning',
    code: 'BH_CONFLICT',
    message: `Network "${network}" stays: container "${user.name}" is still on it.`,
    hint: 'Take that down too with `--remove-orphans`.',
  }
}
