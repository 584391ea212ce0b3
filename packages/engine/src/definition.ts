import { createHash } from 'node:crypto'
import { bytesField, mapField, numberField, textField } from './protobuf.ts'

/**
 * A build context that is an archive to fetch, as BuildKit's own language has it:
 * fetch it, then unpack it into nothing. The Dockerfile's frontend unpacks the
 * main context by itself; the others it takes as they come.
 *
 * @see https://github.com/moby/buildkit/blob/master/solver/pb/ops.proto
 */
export function unpacked(url: string): Buffer {
  const fetch = bytesField(3, Buffer.concat([textField(1, url), mapField(2, { 'http.filename': fileName })]))
  const copy = Buffer.concat([
    textField(1, `/${fileName}`),
    textField(2, '/'),
    // Its mode stays as it is.
    numberField(4, -1),
    numberField(7, 1),
  ])
  const action = Buffer.concat([
    numberField(1, nothing),
    numberField(2, 0),
    numberField(3, 0),
    bytesField(4, copy),
  ])
  const unpack = Buffer.concat([inputOf(fetch), bytesField(4, bytesField(2, action))])
  const operations = [fetch, unpack, inputOf(unpack)]
  // The frontend takes a definition without metadata for an empty one.
  const metadata = operations.map((operation) =>
    bytesField(2, Buffer.concat([digestField(operation), bytesField(2, Buffer.alloc(0))])),
  )
  return Buffer.concat([...operations.map((operation) => bytesField(1, operation)), ...metadata])
}

const fileName = 'context'
/** What a file operation begins with when it begins with an empty folder. */
const nothing = -1

function inputOf(operation: Buffer): Buffer {
  return bytesField(1, digestField(operation))
}

function digestField(operation: Buffer): Buffer {
  return textField(1, `sha256:${createHash('sha256').update(operation).digest('hex')}`)
}
