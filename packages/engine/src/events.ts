import { composeLabels } from '@bulkhead/model'
import type { Client } from './client.ts'
import { attempt } from './error.ts'
import type { EngineEvent, PastEvents } from './port.ts'
import { chunksOf, linesOf } from './stream.ts'

/** As the engine writes an event. */
interface Message {
  readonly Type?: string
  readonly Action?: string
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> | null }
}

const types = ['container', 'network', 'volume', 'image'] as const

/**
 * What can change a decision. Named one by one, as every health probe would
 * bring three exec events, and the engine remembers no more than 256 of all.
 */
const actions =
  'create start restart die kill stop oom pause unpause rename update destroy ' +
  'health_status connect disconnect remove pull tag untag delete import load'
const known: ReadonlySet<string> = new Set(actions.split(' '))

/**
 * The engine's events from now on. `onOpen` is called once the engine listens:
 * what is observed after it misses no event. Ends when `signal` aborts.
 *
 * @throws BulkheadError BH_ENGINE_UNREACHABLE when the stream breaks off.
 */
export async function* events(
  client: Client,
  signal: AbortSignal,
  onOpen?: () => void,
): AsyncGenerator<EngineEvent> {
  if (signal.aborted) return
  const docker = await client.streams(signal)
  const stream = await attempt('report events', undefined, () =>
    docker.getEvents({ filters: JSON.stringify({ type: types, event: actions.split(' ') }) }),
  ).catch((error: unknown) => {
    if (signal.aborted) return undefined
    throw error
  })
  if (stream === undefined) return
  onOpen?.()
  for await (const line of linesOf(chunksOf(stream, client.address, signal))) {
    const event = eventOf(line)
    if (event !== undefined) yield event
  }
}

/** How long the engine may take to tell what it remembers. */
const recallMs = 5000

/** What the engine remembers since a moment, up to now by its own clock, which need not be ours. */
export async function eventsSince(client: Client, timeNano: string): Promise<PastEvents> {
  const signal = AbortSignal.timeout(recallMs)
  const docker = await client.streams(signal)
  return attempt('report past events', undefined, async () => {
    const { SystemTime: now } = (await docker.info()) as { readonly SystemTime: string }
    const [since, until] = [Number(BigInt(timeNano) / 1_000_000_000n), Date.parse(now) / 1000]
    const stream = await docker.getEvents({ since, until })
    const lines: string[] = []
    for await (const line of linesOf(chunksOf(stream, client.address, signal))) lines.push(line)
    const events = lines.map(eventOf).filter((event) => event !== undefined)
    return { events: events.filter(({ action }) => known.has(action)), count: lines.length }
  })
}

function eventOf(line: string): EngineEvent | undefined {
  const { Type: kind, Action: full = '', Actor: actor } = JSON.parse(line) as Message
  const type = types.find((known) => known === kind)
  if (type === undefined) return undefined
  const [action = '', detail] = full.split(': ')
  const attributes = actor?.Attributes ?? {}
  const exitCode = attributes['exitCode']
  return {
    type,
    action,
    id: actor?.ID ?? '',
    project: attributes[composeLabels.project],
    service: attributes[composeLabels.service],
    health: action === 'health_status' ? detail : undefined,
    exitCode: action === 'die' && exitCode !== undefined ? Number(exitCode) : undefined,
    // It has more digits than a double holds, so it is read from the text.
    timeNano: /"timeNano":(\d+)/u.exec(line)?.[1] ?? '0',
    attributes,
  }
}
