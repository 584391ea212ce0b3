import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import type Docker from 'dockerode'
import type { EngineAddress } from './address.ts'
import { framesOf } from './frames.ts'
import type { Attachment, Output, TerminalSize } from './port.ts'
import { chunksOf } from './stream.ts'
import type { DialRequest, Modem } from './transport.ts'

/** Sends a request after which the connection is a stream in both directions. */
export function hijack(
  docker: Docker,
  request: Pick<DialRequest, 'path' | 'method' | 'options'>,
): Promise<Duplex> {
  const upgrading: DialRequest = { ...request, hijack: true, isStream: true }
  return new Promise((resolve, reject) => {
    const modem = docker.modem as Modem
    modem.dial(upgrading, (error, result) => {
      if (error !== null) reject(error)
      else if (isDuplex(result)) resolve(result)
      else reject(new Error('the connection was not upgraded'))
    })
  })
}

export interface AttachmentOptions {
  readonly socket: Duplex
  readonly address: EngineAddress
  readonly terminal: boolean
  readonly resize: (size: TerminalSize) => Promise<void>
  readonly signal: AbortSignal | undefined
}

/** What the engine's stream is to those who use it. */
export function attachmentOver({ socket, address, terminal, resize, signal }: AttachmentOptions): Attachment {
  // Who reads learns of it by the stream, and who writes needs not.
  socket.on('error', () => undefined)
  const closed = new AbortController()
  const either = signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal])
  const chunks = chunksOf(socket, address, either)
  return {
    terminal,
    output: terminal ? bare(chunks) : framesOf(chunks),
    async write(content) {
      if (!socket.writable || socket.write(content)) return
      await Promise.race([once(socket, 'drain'), once(socket, 'close')]).catch(() => undefined)
    },
    end: () => void socket.end(),
    resize,
    close() {
      closed.abort()
      socket.destroy()
    },
  }
}

/** With a terminal there is one stream and nothing frames it. */
async function* bare(chunks: AsyncIterable<Buffer>): AsyncGenerator<Output> {
  for await (const content of chunks) yield { stream: 'stdout', content }
}

function isDuplex(value: unknown): value is Duplex {
  return typeof value === 'object' && value !== null && 'writable' in value && 'readable' in value
}
