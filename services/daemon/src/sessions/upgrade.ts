import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { contentTypes } from '@bulkhead/api'
import { BulkheadError } from '@bulkhead/model'
import { WebSocketServer } from 'ws'
import { problemDetails } from '../http/problem.ts'
import { converse } from './converse.ts'
import type { Sessions } from './session.ts'

/** One message of a client; it sends a terminal's input, and files in pieces. */
const longestMessage = 1024 * 1024

/** Has the server open sessions to those who upgrade their connection to a WebSocket. */
export function openSessionsOn(server: Server, sessions: Sessions, closing: AbortSignal): void {
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: longestMessage,
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => undefined)
    const [, id] = /^\/v1\/sessions\/([^/?]+)$/u.exec(request.url ?? '') ?? []
    const session = id === undefined ? undefined : sessions.take(decodeURIComponent(id))
    if (session === undefined || closing.aborted) {
      refuse(socket)
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => void converse(client, session, closing))
  })
}

function refuse(socket: Duplex): void {
  const error = new BulkheadError('BH_NOT_FOUND', 'There is no such session, or it was opened already.', {
    hint: 'Ask for one first: POST /v1/projects/{name}/execs, attachments or runs.',
  })
  const details = problemDetails(error)
  const body = JSON.stringify(details)
  socket.end(
    `HTTP/1.1 ${details.status} ${details.title}\r\nContent-Type: ${contentTypes.problem}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
