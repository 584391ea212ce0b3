import { connect } from 'node:net'
import type { SessionCommand, SessionNews } from '@bulkhead/api'
import { paths, sessionChannels } from '@bulkhead/api/paths'
import { BulkheadError } from '@bulkhead/model'
import { WebSocket } from 'ws'
import type { RawData } from 'ws'
import { formatAddress } from './address.ts'
import type { Address } from './address.ts'
import { unreachable } from './http.ts'
import { problemToError, toProblemError } from './problem.ts'

/** Some bytes that a container or command wrote. */
export interface SessionOutput {
  readonly stream: 'stdout' | 'stderr'
  readonly content: Buffer
}

/** The standard streams of a container or command, both ways. */
export interface SessionStream {
  /** To be read once, to its end: no more is taken from the daemon than is read. @throws BulkheadError */
  readonly output: AsyncIterable<SessionOutput>
  /** Known after the output; undefined: it was detached from, and goes on. */
  exitCode(): number | undefined
  /** Resolves when more may be written. */
  write(content: Uint8Array): Promise<void>
  /** The program reads the end of its input. */
  end(): void
  resize(columns: number, rows: number): void
  /** `SIGINT`, … to a container. */
  signal(name: string): void
  /** Detaches: the program goes on. */
  close(): void
}

/** Opens a session; resolves when the program can be written to. @throws BulkheadError */
export function openSession(address: Address, id: string): Promise<SessionStream> {
  const socket = new WebSocket(`ws://bulkhead${paths.session(id)}`, {
    perMessageDeflate: false,
    createConnection: () => connect({ path: address.socketPath }),
  })
  const inbox = createInbox(socket, address)
  const tell = (command: SessionCommand): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(command))
  }
  const stream: SessionStream = {
    output: inbox.output(),
    exitCode: () => inbox.exitCode(),
    write: (content) =>
      new Promise((resolve) => {
        const message = Buffer.concat([Buffer.of(sessionChannels.stdin), content])
        if (socket.readyState === socket.OPEN) socket.send(message, () => resolve())
        else resolve()
      }),
    end: () => tell({ type: 'end' }),
    resize: (columns, rows) => tell({ type: 'resize', columns, rows }),
    signal: (signal) => tell({ type: 'signal', signal }),
    close: () => socket.terminate(),
  }
  return inbox.opened.then(() => stream)
}

/** What comes from the daemon, until it's fetched. */
function createInbox(socket: WebSocket, address: Address) {
  const pending: SessionOutput[] = []
  let code: number | undefined
  let failure: BulkheadError | undefined
  let over = false
  let wake: (() => void) | undefined
  let tellOpened: () => void = () => undefined
  let tellFailed: (error: BulkheadError) => void = () => undefined
  const opened = new Promise<void>((resolve, reject) => {
    tellOpened = resolve
    tellFailed = reject
  })
  const ring = (): void => {
    wake?.()
    wake = undefined
  }
  const end = (error?: BulkheadError): void => {
    if (over) return
    over = true
    failure = error
    tellFailed(error ?? brokeOff(address))
    ring()
  }
  const hear = (news: SessionNews): void => {
    if (news.type === 'open') tellOpened()
    else if (news.type === 'error') end(problemToError(news.problem))
    else {
      code = news.type === 'exit' ? news.code : undefined
      end()
    }
  }
  socket.on('message', (data: RawData, isBinary: boolean) => {
    const content = bytesOf(data)
    if (!isBinary) {
      hear(JSON.parse(content.toString('utf8')) as SessionNews)
      return
    }
    const stream = content[0] === sessionChannels.stderr ? 'stderr' : 'stdout'
    pending.push({ stream, content: content.subarray(1) })
    socket.pause()
    ring()
  })
  socket.on('unexpected-response', (_request, response) => {
    const parts: Buffer[] = []
    response.on('data', (part: Buffer) => parts.push(part))
    response.on('end', () =>
      end(toProblemError(response.statusCode ?? 0, Buffer.concat(parts).toString('utf8'))),
    )
  })
  socket.on('error', (error) => end(unreachable(address, error)))
  socket.on('close', () => end(brokeOff(address)))
  return {
    opened,
    exitCode: () => code,
    async *output(): AsyncGenerator<SessionOutput> {
      for (;;) {
        const next = pending.shift()
        if (next !== undefined) yield next
        else if (failure !== undefined) throw failure
        else if (over) return
        else {
          socket.resume()
          await new Promise<void>((resolve) => (wake = resolve))
        }
      }
    },
  }
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}

function brokeOff(address: Address): BulkheadError {
  const message = `The daemon at ${formatAddress(address)} broke off the session.`
  return new BulkheadError('BH_DAEMON_UNREACHABLE', message, {
    hint: 'The container goes on: see `bulkhead ps`.',
  })
}
