import { basisOf, movedSince } from '@bulkhead/planner'
import type { Approval, BasisInput } from '@bulkhead/planner'
import { listed, stale } from '@bulkhead/reconciler'
import type { Store } from './store/store.ts'

/** What is kept of a project, as a plan depends on it. */
export function keptOf({ projects }: Pick<Store, 'projects'>, name: string): BasisInput['kept'] {
  const kept = projects.get(name)
  if (kept === undefined) return undefined
  return { revision: kept.revision, latest: projects.latest(name), intent: kept.intent }
}

/** @throws BulkheadError BH_PLAN_STALE when what is kept is not what it was when the plan was made. */
export function checkKept({ basis }: Approval, kept: BasisInput['kept'], key: string): void {
  const nothing = { containers: [], networks: [], volumes: [], images: {} }
  const now = basisOf({
    kept,
    project: undefined,
    intent: kept?.intent,
    observed: nothing,
    plan: [],
    key,
  })
  const moved = movedSince(basis, { ...basis, revision: now.revision, kept: now.kept })
  if (moved.length > 0) throw stale(`Since it was made: ${listed(moved)}`)
}
