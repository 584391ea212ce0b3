/** One message of an event stream. `event` is `message` where the stream names none. */
export interface ServerSentEvent {
  readonly id: string | undefined
  readonly event: string
  readonly data: string
}

/**
 * Reads an event stream: fields over several chunks, any of the three line
 * ends, comments (heartbeats) left out.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
export async function* readEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<ServerSentEvent> {
  let id: string | undefined
  let event = ''
  let data: string[] = []
  for await (const line of lines(chunks)) {
    if (line === '') {
      if (data.length > 0) yield { id, event: event === '' ? 'message' : event, data: data.join('\n') }
      event = ''
      data = []
      continue
    }
    const [name, value] = field(line)
    if (name === 'id' && !value.includes('\0')) id = value
    if (name === 'event') event = value
    if (name === 'data') data.push(value)
  }
}

/** `data: x` is name `data`, value `x`; a comment has an empty name. */
function field(line: string): readonly [string, string] {
  const colon = line.indexOf(':')
  if (colon === -1) return [line, '']
  const value = line.slice(colon + 1)
  return [line.slice(0, colon), value.startsWith(' ') ? value.slice(1) : value]
}

async function* lines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8')
  let rest = ''
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    // A carriage return at the very end may be half of a line end.
    const complete = rest.endsWith('\r') ? rest.length - 1 : rest.length
    const parts = rest.slice(0, complete).split(/\r\n|\n|\r/)
    rest = (parts.pop() ?? '') + rest.slice(complete)
    yield* parts
  }
  if (rest.endsWith('\r')) yield* rest.slice(0, -1).split('\r')
}
