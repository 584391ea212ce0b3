/** The little of protobuf's wire format that BuildKit's messages need. */
export interface Field {
  readonly number: number
  /** Of a number. */
  readonly value: number
  /** Of a text, of bytes, of a message. */
  readonly bytes: Buffer | undefined
}

/** The wire format: a tag of field number and type, then a number, 4 or 8 bytes, or a length and as many bytes. */
export function* fieldsOf(buffer: Buffer): Generator<Field> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 1; at < buffer.length; shift *= 128) {
      const byte = buffer[at] ?? 0
      at += 1
      value += (byte & 0x7f) * shift
      if (byte < 0x80) break
    }
    return value
  }
  while (at < buffer.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    const type = tag % 8
    if (type === 0) yield { number, value: varint(), bytes: undefined }
    else if (type === 2) {
      const length = varint()
      yield { number, value: 0, bytes: buffer.subarray(at, at + length) }
      at += length
    } else if (type === 1 || type === 5) at += type === 1 ? 8 : 4
    else return
  }
}

/** The text of a field; empty where the message does not have it. */
export function textOf(message: Buffer, wanted: number): string {
  return [...fieldsOf(message)].find(({ number }) => number === wanted)?.bytes?.toString('utf8') ?? ''
}

/** A text as a field. */
export function textField(number: number, text: string): Buffer {
  return bytesField(number, Buffer.from(text, 'utf8'))
}

/** Bytes, or a message, as a field. */
export function bytesField(number: number, content: Buffer): Buffer {
  return Buffer.concat([varintOf(number * 8 + 2), varintOf(content.length), content])
}

/** A whole number as a field; below zero in the ten bytes that it takes. */
export function numberField(number: number, value: number): Buffer {
  return Buffer.concat([varintOf(number * 8), varintOf(value)])
}

/** A map of texts: a message of key and value for each. */
export function mapField(number: number, entries: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(
    Object.entries(entries).map(([key, value]) =>
      bytesField(number, Buffer.concat([textField(1, key), textField(2, value)])),
    ),
  )
}

function varintOf(value: number): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return Buffer.from([...bytes, Number(rest)])
}
