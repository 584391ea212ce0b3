import { setTimeout as delay } from 'node:timers/promises'
import { logEndEvent, paths, streamErrorEvent } from '@bulkhead/api/paths'
import { isBulkheadError } from '@bulkhead/model'
import type { Problem, ProjectEvent, ProjectEventType } from '@bulkhead/model'
import type { Address } from './address.ts'
import { problemToError } from './problem.ts'
import { openEvents } from './stream.ts'
import type { StreamOptions } from './stream.ts'

export interface ProjectEventsQuery {
  readonly project?: string | undefined
  readonly service?: readonly string[] | undefined
  readonly type?: readonly ProjectEventType[] | undefined
  /** RFC 3339, Unix seconds, or a duration back (`10m`). */
  readonly since?: string | undefined
  readonly until?: string | undefined
}

export interface ProjectEventsOptions extends StreamOptions {
  /** Milliseconds to keep trying after the connection broke. @default 30000 */
  readonly patienceMs?: number | undefined
}

/** What happens, up to `until` where there is one; across broken connections and restarts of the daemon. */
export async function* projectEvents(
  address: Address,
  query: ProjectEventsQuery,
  { signal, patienceMs = 30_000 }: ProjectEventsOptions,
): AsyncGenerator<ProjectEvent> {
  let last: string | undefined
  let openedAt: string | undefined
  let brokenSince: number | undefined
  for (let attempt = 0; ; attempt += 1) {
    try {
      const now = new Date().toISOString()
      const messages = await openEvents(address, paths.events, {
        // Where nothing has come so far, a second connection begins where the first did.
        query: { ...query, since: query.since ?? openedAt },
        signal,
        headers: last === undefined ? {} : { 'last-event-id': last },
      })
      openedAt ??= now
      for await (const { event, data, id } of messages) {
        if (event === streamErrorEvent) throw problemToError(JSON.parse(data) as Problem)
        if (event === logEndEvent) return
        last = id ?? last
        brokenSince = undefined
        attempt = 0
        yield JSON.parse(data) as ProjectEvent
      }
    } catch (error) {
      signal?.throwIfAborted()
      const isAway = isBulkheadError(error) && error.code === 'BH_DAEMON_UNREACHABLE'
      if (!isAway || openedAt === undefined) throw error
      if (brokenSince !== undefined && Date.now() - brokenSince >= patienceMs) throw error
    }
    brokenSince ??= Date.now()
    await delay(Math.min(50 * 2 ** attempt, 2000), undefined, signal === undefined ? {} : { signal })
  }
}
