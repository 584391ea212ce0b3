import type { OperationType } from '@bulkhead/model'

/** Told of what the loop does, for whoever counts and times it. Durations are in milliseconds. */
export interface Observer {
  /** `settled`: there was nothing to do. */
  roundEnded(outcome: 'settled' | 'changed' | 'failed', milliseconds: number): void
  operationEnded(type: OperationType, outcome: 'done' | 'failed', milliseconds: number): void
}

export const nobody: Observer = { roundEnded: () => undefined, operationEnded: () => undefined }
