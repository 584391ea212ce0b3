import { EventEmitter, once } from 'node:events'
import type { NewProjectEvent, ProjectEvent, ProjectEventType } from '@bulkhead/model'
import type { StoreDatabase } from './database.ts'
import { dayMs } from './retention.ts'

export interface EventQuery {
  /** Undefined: of all. */
  readonly project?: string | undefined
  /** Undefined: all, and what is about none. */
  readonly services?: readonly string[] | undefined
  readonly types?: readonly ProjectEventType[] | undefined
  /** ISO 8601. */
  readonly since?: string | undefined
  readonly until?: string | undefined
}

/**
 * What happened, for a while. Nothing is decided by it: events are written in
 * batches, and those of the last moment before a crash are lost.
 */
export interface EventStore {
  append(event: NewProjectEvent): void
  /** The number of the latest; 0: there is none. */
  latest(): number
  /** The next events with higher numbers than `after`, in order, no more than `limit`. */
  after(after: number, query: EventQuery, limit: number): readonly ProjectEvent[]
  /** When the engine last told `health_status` of a container. */
  lastHealth(project: string, container: string): ProjectEvent | undefined
  /** Resolves at the next event, or when `signal` fires. Call before reading, await after: none is missed. */
  next(signal: AbortSignal): Promise<void>
  /** Writes what was not written yet. */
  flush(): void
}

export interface EventStoreOptions {
  readonly now: () => Date
  readonly days: number
  /** Events kept at most, over all projects. @default 100000 */
  readonly most?: number
}

/** Milliseconds after which an event is on disk. */
const flushMs = 500
const pruneEveryMs = 60_000
/** Events that wait for a disk that takes nothing; older ones are dropped. */
const mostPending = 10_000

export function createEventStore(
  database: StoreDatabase,
  { now, days, most = 100_000 }: EventStoreOptions,
): EventStore {
  const bell = new EventEmitter()
  bell.setMaxListeners(0)
  let pending: ProjectEvent[] = []
  let timer: NodeJS.Timeout | undefined
  let prunedAt = 0
  let last = Number(database.get('SELECT max(sequence) AS last FROM events')?.['last'] ?? 0)

  const prune = (): void => {
    const time = now().getTime()
    if (time - prunedAt < pruneEveryMs) return
    prunedAt = time
    database.run('DELETE FROM events WHERE time < ?', new Date(time - days * dayMs).toISOString())
    database.run(
      'DELETE FROM events WHERE sequence <= (SELECT sequence FROM events ORDER BY sequence DESC LIMIT 1 OFFSET ?)',
      most,
    )
  }

  const flush = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (pending.length === 0) return
    database.transaction(() => {
      for (const event of pending) {
        const { sequence, time, project, service, type } = event
        database.run(
          'INSERT INTO events (sequence, time, project, service, type, event) VALUES (?, ?, ?, ?, ?, ?)',
          sequence,
          time,
          project,
          service,
          type,
          JSON.stringify(event),
        )
      }
      prune()
    })
    pending = []
  }

  const flushLater = (): void => {
    timer ??= setTimeout(() => {
      try {
        flush()
      } catch {
        // The disk takes nothing now: they wait, and the next event tries again.
        pending = pending.slice(-mostPending)
      }
    }, flushMs)
    timer.unref()
  }

  return {
    flush,
    append(event) {
      const time = now()
      // By the clock, so that a number that was told before a crash is not told again after it.
      last = Math.max(last + 1, time.getTime() * 1000)
      pending.push({ sequence: last, time: time.toISOString(), ...event })
      flushLater()
      bell.emit('event')
    },
    latest: () => last,
    after(after, query, limit) {
      const { project, since, until } = query
      const stored = database
        .all(
          `SELECT event FROM events WHERE sequence > ? AND (? IS NULL OR project = ?)
             AND (? IS NULL OR time >= ?) AND (? IS NULL OR time <= ?) ORDER BY sequence LIMIT ?`,
          after,
          project,
          project,
          since,
          since,
          until,
          until,
          limit,
        )
        .map(({ event }) => JSON.parse(String(event)) as ProjectEvent)
      if (stored.length === limit) return stored
      const waiting = pending.filter(
        (event) =>
          event.sequence > after &&
          (project === undefined || event.project === project) &&
          (since === undefined || event.time >= since) &&
          (until === undefined || event.time <= until),
      )
      return [...stored, ...waiting].slice(0, limit)
    },
    lastHealth(project, container) {
      const isIt = ({ id, action, project: its }: ProjectEvent): boolean =>
        id === container && action === 'health_status' && its === project
      const waiting = pending.findLast(isIt)
      if (waiting !== undefined) return waiting
      const row = database.get(
        `SELECT event FROM events WHERE project = ? AND type = 'container'
           AND json_extract(event, '$.id') = ? AND json_extract(event, '$.action') = 'health_status'
         ORDER BY sequence DESC LIMIT 1`,
        project,
        container,
      )
      return row === undefined ? undefined : (JSON.parse(String(row['event'])) as ProjectEvent)
    },
    next: (signal) =>
      once(bell, 'event', { signal }).then(
        () => undefined,
        (error: unknown) => {
          if (!signal.aborted) throw error
        },
      ),
  }
}

/** True for what a query is about, beside project and time. */
export function isAbout({ service, type }: ProjectEvent, { services, types }: EventQuery): boolean {
  if (types !== undefined && !types.includes(type)) return false
  return services === undefined || (service !== undefined && services.includes(service))
}
