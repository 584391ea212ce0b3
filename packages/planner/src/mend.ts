import type { ObservedContainer } from '@bulkhead/model'
import { changedSettings, deviations, strangeName } from './deviation.ts'
import type { Emission } from './emission.ts'
import type { ServicePlan } from './input.ts'
import { isUp } from './orphans.ts'
import { wantedSettings } from './specification/hostConfig.ts'

/** Gives a container that goes on what somebody took from it. */
export function emitMending(
  { draft }: Emission,
  { wanted, bystander, rests }: ServicePlan,
  container: ObservedContainer,
): readonly number[] {
  if (bystander || rests) return []
  const { id, name, service } = container
  const settings = changedSettings(container, wanted.service)
  const { memory } = settings
  const { memorySwap } = wantedSettings(wanted.service)
  const mended: number[] = []
  if (Object.keys(settings).length > 0) {
    const cause = `${deviations(container, wanted.project, wanted.service)
      .filter(({ field }) => field !== 'container_name' && field !== 'state')
      .map(({ field }) => field)
      .join(', ')} changed from outside`
    mended.push(
      draft.add(
        {
          type: 'updateContainer',
          service,
          container: id,
          name,
          settings: memory === undefined ? settings : { ...settings, memorySwap },
          cause,
        },
        [],
      ),
    )
  }
  if (container.state === 'paused')
    mended.push(
      draft.add(
        { type: 'unpauseContainer', service, container: id, name, cause: 'paused from outside' },
        mended,
      ),
    )
  return mended
}

/** Its own name for a container that somebody renamed, once nothing else of the service bears it. */
export function emitOwnName(
  { draft }: Emission,
  { wanted, bystander }: ServicePlan,
  container: ObservedContainer,
  after: readonly number[],
): void {
  const to = bystander ? undefined : strangeName(container, wanted.project, wanted.service)
  if (to === undefined) return
  const { id, name: from, service } = container
  const cause = 'renamed from outside'
  draft.add({ type: 'renameContainer', service, container: id, from, to, cause }, after)
}

/** Puts a container that stays back on its networks; `stopped` tells why it was stopped for that. */
export function emitRepairs(
  { clearing, resources, draft }: Emission,
  { id, name, service }: ObservedContainer,
): { readonly connected: readonly number[]; readonly stopped: string | undefined } {
  const mending = clearing.repairs.get(id)
  if (mending === undefined) return { connected: [], stopped: undefined }
  let connected = mending.after
  for (const { attachment, cause } of mending.repairs) {
    const after = [...connected, ...resources.network(attachment.network)]
    connected = [
      draft.add({ type: 'connectNetwork', service, container: id, name, attachment, cause }, after),
    ]
  }
  const [first] = mending.repairs
  const cause = first?.cause ?? 'it shares a namespace with one that stops'
  return { connected, stopped: mending.stopped ? cause : undefined }
}

export function emitStop(
  { draft, input }: Emission,
  container: ObservedContainer,
  cause: string,
): readonly number[] {
  if (!isUp(container)) return []
  const { id, name, service } = container
  const timeoutSeconds = input.intent.stopTimeoutSeconds
  const earlier = draft.stopOf(id)
  if (earlier !== undefined) return [earlier]
  return [draft.add({ type: 'stopContainer', service, container: id, name, timeoutSeconds, cause }, [])]
}
