import { BulkheadError } from '@bulkhead/model'

/** Exit codes, as Compose gives them. */
export const exitCodes = { ok: 0, failed: 1, usage: 16, interrupted: 130 } as const

/** Wrong use of flags or arguments. */
export function usageError(message: string, hint?: string): BulkheadError {
  return new BulkheadError('BH_USAGE', message, { hint })
}
