import { BulkheadError } from '@bulkhead/model'
import type { KeptProject } from './store/projects.ts'

/** @throws BulkheadError BH_PROJECT_SUSPENDED */
export function checkAwake(kept: KeptProject | undefined): void {
  if (kept?.suspended === undefined) return
  throw new BulkheadError(
    'BH_PROJECT_SUSPENDED',
    `Project "${kept.name}" is suspended since ${kept.suspended}.`,
    { hint: `Have it go on with \`bulkhead resume ${kept.name}\`.` },
  )
}
