import { fixedTimestamp } from './clock.ts'

/** A container's log: what it wrote, cut into pieces as the engine does. */
export interface Log {
  write(stream: LogEntry['stream'], content: Buffer): void
  /** Writes out what has no line end yet: the process is over. */
  flush(): void
  readonly entries: readonly LogEntry[]
  /** Told of each piece; returns what ends it. */
  listen(listener: (entry: LogEntry) => void): () => void
}

export interface LogEntry {
  readonly stream: 'stdout' | 'stderr'
  /** With the line end, but for pieces of a longer line. */
  readonly content: Buffer
  readonly nanoseconds: bigint
}

/** A longer line is stored in pieces. */
const longestPiece = 16 * 1024
const lineEnd = 10

/** @param terminal with a terminal there is one stream, whose lines end with a carriage return too. */
export function newLog(nanoseconds: () => bigint, terminal: boolean): Log {
  const entries: LogEntry[] = []
  const listeners = new Set<(entry: LogEntry) => void>()
  const pending = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  const add = (stream: LogEntry['stream'], content: Buffer): void => {
    const entry = { stream, content, nanoseconds: nanoseconds() }
    entries.push(entry)
    for (const listener of listeners) listener(entry)
  }
  const take = (stream: LogEntry['stream'], all: boolean): void => {
    for (;;) {
      const rest = pending[stream]
      const end = rest.indexOf(lineEnd)
      const length = Math.min(end < 0 ? rest.length : end + 1, longestPiece)
      const whole = end >= 0 || rest.length >= longestPiece || all
      if (length === 0 || !whole) return
      add(stream, rest.subarray(0, length))
      pending[stream] = rest.subarray(length)
    }
  }
  return {
    entries,
    write(given, content) {
      const stream = terminal ? 'stdout' : given
      const written = terminal
        ? Buffer.from(content.toString('latin1').replaceAll('\n', '\r\n'), 'latin1')
        : content
      pending[stream] = Buffer.concat([pending[stream], written])
      take(stream, false)
    },
    flush() {
      take('stdout', true)
      take('stderr', true)
    },
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export interface LogQuery {
  readonly stdout: boolean
  readonly stderr: boolean
  readonly timestamps: boolean
  /** Lines from the end; undefined: all. */
  readonly tail: number | undefined
  readonly since: bigint | undefined
  readonly until: bigint | undefined
}

export function isWanted(query: LogQuery, { stream, nanoseconds }: LogEntry): boolean {
  if (!query[stream]) return false
  if (query.since !== undefined && nanoseconds < query.since) return false
  return query.until === undefined || nanoseconds <= query.until
}

/** What is wanted of a log as it is now. `tail` counts lines, not pieces. */
export function selectEntries(entries: readonly LogEntry[], query: LogQuery): readonly LogEntry[] {
  const wanted = entries.filter((entry) => isWanted(query, entry))
  if (query.tail === undefined) return wanted
  let lines = 0
  let first = wanted.length
  while (first > 0) {
    const before = wanted[first - 1]
    const endsLine = before?.content.at(-1) === lineEnd || first === wanted.length
    if (endsLine) lines += 1
    if (lines > query.tail) break
    first -= 1
  }
  return wanted.slice(first)
}

/** One piece as the client gets it: with its time where wanted, and framed unless there is a terminal. */
export function encodeEntry(
  { stream, content, nanoseconds }: LogEntry,
  timestamps: boolean,
  framed: boolean,
): Buffer {
  const body = timestamps ? Buffer.concat([Buffer.from(`${fixedTimestamp(nanoseconds)} `), content]) : content
  return framed ? frame(stream, body) : body
}

export function frame(stream: LogEntry['stream'], content: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt8(stream === 'stdout' ? 1 : 2, 0)
  header.writeUInt32BE(content.length, 4)
  return Buffer.concat([header, content])
}
