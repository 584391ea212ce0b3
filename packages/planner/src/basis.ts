import { createHmac } from 'node:crypto'
import type { Intent, Observed, ObservedContainer, Plan, PlanBasis, Project } from '@bulkhead/model'
import { canonical } from './hash.ts'

export interface BasisInput {
  /** What was kept before: undefined, where nothing was. */
  readonly kept:
    | { readonly revision: number | undefined; readonly latest: number | undefined; readonly intent: Intent }
    | undefined
  /** What is wanted. */
  readonly project: Project | undefined
  readonly intent: Intent | undefined
  readonly observed: Observed
  readonly plan: Plan
  /** Keys the digests: they cover secrets. */
  readonly key: string
}

/**
 * From which state on a plan is right. Two of one project are equal when
 * nothing moved that a plan depends on: health, restarts of the engine's own
 * and times do not count.
 */
export function basisOf({ kept, project, intent, observed, plan, key }: BasisInput): PlanBasis {
  const digest = (value: unknown): string =>
    createHmac('sha256', key).update(canonical(value)).digest('hex').slice(0, 32)
  const { positions: _positions, ...files } = project ?? {}
  const entries = [
    ...observed.containers.map((one) => [`container ${one.name}`, digest(planningViewOf(one))] as const),
    ...observed.networks.map((one) => [`network ${one.name}`, digest(one)] as const),
    ...observed.volumes.map((one) => [`volume ${one.name}`, digest(one)] as const),
    ...Object.entries(observed.images).map(([name, { id }]) => [`image ${name}`, digest(id)] as const),
  ]
  return {
    revision: kept?.revision,
    kept: digest(kept),
    wanted: digest({ files, intent }),
    observed: Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1))),
    // A cause is told, not carried out: it gets finer the more is known of the past.
    operations: digest(
      plan.map(({ operation: { cause: _cause, ...operation }, ...node }) => ({ ...node, operation })),
    ),
  }
}

/** What of a container a plan depends on. */
function planningViewOf(container: ObservedContainer): unknown {
  const { id, service, number, oneOff, state, exitCode, labels, imageId, runtime, isolation } = container
  const { networks, mounts, sharesWith } = container
  const isUp = state === 'running' || state === 'restarting'
  return {
    id,
    service,
    number,
    oneOff,
    state: isUp ? 'up' : state,
    exitCode: isUp ? undefined : exitCode,
    labels,
    imageId,
    runtime,
    isolation,
    networks,
    mounts: mounts.map(({ type, name, source, target }) => `${type} ${name ?? source} ${target}`).toSorted(),
    sharesWith,
  }
}

/** What moved between two states, in words; empty: nothing. */
export function movedSince(then: PlanBasis, now: PlanBasis): readonly string[] {
  const names = [...new Set([...Object.keys(then.observed), ...Object.keys(now.observed)])].toSorted()
  const moved = [...asked(then, now), ...names.flatMap((name) => movement(name, then, now))]
  if (moved.length > 0) return moved
  if (then.wanted !== now.wanted) return ['what is asked for comes to something else']
  return then.operations === now.operations ? [] : ['the engine or the daemon is another one']
}

function asked(then: PlanBasis, now: PlanBasis): readonly string[] {
  if (then.kept === now.kept) return []
  const change =
    then.revision === now.revision
      ? ''
      : ` (revision ${then.revision ?? 'none'} is now ${now.revision ?? 'none'})`
  return [`another deployment was accepted${change}`]
}

function movement(
  name: string,
  { observed: then }: PlanBasis,
  { observed: now }: PlanBasis,
): readonly string[] {
  if (then[name] === now[name]) return []
  if (now[name] === undefined) return [`${name} is gone`]
  return [`${name} ${then[name] === undefined ? 'is new' : 'changed'}`]
}
