import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { createWebhook, type Notice } from '../src/webhook.ts'

interface Received {
  readonly body: string
  readonly headers: IncomingMessage['headers']
}

const notice = (project: string): Notice => ({
  type: 'deployment.failed',
  time: '2026-01-02T03:04:05.000Z',
  project,
  deployment: 'd1',
  problem: { severity: 'error', code: 'BH_IMAGE_NOT_FOUND', message: 'no image' },
})

/** A receiver that answers what `answer` says to request number n, from 1. */
async function receiver(t: Test, answer: (n: number) => number) {
  const received: Received[] = []
  const waiting: { readonly count: number; readonly tell: () => void }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => (body += String(part)))
    request.on('end', () => {
      received.push({ body, headers: request.headers })
      response.statusCode = answer(received.length)
      response.end()
      for (const { count, tell } of waiting) if (received.length >= count) tell()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    got: (count: number) =>
      new Promise<void>((tell) => (received.length >= count ? tell() : void waiting.push({ count, tell }))),
  }
}

t.test('a notice must arrive signed, and again until it is taken', async (t) => {
  const { url, received, got } = await receiver(t, (n) => (n < 3 ? 503 : 204))
  const webhook = createWebhook({ url, secret: 'hush', log: { warn: () => t.fail() }, firstDelayMs: 1 })
  t.teardown(() => webhook.stop())
  webhook.send(notice('one'))
  webhook.send(notice('two'))
  await got(4)
  t.same(
    received.map(({ body }) => (JSON.parse(body) as Notice).project),
    ['one', 'one', 'one', 'two'],
  )
  const [first, second, third, other] = received
  t.equal(first?.headers['bulkhead-delivery'], third?.headers['bulkhead-delivery'])
  t.not(first?.headers['bulkhead-delivery'], other?.headers['bulkhead-delivery'])
  t.equal(
    second?.headers['bulkhead-signature'],
    `sha256=${createHmac('sha256', 'hush')
      .update(second?.body ?? '')
      .digest('hex')}`,
  )
})

t.test('a receiver that refuses must be given up, logged, and hold nothing else up', async (t) => {
  const { url, received, got } = await receiver(t, (n) => (n <= 6 ? 500 : 200))
  const said: unknown[] = []
  const webhook = createWebhook({
    url,
    secret: undefined,
    log: { warn: (...words: readonly unknown[]) => void said.push(words) },
    firstDelayMs: 1,
  })
  t.teardown(() => webhook.stop())
  webhook.send(notice('lost'))
  webhook.send(notice('taken'))
  await got(7)
  t.match(said, [[{ project: 'lost', reason: 'it answered 500' }]])
  t.equal(received[0]?.headers['bulkhead-signature'], undefined)
})
