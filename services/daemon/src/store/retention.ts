/** How much of what has passed is kept. */
export interface Retention {
  /** Revisions of each project, the current one besides. */
  readonly revisions: number
  /** Days that events are kept. */
  readonly eventDays: number
  /** Days that the audit log goes back. */
  readonly auditDays: number
  /** KiB that are kept of the log of each container that was removed; 0: none. */
  readonly logKib: number
}

export const defaultRetention: Retention = { revisions: 20, eventDays: 7, auditDays: 365, logKib: 256 }

export const dayMs = 86_400_000
