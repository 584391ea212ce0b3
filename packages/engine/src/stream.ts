import type { Readable } from 'node:stream'
import type { EngineAddress } from './address.ts'
import { unreachable } from './unreachable.ts'

/**
 * The chunks of an engine's stream. Ends when the stream does or `signal`
 * aborts; leaving the loop closes the connection.
 *
 * @throws BulkheadError BH_ENGINE_UNREACHABLE when the connection breaks.
 */
export async function* chunksOf(
  stream: NodeJS.ReadableStream,
  address: EngineAddress,
  signal?: AbortSignal,
): AsyncGenerator<Buffer> {
  const readable = stream as Readable
  const stop = (): void => void readable.destroy()
  signal?.addEventListener('abort', stop, { once: true })
  try {
    if (signal?.aborted === true) return
    for await (const chunk of readable as AsyncIterable<Buffer>) yield chunk
  } catch (error) {
    if (signal?.aborted !== true) throw unreachable(address, error)
  } finally {
    signal?.removeEventListener('abort', stop)
    readable.destroy()
  }
}

/** The lines of a stream of text, without their ends and without blank ones: the engine writes an object a line. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line.trim() !== '') yield line
  }
  if (rest.trim() !== '') yield rest
}
