import { setTimeout as delay } from 'node:timers/promises'
import type { ContainerEvent } from '@bulkhead/api'
import { containerEvent, lookEvent, paths, streamErrorEvent } from '@bulkhead/api/paths'
import { isBulkheadError } from '@bulkhead/model'
import type { Problem } from '@bulkhead/model'
import type { Address } from './address.ts'
import { problemToError } from './problem.ts'
import { openEvents } from './stream.ts'
import type { StreamOptions } from './stream.ts'

export interface ContainerEventsOptions extends StreamOptions {
  /** Milliseconds to keep trying after the connection broke. @default 30000 */
  readonly patienceMs?: number | undefined
}

/**
 * What happens to a project's containers, until `signal` fires. `look` comes
 * first, and whenever something may have been missed: then its state is to be
 * read afresh. Goes on across broken connections and restarts of the daemon.
 *
 * @throws BulkheadError BH_DAEMON_UNREACHABLE when the daemon stays away; the signal's reason when aborted.
 */
export async function* containerEvents(
  address: Address,
  project: string,
  { signal, patienceMs = 30_000 }: ContainerEventsOptions,
): AsyncGenerator<ContainerEvent | 'look'> {
  let awaySince: number | undefined
  for (let attempt = 0; ; attempt += 1) {
    try {
      const messages = await openEvents(address, paths.projectEvents(project), { signal })
      for await (const { event, data } of messages) {
        awaySince = undefined
        attempt = 0
        if (event === streamErrorEvent) throw problemToError(JSON.parse(data) as Problem)
        if (event === lookEvent) yield 'look'
        if (event === containerEvent) yield JSON.parse(data) as ContainerEvent
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (!isBulkheadError(error) || error.code !== 'BH_DAEMON_UNREACHABLE') throw error
      awaySince ??= Date.now()
      if (Date.now() - awaySince >= patienceMs) throw error
    }
    awaySince ??= Date.now()
    await delay(Math.min(50 * 2 ** attempt, 2000), undefined, signal === undefined ? {} : { signal })
  }
}
