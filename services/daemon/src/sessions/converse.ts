import { sessionChannels } from '@bulkhead/api'
import type { SessionCommand, SessionNews } from '@bulkhead/api'
import { toProblem } from '@bulkhead/model'
import type { RawData, WebSocket } from 'ws'
import { toBulkheadError } from '../http/problem.ts'
import type { Conversation, Session } from './session.ts'

/** Hands on what is said in both directions until the program ends or the client goes; no faster than either reads. */
export async function converse(socket: WebSocket, session: Session, closing: AbortSignal): Promise<void> {
  const gone = new AbortController()
  const signal = AbortSignal.any([gone.signal, closing])
  socket.on('error', () => undefined)
  socket.on('close', () => gone.abort())
  // Nothing is read before there is somebody to hand it to.
  socket.pause()
  const tell = (news: SessionNews): Promise<void> => send(socket, JSON.stringify(news))
  try {
    const conversation = await session.open(signal)
    takeInput(socket, conversation)
    await tell({ type: 'open' })
    for await (const { stream, content } of conversation.attachment.output)
      await send(socket, Buffer.concat([Buffer.of(sessionChannels[stream]), content]))
    if (signal.aborted) return
    const code = await conversation.exitCode()
    await tell(code === undefined ? { type: 'detached' } : { type: 'exit', code })
  } catch (error) {
    if (!signal.aborted) await tell({ type: 'error', problem: toProblem(toBulkheadError(error)) })
  } finally {
    socket.close(closing.aborted ? 1001 : 1000)
    socket.resume()
  }
}

function takeInput(socket: WebSocket, conversation: Conversation): void {
  let before: Promise<void> = Promise.resolve()
  socket.on('message', (data: RawData, isBinary: boolean) => {
    socket.pause()
    before = before
      .then(() => take(conversation, bytesOf(data), isBinary))
      .catch(() => undefined)
      .then(() => socket.resume())
  })
  socket.resume()
}

async function take(conversation: Conversation, content: Buffer, isBinary: boolean): Promise<void> {
  const { attachment } = conversation
  if (isBinary) {
    if (content[0] === sessionChannels.stdin) await attachment.write(content.subarray(1))
    return
  }
  const command = JSON.parse(content.toString('utf8')) as SessionCommand
  if (command.type === 'end') attachment.end()
  if (command.type === 'resize') await attachment.resize(command)
  if (command.type === 'signal') await conversation.signal?.(command.signal)
}

/** Resolves when the connection takes more; what nobody gets any more is dropped. */
function send(socket: WebSocket, message: string | Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) resolve()
    else socket.send(message, () => resolve())
  })
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}
