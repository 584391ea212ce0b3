import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2'

/** A call that gRPC says has failed. `status`: its number, 5 for what is not there. */
export class GrpcError extends Error {
  override readonly name = 'GrpcError'
  readonly status: number

  constructor(status: number, words: string) {
    super(words)
    this.status = status
  }
}

/** A message as gRPC sends it: a flag, the length as 4 bytes, the message. */
export function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** The messages of a stream. */
export async function* messagesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= 5) {
      const end = 5 + rest.readUInt32BE(1)
      if (rest.length < end) break
      yield rest.subarray(5, end)
      rest = rest.subarray(end)
    }
  }
}

/**
 * Calls a method and hands on its answers as they come.
 *
 * @param method `/package.Service/Method`.
 * @throws GrpcError, or the connection's own error.
 */
export async function* call(
  session: ClientHttp2Session,
  method: string,
  request: Buffer,
): AsyncGenerator<Buffer> {
  const stream = session.request({
    ':method': 'POST',
    ':path': method,
    'content-type': 'application/grpc',
    te: 'trailers',
  })
  const ended = endOf(stream)
  stream.end(framed(request))
  try {
    yield* messagesOf(stream as AsyncIterable<Buffer>)
    const { status, words } = await ended
    if (status !== 0) throw new GrpcError(status, words)
  } finally {
    stream.close()
  }
}

interface End {
  readonly status: number
  readonly words: string
}

/** What the trailers say, or the headers where nothing was answered. Without either the connection broke: 14, UNAVAILABLE. */
function endOf(stream: ClientHttp2Stream): Promise<End> {
  return new Promise((resolve) => {
    const read = (headers: Readonly<Record<string, unknown>>): void => {
      const status = headers['grpc-status']
      if (status === undefined) return
      resolve({ status: Number(status), words: decoded(headers['grpc-message']) })
    }
    stream.on('response', read)
    stream.on('trailers', read)
    stream.on('close', () => resolve({ status: 14, words: 'the engine hung up' }))
  })
}

function decoded(words: unknown): string {
  const text = typeof words === 'string' ? words : ''
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
