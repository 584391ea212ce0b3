import type { AuditRecord } from '@bulkhead/model'
import type { StoreDatabase } from './database.ts'
import { dayMs } from './retention.ts'

export type NewAuditRecord = Omit<AuditRecord, 'sequence' | 'time'>

export interface AuditQuery {
  readonly project?: string | undefined
  /** ISO 8601. */
  readonly since?: string | undefined
  readonly until?: string | undefined
  /** Only records with lower numbers. */
  readonly before?: number | undefined
  readonly limit: number
}

/** Who asked for what, on disk when `append` returns. Records are never changed, and go by age alone. */
export interface AuditStore {
  append(record: NewAuditRecord): void
  /** Newest first. */
  list(query: AuditQuery): readonly AuditRecord[]
}

const pruneEveryMs = 3_600_000

export function createAuditStore(
  database: StoreDatabase,
  { now, days }: { readonly now: () => Date; readonly days: number },
): AuditStore {
  let prunedAt = 0
  const prune = (time: Date): void => {
    if (time.getTime() - prunedAt < pruneEveryMs) return
    prunedAt = time.getTime()
    const oldest = new Date(prunedAt - days * dayMs).toISOString()
    // By number: a clock that was set back leaves no hole in the log.
    database.run(
      'DELETE FROM audit WHERE sequence < (SELECT coalesce(min(sequence), 0) FROM audit WHERE time >= ?)',
      oldest,
    )
  }
  return {
    append: (record) =>
      database.transaction(() => {
        const time = now()
        database.run(
          'INSERT INTO audit (time, project, record) VALUES (?, ?, ?)',
          time.toISOString(),
          record.project,
          JSON.stringify(record),
        )
        prune(time)
      }),
    list: ({ project, since, until, before, limit }) =>
      database
        .all(
          `SELECT sequence, time, record FROM audit WHERE (? IS NULL OR project = ?) AND (? IS NULL OR time >= ?)
             AND (? IS NULL OR time <= ?) AND (? IS NULL OR sequence < ?) ORDER BY sequence DESC LIMIT ?`,
          project,
          project,
          since,
          since,
          until,
          until,
          before,
          before,
          limit,
        )
        .map(({ sequence, time, record }) => ({
          sequence: Number(sequence),
          time: String(time),
          ...(JSON.parse(String(record)) as NewAuditRecord),
        })),
  }
}
