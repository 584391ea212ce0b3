import { type ObservedContainer, type Problem, type Project } from '@bulkhead/model'
import type { Draft } from './draft.ts'
import type { PlanInput } from './input.ts'
import { isKeeper } from './keeper.ts'

/** Containers of the project whose service its files no longer have. */
export function orphansIn(
  project: Project,
  containers: readonly ObservedContainer[],
): readonly ObservedContainer[] {
  return containers.filter(
    ({ service, oneOff }) =>
      !oneOff && project.services[service] === undefined && project.disabledServices[service] === undefined,
  )
}

/** Removes orphans when that was asked for; else says that they are there. */
export function planOrphans(
  { project, intent, observed }: PlanInput & { readonly project: Project },
  draft: Draft,
): readonly Problem[] {
  const orphans = orphansIn(project, observed.containers)
  if (orphans.length === 0) return []
  if (intent.removeOrphans) {
    for (const orphan of orphans)
      emitRemoval(draft, orphan, 'orphan', { stopTimeoutSeconds: intent.stopTimeoutSeconds }, [])
    return []
  }
  return [
    {
      severity: 'warning',
      code: 'BH_CONFLICT',
      message: `Containers of services that the project no longer has: ${orphans.map(({ name }) => name).join(', ')}.`,
      hint: 'Remove them with `--remove-orphans`.',
    },
  ]
}

/** Removes the containers of `pre_start` hooks that no round is there to remove; returns the nodes by service. */
export function emitLeftovers(
  { observed }: Pick<PlanInput, 'observed'>,
  draft: Draft,
): ReadonlyMap<string, readonly number[]> {
  const nodes = new Map<string, readonly number[]>()
  const ordered = observed.containers.toSorted(
    (a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id),
  )
  for (const { service, id, name, hook } of ordered) {
    if (hook === undefined) continue
    const cause = `left by an interrupted ${hook} hook`
    const removed = draft.add(
      { type: 'removeContainer', service, container: id, name, volumes: true, cause },
      [],
    )
    nodes.set(service, [...(nodes.get(service) ?? []), removed])
  }
  return nodes
}

export const isUp = ({ state }: ObservedContainer): boolean =>
  state === 'running' || state === 'paused' || state === 'restarting'

/** Stop (where it runs) and removal of one container; returns the ids of the nodes after which it is down, and gone. */
export function emitRemoval(
  draft: Draft,
  container: ObservedContainer,
  cause: string,
  options: { readonly stopTimeoutSeconds: number | undefined; readonly volumes?: boolean },
  after: readonly number[],
): { readonly stopped: readonly number[]; readonly removed: number } {
  const { service, id, name } = container
  const earlier = draft.stopOf(id)
  const stopped =
    earlier !== undefined
      ? [earlier, ...after]
      : isUp(container)
        ? [
            draft.add(
              {
                type: 'stopContainer',
                service,
                container: id,
                name,
                timeoutSeconds: options.stopTimeoutSeconds,
                cause,
              },
              after,
            ),
          ]
        : after
  const removed = draft.add(
    {
      type: 'removeContainer',
      service,
      container: id,
      name,
      volumes: options.volumes === true || isKeeper(container),
      cause,
    },
    stopped,
  )
  return { stopped, removed }
}
