import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { isBefore } from './calls.ts'
import type { Calls } from './calls.ts'
import { containerNamed } from './container.ts'
import type { Container } from './state/container.ts'
import { executionNamed } from './exec.ts'
import type { Input } from './input.ts'
import { flag } from './json.ts'
import { encodeEntry, frame } from './log.ts'
import { Refusal } from './refusal.ts'
import { runAttached } from './routes/executions.ts'
import { logType, whenOver } from './routes/streams.ts'
import { parseBody } from './wire.ts'
import type { World } from './state/world.ts'

/** A connection that is to become a stream in both directions. */
export interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  /** What has been read beyond the request's head: its body is here, or still to come. */
  readonly head: Buffer
}

/** Attaching to a container, or to a command that runs beside its own. */
export async function upgrade(world: World, calls: Calls, { request, socket, head }: Upgrade): Promise<void> {
  socket.on('error', () => undefined)
  const url = new URL((request.url ?? '/').replace(/^\/v\d+\.\d+/u, ''), 'http://engine')
  const { fault } = await calls.admit(request.method ?? 'POST', url.pathname)
  if (fault !== undefined && (isBefore(fault) || fault.does === 'lose')) {
    if (fault.does === 'refuse')
      refuse(socket, new Refusal(500, fault.message ?? 'the engine failed on order'))
    else if (fault.does !== 'hang') socket.destroy()
    return
  }
  try {
    const [, kind, id = '', verb] = url.pathname.split('/')
    if (kind === 'exec' && verb === 'start') {
      await execution(world, socket, id, await bodyOf(request, socket, head))
      return
    }
    if (kind !== 'containers' || verb !== 'attach') throw new Refusal(404, 'page not found')
    attach(world, socket, containerNamed(world, id), url.searchParams)
  } catch (error) {
    refuse(socket, error instanceof Refusal ? error : new Refusal(500, String(error)))
  }
}

async function execution(world: World, socket: Duplex, id: string, body: Buffer): Promise<void> {
  const found = executionNamed(world, id)
  parseBody(body)
  open(socket, 'application/vnd.docker.raw-stream')
  feed(socket, found.input)
  await runAttached(world, found, (content) => void socket.write(content))
  socket.end()
}

function attach(world: World, socket: Duplex, container: Container, query: URLSearchParams): void {
  const wanted = { stdout: flag(query.get('stdout')), stderr: flag(query.get('stderr')) }
  const framed = container.config['Tty'] !== true
  open(socket, logType(world, framed))
  if (flag(query.get('logs')))
    for (const entry of container.log.entries)
      if (wanted[entry.stream]) socket.write(encodeEntry(entry, false, framed))
  if (!flag(query.get('stream'))) {
    socket.end()
    return
  }
  const forget = container.log.listen(({ stream, content }) => {
    if (wanted[stream]) socket.write(framed ? frame(stream, content) : content)
  })
  // Clients attach before they start it: then its next end is meant.
  const end = (): void => void socket.end()
  container.overs.add(end)
  const gone = container.running === undefined ? undefined : whenOver(container, end)
  const writes = flag(query.get('stdin')) && container.config['OpenStdin'] === true
  if (writes) feed(socket, container.input, container.config['StdinOnce'] === true)
  else socket.resume()
  socket.on('close', () => {
    forget()
    gone?.()
    container.overs.delete(end)
  })
}

/** Hands on what the client writes, and that it writes no more. */
function feed(socket: Duplex, input: Input, withEnd = true): void {
  socket.on('data', (content: Buffer) => input.write(content))
  socket.on('end', () => {
    if (withEnd) input.end()
  })
  socket.resume()
}

function open(socket: Duplex, type: string): void {
  socket.write(
    `HTTP/1.1 101 UPGRADED\r\nContent-Type: ${type}\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n`,
  )
}

function refuse(socket: Duplex, { status, message }: Refusal): void {
  const body = `${JSON.stringify({ message })}\n`
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

/** Node leaves the body of an upgrade to whoever takes it. */
async function bodyOf({ headers }: IncomingMessage, socket: Duplex, head: Buffer): Promise<Buffer> {
  const length = Number(headers['content-length'] ?? 0)
  let content = head
  while (content.length < length) {
    const chunk = await new Promise<Buffer>((resolve, reject) => {
      socket.once('data', resolve)
      socket.once('close', () => reject(new Refusal(400, 'the connection broke')))
    })
    socket.pause()
    content = Buffer.concat([content, chunk])
  }
  return content.subarray(0, length)
}
