import { bulkheadLabels, type ObservedContainer } from '@bulkhead/model'
import type { Draft } from './draft.ts'
import type { UpInput } from './input.ts'
import { emitRemoval } from './orphans.ts'

/**
 * One-offs that nobody waits for: made by a daemon that ended before it could
 * start them, and, where orphans are to go, those that have ended.
 */
export function emitOneOffLeftovers(
  { intent, observed, attended }: Pick<UpInput, 'intent' | 'observed' | 'attended'>,
  draft: Draft,
): void {
  for (const container of observed.containers.filter(({ oneOff }) => oneOff)) {
    const { state, name, labels } = container
    const ours = labels[bulkheadLabels.hash] !== undefined
    if (state === 'created' && ours && attended?.has(name) !== true)
      emitRemoval(draft, container, 'never started', { stopTimeoutSeconds: undefined, volumes: true }, [])
    else if (intent.removeOrphans && hasEnded(container))
      emitRemoval(draft, container, 'orphan', { stopTimeoutSeconds: undefined }, [])
  }
}

export function hasEnded({ state }: ObservedContainer): boolean {
  return state === 'exited' || state === 'dead'
}
