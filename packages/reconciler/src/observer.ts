import type { BulkheadError, OperationReference } from '@bulkhead/model'

/** One round of a project that is over. */
export interface RoundReport {
  readonly project: string
  /** Undefined: a round of the loop's own. */
  readonly deployment: string | undefined
  /** `settled`: there was nothing to do. */
  readonly outcome: 'settled' | 'changed' | 'failed'
  readonly milliseconds: number
  /** Of one that failed. */
  readonly error?: BulkheadError | undefined
}

/** One operation of a round that is over. */
export interface OperationReport {
  readonly project: string
  readonly deployment: string | undefined
  readonly operation: OperationReference
  readonly outcome: 'done' | 'failed'
  readonly milliseconds: number
  /** Of one that failed. */
  readonly error?: BulkheadError | undefined
}

/** Told of what the loop does, for whoever counts, times and tells it. */
export interface Observer {
  roundEnded(report: RoundReport): void
  operationEnded(report: OperationReport): void
}

export const nobody: Observer = { roundEnded: () => undefined, operationEnded: () => undefined }
