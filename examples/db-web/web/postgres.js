// The part of PostgreSQL's protocol that this example needs: log in with SCRAM, send a statement, read rows as text.
// https://www.postgresql.org/docs/15/protocol-message-formats.html
// An application would take the package `pg`; this file lets the image be built with no registry in reach.
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createConnection } from 'node:net'

const PROTOCOL_3_0 = 196608

/** Opens a session. Errors of the server and of the connection reject what is awaited at the time. */
export async function connect({ host, port = 5432, user, database, password }) {
  const socket = createConnection({ host, port, timeout: 5000 })
  socket.on('timeout', () => socket.destroy(new Error(`${host} takes too long to answer.`)))
  await once(socket, 'connect')
  const messages = read(socket)
  const next = async () => {
    const { value, done } = await messages.next()
    if (done) throw new Error(`${host} closed the connection.`)
    if (value.type === 'E') throw new Error(`${host} says: ${errorText(value.body)}`)
    return value
  }

  try {
    const parameters = ['user', user, 'database', database, ''].map(text)
    socket.write(frame('', int32(PROTOCOL_3_0), ...parameters))
    await logIn(socket, next, password)
    await until(next, 'Z')
  } catch (error) {
    socket.destroy()
    throw error
  }

  return {
    async query(statement) {
      socket.write(frame('Q', text(statement)))
      return rowsOf(await until(next, 'Z'))
    },
    end: () => socket.end(frame('X')),
  }
}

/** Proves the password without sending it: SCRAM-SHA-256, RFC 5802 and 7677. */
async function logIn(socket, next, password) {
  const nonce = randomBytes(18).toString('base64')
  const request = await next()
  if (request.body.readInt32BE(0) !== 10)
    throw new Error('The server wants a login other than SCRAM-SHA-256.')
  const first = `n=,r=${nonce}`
  socket.write(frame('p', text('SCRAM-SHA-256'), int32(first.length + 3), Buffer.from(`n,,${first}`)))

  const challenge = (await next()).body.toString('utf8', 4)
  const [, serverNonce, salt, rounds] = /^r=(.+),s=(.+),i=(\d+)$/.exec(challenge)
  if (!serverNonce.startsWith(nonce)) throw new Error('The server answered a challenge that was not ours.')
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(rounds), 32, 'sha256')
  const clientKey = hmac(salted, 'Client Key')
  const unproven = `c=biws,r=${serverNonce}`
  const signed = `${first},${challenge},${unproven}`
  const signature = hmac(createHash('sha256').update(clientKey).digest(), signed)
  const proof = clientKey.map((byte, i) => byte ^ signature[i]).toString('base64')
  socket.write(frame('p', Buffer.from(`${unproven},p=${proof}`)))

  const verdict = (await next()).body.toString('utf8', 4)
  if (verdict !== `v=${hmac(hmac(salted, 'Server Key'), signed).toString('base64')}`) {
    throw new Error('The server does not know the password itself.')
  }
}

/** Yields messages as they become whole. */
async function* read(socket) {
  let buffer = Buffer.alloc(0)
  for await (const chunk of socket) {
    buffer = Buffer.concat([buffer, chunk])
    while (buffer.length >= 5 && buffer.length > buffer.readInt32BE(1)) {
      const end = 1 + buffer.readInt32BE(1)
      yield { type: String.fromCharCode(buffer[0]), body: buffer.subarray(5, end) }
      buffer = buffer.subarray(end)
    }
  }
}

async function until(next, type) {
  const messages = []
  do messages.push(await next())
  while (messages.at(-1).type !== type)
  return messages
}

/** Names come with the row description (T), values with each row (D). A column's name is followed by 18 bytes. */
function rowsOf(messages) {
  const names = []
  const rows = []
  for (const { type, body } of messages) {
    let at = 2
    const count = body.length < 2 ? 0 : body.readInt16BE(0)
    if (type === 'T') {
      for (let i = 0; i < count; i += 1) {
        const end = body.indexOf(0, at)
        names.push(body.toString('utf8', at, end))
        at = end + 19
      }
    }
    if (type !== 'D') continue
    const row = {}
    for (const name of names) {
      const length = body.readInt32BE(at)
      row[name] = length === -1 ? undefined : body.toString('utf8', at + 4, at + 4 + length)
      at += 4 + Math.max(length, 0)
    }
    rows.push(row)
  }
  return rows
}

const errorText = (body) => /(?:^|\0)M([^\0]*)/.exec(body.toString('utf8'))?.[1] ?? 'an error without words'
const hmac = (key, message) => createHmac('sha256', key).update(message).digest()
const text = (string) => Buffer.from(`${string}\0`)
const frame = (type, ...parts) => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}
function int32(number) {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(number)
  return buffer
}
