import { setTimeout as delay } from 'node:timers/promises'
import type { ProjectLogLine } from '@bulkhead/api'
import { logEndEvent, logLineEvent, paths, streamErrorEvent } from '@bulkhead/api/paths'
import { BulkheadError, isBulkheadError } from '@bulkhead/model'
import type { Problem } from '@bulkhead/model'
import { formatAddress } from './address.ts'
import type { Address } from './address.ts'
import { createPlaces } from './places.ts'
import type { Beginning, Places } from './places.ts'
import { problemToError } from './problem.ts'
import type { ServerSentEvent } from './sse.ts'
import { openEvents } from './stream.ts'
import type { StreamOptions } from './stream.ts'

export interface LogsQuery extends Beginning {
  readonly service?: readonly string[] | undefined
  readonly follow?: boolean | undefined
  /** Of containers that were removed or replaced. */
  readonly previous?: boolean | undefined
  readonly timestamps?: boolean | undefined
  /** As `since`. */
  readonly until?: string | undefined
}

export interface LogsOptions extends StreamOptions {
  /** With `follow`: milliseconds to keep trying after the connection broke. @default 30000 */
  readonly patienceMs?: number | undefined
  /** Called once when the connection broke and the daemon cannot be reached at once. */
  readonly onAway?: (() => void) | undefined
}

/** Lines of a project's containers as they come, to the end; with `follow` over broken connections too. */
export async function* logs(
  address: Address,
  project: string,
  query: LogsQuery,
  options: LogsOptions,
): AsyncGenerator<ProjectLogLine> {
  if (query.follow === true) {
    yield* follow(address, project, query, options)
    return
  }
  const path = paths.projectLogs(project)
  const messages = await openEvents(address, path, { query: { ...query }, signal: options.signal })
  for await (const line of linesOf(messages)) if (line !== ended) yield line
}

/** A stream that was open for so many milliseconds was no failed attempt. */
const steadyMs = 1000

/**
 * When the connection breaks, goes on after the last line of each container. The
 * times of the lines tell which that is, so the daemon is always asked for them.
 */
async function* follow(
  address: Address,
  project: string,
  query: LogsQuery,
  { signal, patienceMs = 30_000, onAway }: LogsOptions,
): AsyncGenerator<ProjectLogLine> {
  const places = createPlaces(new Date().toISOString())
  let outage: { readonly since: number; attempts: number; isTold: boolean } | undefined
  for (;;) {
    const asked = outage === undefined ? query : { ...query, ...places.goingOn(query) }
    const broken = yield* connection(address, project, asked, places, signal)
    if (broken === undefined) return
    const isOpen = broken.openMs !== undefined
    if (outage === undefined && !isOpen) throw broken.error
    if (outage === undefined || (broken.openMs ?? 0) >= steadyMs) {
      outage = { since: Date.now(), attempts: 0, isTold: false }
    }
    if (Date.now() - outage.since >= patienceMs) throw broken.error
    if (!isOpen && !outage.isTold) {
      outage.isTold = true
      onAway?.()
    }
    await delay(Math.min(50 * 2 ** outage.attempts, 2000), undefined, signal === undefined ? {} : { signal })
    outage.attempts += 1
  }
}

/** How a connection came to an end before the logs did. */
interface Broken {
  readonly error: BulkheadError
  /** Milliseconds that the stream was open; undefined: never. */
  readonly openMs: number | undefined
}

/** @returns undefined when the logs came to their end. */
async function* connection(
  address: Address,
  project: string,
  query: LogsQuery,
  places: Places,
  signal: AbortSignal | undefined,
): AsyncGenerator<ProjectLogLine, Broken | undefined> {
  let openedAt: number | undefined
  const broken = (error: BulkheadError): Broken => ({
    error,
    openMs: openedAt === undefined ? undefined : Date.now() - openedAt,
  })
  try {
    const asked = { ...query, timestamps: true }
    const messages = await openEvents(address, paths.projectLogs(project), { query: asked, signal })
    openedAt = Date.now()
    places.reopened()
    for await (const line of linesOf(messages)) {
      if (line === ended) return undefined
      if (places.isNew(line)) yield query.timestamps === true ? line : withoutTime(line)
    }
    return broken(brokeOff(address))
  } catch (error) {
    if (isBulkheadError(error) && error.code === 'BH_DAEMON_UNREACHABLE') return broken(error)
    throw error
  }
}

const ended = Symbol('the logs came to their end')

async function* linesOf(
  messages: AsyncIterable<ServerSentEvent>,
): AsyncGenerator<ProjectLogLine | typeof ended> {
  for await (const { event, data } of messages) {
    if (event === streamErrorEvent) throw problemToError(JSON.parse(data) as Problem)
    if (event === logEndEvent) yield ended
    if (event === logLineEvent) yield JSON.parse(data) as ProjectLogLine
  }
}

function withoutTime({ time: _time, ...line }: ProjectLogLine): ProjectLogLine {
  return line
}

function brokeOff(address: Address): BulkheadError {
  const message = `The daemon at ${formatAddress(address)} broke off the logs.`
  return new BulkheadError('BH_DAEMON_UNREACHABLE', message, {
    hint: 'See `bulkhead daemon status` and the log of the daemon.',
  })
}
