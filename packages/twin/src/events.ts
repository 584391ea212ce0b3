import type { Filters } from './filters.ts'
import { anyOf, labelsMatch } from './filters.ts'

export type EventType = 'container' | 'network' | 'volume' | 'image'

export interface EngineEvent {
  readonly type: EventType
  readonly action: string
  readonly id: string
  readonly attributes: Readonly<Record<string, string>>
  readonly nanoseconds: bigint
}

/** What the engine told, and tells those who listen. */
export interface EventLog {
  tell(event: EngineEvent): void
  /** Those that are still remembered, oldest first. */
  remembered(): readonly EngineEvent[]
  /** Returns what ends it. */
  listen(listener: (event: EngineEvent) => void): () => void
  /** As after a restart of the engine. */
  forget(): void
  readonly listeners: number
}

/** The engine remembers no more than this. */
const bufferSize = 256

export function newEventLog(): EventLog {
  const listeners = new Set<(event: EngineEvent) => void>()
  let buffer: EngineEvent[] = []
  return {
    tell(event) {
      buffer.push(event)
      if (buffer.length > bufferSize) buffer = buffer.slice(-bufferSize)
      for (const listener of listeners) listener(event)
    },
    remembered: () => buffer,
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    forget() {
      buffer = []
    },
    get listeners() {
      return listeners.size
    },
  }
}

export const eventFilters = [
  'config',
  'container',
  'daemon',
  'event',
  'image',
  'label',
  'network',
  'node',
  'plugin',
  'scope',
  'secret',
  'service',
  'type',
  'volume',
]

export function eventMatches(filters: Filters, { type, action, id, attributes }: EngineEvent): boolean {
  const its =
    (kind: EventType, name = attributes['name']) =>
    (wanted: string): boolean =>
      type === kind && (id.startsWith(wanted) || name === wanted)
  return (
    anyOf(filters, 'type', (wanted) => wanted === type) &&
    anyOf(filters, 'event', (wanted) => wanted === action || action.split(': ')[0] === wanted) &&
    anyOf(filters, 'scope', (wanted) => wanted === 'local') &&
    anyOf(filters, 'container', its('container')) &&
    anyOf(filters, 'network', its('network')) &&
    anyOf(filters, 'volume', its('volume')) &&
    anyOf(filters, 'image', (wanted) => attributes['image'] === wanted || its('image')(wanted)) &&
    labelsMatch(filters, attributes)
  )
}

/** One line of the stream. Nanoseconds exceed what a double holds, so they are written by hand. */
export function eventLine({ type, action, id, attributes, nanoseconds }: EngineEvent): string {
  const sorted = Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)))
  const old: Record<string, string> = {}
  // What clients before API 1.22 read.
  if (type === 'container' || type === 'image') Object.assign(old, { status: action, id })
  if (type === 'container') Object.assign(old, { from: attributes['image'] ?? '' })
  const head = JSON.stringify({
    ...old,
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: sorted },
    scope: 'local',
  })
  const time = `"time":${nanoseconds / 1_000_000_000n},"timeNano":${nanoseconds}`
  return `${head.slice(0, -1)},${time}}\n`
}
