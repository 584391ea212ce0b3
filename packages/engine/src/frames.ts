/** One write of a container, as the engine frames it. */
export interface Frame {
  readonly stream: 'stdout' | 'stderr'
  readonly content: Buffer
}

const headerBytes = 8

/**
 * Takes apart the engine's multiplexed stream: a header of 8 bytes (stream, 0,
 * 0, 0, length as 32 bits), then the content.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.45/#tag/Container/operation/ContainerAttach
 */
export async function* framesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of chunks) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    while (rest.length - at >= headerBytes) {
      const end = at + headerBytes + rest.readUInt32BE(at + 4)
      if (end > rest.length) break
      yield { stream: rest[at] === 2 ? 'stderr' : 'stdout', content: rest.subarray(at + headerBytes, end) }
      at = end
    }
    rest = rest.subarray(at)
  }
}
