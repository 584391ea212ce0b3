import { StringDecoder } from 'node:string_decoder'
import { BulkheadError } from '@bulkhead/model'
import type { Client } from './client.ts'
import { attempt } from './error.ts'
import { framesOf } from './frames.ts'
import type { Frame } from './frames.ts'
import type { LogLine, LogOptions } from './port.ts'
import { segment } from './segment.ts'
import { chunksOf } from './stream.ts'

/** A line that never ends is handed on in pieces of this many characters. */
const longestLine = 1024 * 1024

/**
 * A container's log line by line. Ends with the log, or with the container when
 * it's followed, or when `signal` aborts.
 *
 * @throws BulkheadError BH_NOT_FOUND when there is no such container.
 */
export async function* logs(client: Client, container: string, options: LogOptions): AsyncGenerator<LogLine> {
  const { signal } = options
  if (signal?.aborted === true) return
  const docker = await client.streams(signal)
  const its = docker.getContainer(segment(container))
  const query = queryOf(options)
  const opened = await attempt(`read the log of container "${container}"`, undefined, async () => {
    const { Config: config } = await its.inspect()
    // dockerode gathers a log that isn't followed into one buffer, so it's told that all are.
    const streaming = { follow: true as const, _query: query }
    return { terminal: config.Tty, stream: await its.logs(streaming) }
  }).catch((error: unknown) => {
    if (signal?.aborted === true) return undefined
    throw error
  })
  if (opened === undefined) return
  const chunks = chunksOf(opened.stream, client.address, signal)
  const frames = opened.terminal ? bare(chunks) : framesOf(chunks)
  yield* linesOf(frames, options.timestamps, opened.terminal)
}

function queryOf({ follow, tail, timestamps, since, until }: LogOptions) {
  return {
    stdout: true,
    stderr: true,
    follow,
    timestamps,
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { since: unixTime(since) }),
    ...(until === undefined ? {} : { until: unixTime(until) }),
  }
}

/** The engine takes seconds since the epoch, with a fraction. */
function unixTime(time: string): string {
  if (/^\d+(?:\.\d+)?$/u.test(time)) return time
  const milliseconds = Date.parse(time)
  if (Number.isNaN(milliseconds)) {
    throw new BulkheadError('BH_BAD_REQUEST', `"${time}" is no time.`, {
      hint: 'Write it as 2026-11-21T22:00:00Z, or as seconds since the epoch.',
    })
  }
  const fraction = /\.(\d+)/u.exec(time)?.[1] ?? '0'
  return `${String(Math.floor(milliseconds / 1000))}.${fraction.padEnd(9, '0')}`
}

/** With a terminal there is one stream and nothing frames it. */
async function* bare(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  for await (const content of chunks) yield { stream: 'stdout', content }
}

interface Pending {
  readonly decoder: StringDecoder
  text: string
}

/**
 * The engine cuts what a container writes where it likes: characters and lines
 * are put together again. A line over 16 KiB comes as several frames, each with
 * a time in front; only the first of them belongs to the line.
 */
async function* linesOf(
  frames: AsyncIterable<Frame>,
  timed: boolean,
  terminal: boolean,
): AsyncGenerator<LogLine> {
  const streams = { stdout: pending(), stderr: pending() }
  for await (const { stream, content } of frames) {
    const its = streams[stream]
    const added = its.decoder.write(content)
    const continued = timed && !terminal && its.text !== ''
    const lines = (its.text + (continued ? added.replace(/^\S+ /u, '') : added)).split('\n')
    its.text = lines.pop() ?? ''
    for (const line of lines) yield lineOf(stream, line, timed, terminal)
    if (its.text.length < longestLine) continue
    yield lineOf(stream, its.text, timed, terminal)
    its.text = ''
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const rest = streams[stream].text + streams[stream].decoder.end()
    if (rest !== '') yield lineOf(stream, rest, timed, terminal)
  }
}

function pending(): Pending {
  return { decoder: new StringDecoder('utf8'), text: '' }
}

function lineOf(stream: LogLine['stream'], line: string, timed: boolean, terminal: boolean): LogLine {
  const text = terminal ? line.replace(/\r$/u, '') : line
  if (!timed) return { stream, text, time: undefined }
  const [, time, rest] = /^(\d{4}-\S+) ?(.*)$/su.exec(text) ?? []
  return time === undefined ? { stream, text, time: undefined } : { stream, text: rest ?? '', time }
}
