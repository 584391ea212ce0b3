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

/** A text as a field. */
export function textField(number: number, text: string): Buffer {
  const content = Buffer.from(text, 'utf8')
  const length: number[] = []
  let rest = content.length
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) length.push((rest % 128) + 0x80)
  return Buffer.concat([Buffer.from([number * 8 + 2, ...length, rest]), content])
}
