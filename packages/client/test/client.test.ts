import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { BulkheadError, DeploymentEventBody } from '@bulkhead/model'
import t from 'tap'
import type { Test } from 'tap'
import { createClient, parseAddress, readEvents } from '@bulkhead/client'
import type { LogsQuery } from '@bulkhead/client'

t.test('an address', async (t) => {
  t.test('must be a Unix socket, as a URL or as a path', async (t) => {
    t.same(parseAddress('unix:///run/x.sock'), { socketPath: '/run/x.sock' })
    t.same(parseAddress('/run/x.sock'), { socketPath: '/run/x.sock' })
  })
  t.test('of another kind must be refused as wrong usage', async (t) => {
    t.throws(() => parseAddress('tcp://127.0.0.1:1'), { code: 'BH_USAGE' })
    t.throws(() => parseAddress('unix://relative'), { code: 'BH_USAGE' })
  })
})

t.test('an event stream', async (t) => {
  const read = async (...chunks: readonly string[]) => {
    const events = []
    for await (const event of readEvents(Readable.from(chunks.map((chunk) => Buffer.from(chunk)))))
      events.push(event)
    return events
  }
  t.test('must be read whatever the chunks and line ends are', async (t) => {
    const wanted = [
      { id: '1', event: 'planned', data: '{"a":1}' },
      { id: '2', event: 'message', data: 'x\ny' },
    ]
    const text = 'id: 1\r\nevent: planned\r\ndata: {"a":1}\r\n\r\n: heartbeat\n\nid:2\ndata:x\ndata: y\n\n'
    t.same(await read(text), wanted)
    t.same(await read(...text.split('')), wanted, 'byte by byte')
    t.same(await read(text.replaceAll(/\r?\n/g, '\r')), wanted, 'carriage returns alone')
  })
  t.test('must not be cut inside of a character', async (t) => {
    const bytes = Buffer.from('data: é🚢\n\n')
    const events = []
    for await (const event of readEvents(Readable.from([...bytes].map((byte) => Buffer.from([byte])))))
      events.push(event)
    t.same(events, [{ id: undefined, event: 'message', data: 'é🚢' }])
  })
  t.test('must not give a message that was cut off', async (t) => {
    t.same(await read('data: whole\n\ndata: half'), [{ id: undefined, event: 'message', data: 'whole' }])
  })
})

t.test('an answer that is a problem must be thrown with its code, hint and all its problems', async (t) => {
  const problem = {
    severity: 'error',
    code: 'BH_COMPOSE_INVALID',
    message: 'no image',
    at: { file: '/a', line: 2, column: 3 },
  }
  const { client } = await serve(t, (_request, response) => {
    response.writeHead(422, { 'content-type': 'application/problem+json' })
    response.end(
      JSON.stringify({
        code: 'BH_COMPOSE_INVALID',
        detail: 'no image',
        hint: 'Give one.',
        problems: [problem],
      }),
    )
  })
  const error = (await client.deploy({ action: 'up' }).catch((error: unknown) => error)) as BulkheadError
  t.match(error, {
    name: 'BulkheadError',
    code: 'BH_COMPOSE_INVALID',
    message: 'no image',
    hint: 'Give one.',
  })
  t.same(error.problems, [problem])
})

t.test('an answer without a problem must not pass for one', async (t) => {
  const { client } = await serve(t, (_request, response) => response.writeHead(502).end('<html>'))
  await t.rejects(client.version(), { code: 'BH_INTERNAL' })
})

t.test('a daemon that is about to stop must be one that is away, and streams go on after it', async (t) => {
  let asked = 0
  const { client } = await serve(t, (_request, response) => {
    asked += 1
    if (asked % 2 === 1) response.writeHead(503).end('{"error":"Service Unavailable","code":"FST_ERR_X"}')
    else response.end(asked === 2 ? '' : 'event: end\ndata: {}\n\n')
  })
  await t.rejects(client.version(), { code: 'BH_DAEMON_UNREACHABLE', message: /about to stop/ })
  t.match(await client.logs('x', { follow: true }).next(), { done: true })
  t.equal(asked, 4)
})

t.test('a daemon that is not there must be said to be unreachable, with the next step', async (t) => {
  const client = createClient({ socketPath: join(tmpdir(), 'nothing-is-here.sock') })
  await t.rejects(client.version(), { code: 'BH_DAEMON_UNREACHABLE', hint: /daemon start/ })
})

t.test('a daemon that does not answer in time must be given up', async (t) => {
  const { client } = await serve(t, () => {})
  await t.rejects(client.version(20), { code: 'BH_DAEMON_UNREACHABLE' })
})

t.test('what is undefined must not be sent', async (t) => {
  const seen: string[] = []
  const { client } = await serve(t, (request, response) => {
    seen.push(request.url ?? '')
    response.end('{"name":"x"}')
  })
  await client.project('a/b', { all: true })
  await client.project('x')
  await client.imageDigest('team/web:1')
  t.same(seen, [
    '/v1/projects/a%2Fb?all=true',
    '/v1/projects/x',
    '/v1/images/digest?reference=team%2Fweb%3A1',
  ])
})

t.test('events of a deployment', async (t) => {
  const event = (id: number, body: DeploymentEventBody) =>
    `id: ${id}\nevent: ${body.type}\ndata: ${JSON.stringify({ id, time: '', ...body })}\n\n`

  t.test('must go on after the last one seen when the connection breaks', async (t) => {
    const asked: (string | undefined)[] = []
    const { client } = await serve(t, (request, response) => {
      asked.push(request.headers['last-event-id'] as string | undefined)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      if (asked.length === 1) {
        response.write(event(1, { type: 'planned', operations: 1 }))
        response.write(event(2, { type: 'planned', operations: 2 }), () => response.destroy())
        return
      }
      // A daemon that replays too much must not make an event happen twice.
      response.write(event(2, { type: 'planned', operations: 2 }))
      response.end(event(3, { type: 'finished', outcome: 'succeeded' }))
    })
    const ids = []
    for await (const { id } of client.deploymentEvents('d1')) ids.push(id)
    t.same(ids, [1, 2, 3])
    t.same(asked, [undefined, '2'])
  })

  t.test('must end at once with the problem when the deployment is not known', async (t) => {
    const { client } = await serve(t, (_request, response) => {
      response.writeHead(404).end(JSON.stringify({ code: 'BH_DEPLOYMENT_NOT_FOUND', detail: 'none' }))
    })
    await t.rejects(client.deploymentEvents('d1').next(), { code: 'BH_DEPLOYMENT_NOT_FOUND' })
  })

  t.test('must be given up when the daemon stays away', async (t) => {
    const client = createClient({ socketPath: join(tmpdir(), 'nothing-is-here.sock') })
    await t.rejects(client.deploymentEvents('d1', { patienceMs: 100 }).next(), {
      code: 'BH_DAEMON_UNREACHABLE',
    })
  })

  t.test('must be given up when streams end again and again without an event', async (t) => {
    const { client } = await serve(t, (_request, response) => response.end())
    await t.rejects(client.deploymentEvents('d1', { patienceMs: 100 }).next(), {
      code: 'BH_DAEMON_UNREACHABLE',
    })
  })
})

t.test('logs', async (t) => {
  t.test('must be asked for by service and end with the stream', async (t) => {
    let asked = ''
    const { client } = await serve(t, (request, response) => {
      asked = request.url ?? ''
      response.end(
        'event: line\ndata: {"service":"web","container":"x-web-1","stream":"stdout","text":"hi"}\n\n',
      )
    })
    const lines = []
    for await (const line of client.logs('x', { service: ['web', 'db'], tail: 5 })) lines.push(line.text)
    t.same(lines, ['hi'])
    t.equal(asked, '/v1/projects/x/logs?service=web&service=db&tail=5')
  })
  const at = (second: number, fraction = '000000000') =>
    `2026-01-01T00:00:${String(second).padStart(2, '0')}.${fraction}Z`
  const line = (container: string, text: string, time?: string) =>
    `event: line\ndata: ${JSON.stringify({ service: 's', container, stream: 'stdout', text, time })}\n\n`
  const end = 'event: end\ndata: {}\n\n'
  /** A daemon that breaks each connection after its part, and notes what it was asked. */
  const breaking = async (t: Test, ...parts: readonly string[]) => {
    const asked: URLSearchParams[] = []
    const { client } = await serve(t, (request, response) => {
      asked.push(new URL(request.url ?? '', 'http://daemon').searchParams)
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(parts[asked.length - 1] ?? '', () => {
        if (asked.length % 2 === 1 && asked.length < parts.length) response.destroy()
        else response.end()
      })
    })
    const texts = async (query: LogsQuery = {}) => {
      const seen = []
      for await (const { text, time } of client.logs('x', { follow: true, ...query })) seen.push([text, time])
      return seen
    }
    return { asked, texts }
  }

  t.test('that are followed must go on where the connection broke, with no line twice', async (t) => {
    const { asked, texts } = await breaking(
      t,
      line('a', '1', at(1)) + line('b', '2', at(2)) + line('a', '3', at(3)) + line('a', '4', at(3)),
      // All of b again, of a what is of that very time and later.
      line('b', '2', at(2)) + line('a', '3', at(3)) + line('a', '4', at(3)) + line('a', '5', at(3)),
      // Nothing of b; what overtakes it is no news, and what has no time goes with the line before.
      line('a', '3', at(3)) + line('a', '4', at(3)) + line('a', '5', at(3)) + line('a', 'more of 5'),
      line('a', '5', at(3)) + line('a', '6', at(4)) + line('b', '7', at(5)) + line('c', '8', at(1)) + end,
    )
    const seen = await texts({ service: ['s'], tail: 9 })
    t.same(
      seen.map(([text]) => text),
      ['1', '2', '3', '4', '5', 'more of 5', '6', '7', '8'],
    )
    t.ok(
      seen.every(([, time]) => time === undefined),
      'times only where they are asked for',
    )
    t.same(asked[0]?.toString(), 'follow=true&service=s&tail=9&timestamps=true')
    t.same(asked[1]?.getAll('from'), [`a=${at(3)}`, `b=${at(2)}`])
    t.notOk(asked[1]?.has('tail'))
    t.ok(Date.parse(asked[1]?.get('since') ?? '') <= Date.now(), 'new containers from the beginning on')
    t.equal(asked.length, 4)
  })

  t.test('that are followed must keep what was asked for while nothing was read', async (t) => {
    const { asked, texts } = await breaking(t, '', '', line('a', '1', at(1)) + end)
    t.same(await texts({ tail: 3, since: '10m', timestamps: true }), [['1', at(1)]])
    t.same(new Set(asked.map(String)), new Set(['follow=true&tail=3&since=10m&timestamps=true']))
  })

  t.test('of many containers must go on too, though not all of them can be named', async (t) => {
    const many = Array.from({ length: 50 }, (_, index) => line(`c${index}`, String(index), at(index)))
    const { asked, texts } = await breaking(
      t,
      many.join(''),
      many.join('') + line('new', 'last', at(55)) + end,
    )
    t.equal((await texts()).length, 51)
    t.equal(asked[1]?.getAll('from').length, 40)
    t.equal(asked[1]?.get('since'), at(0))
  })

  t.test('must be given up when the daemon stays away, and that it is away be told once', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'bulkhead-client-'))
    t.teardown(() => rm(folder, { recursive: true }))
    const socketPath = join(folder, 's')
    const server = createServer((_request, response) => {
      response.writeHead(200)
      response.write(line('a', '1', at(1)), () => {
        server.close()
        response.destroy()
      })
    })
    await new Promise<void>((resolve) => server.listen(socketPath, resolve))
    let away = 0
    const lines = createClient({ socketPath }).logs(
      'x',
      { follow: true },
      { patienceMs: 200, onAway: () => (away += 1) },
    )
    t.match(await lines.next(), { value: { text: '1' } })
    await t.rejects(lines.next(), { code: 'BH_DAEMON_UNREACHABLE' })
    t.equal(away, 1)
    await t.rejects(createClient({ socketPath }).logs('x', { follow: true }).next(), {
      code: 'BH_DAEMON_UNREACHABLE',
    })
  })

  t.test('that break off again and again must be given up', async (t) => {
    const { client } = await serve(t, (_request, response) => response.end())
    await t.rejects(client.logs('x', { follow: true }, { patienceMs: 100 }).next(), {
      code: 'BH_DAEMON_UNREACHABLE',
      message: /broke off/,
    })
  })

  t.test('must end with the problem that the daemon sends', async (t) => {
    const { client } = await serve(t, (_request, response) => {
      response.end(
        'event: error\ndata: {"severity":"error","code":"BH_ENGINE_UNREACHABLE","message":"gone"}\n\n',
      )
    })
    await t.rejects(client.logs('x').next(), { code: 'BH_ENGINE_UNREACHABLE', message: 'gone' })
  })
  t.test('must stop when they are no longer wanted', async (t) => {
    const { client } = await serve(t, (_request, response) => response.write(': open\n\n'))
    const stop = new AbortController()
    const next = client.logs('x', { follow: true }, { signal: stop.signal }).next()
    stop.abort()
    await t.rejects(next, { name: 'AbortError' })
  })
})

t.test('a context must be sent whole, and a refusal before its end be told', async (t) => {
  let received = 0
  const { client } = await serve(t, (request, response) => {
    if (request.url?.endsWith('refused') === true) {
      response.writeHead(413).end(JSON.stringify({ code: 'BH_BUNDLE_TOO_LARGE', detail: 'too large' }))
      return
    }
    request.on('data', (chunk: Buffer) => (received += chunk.length))
    request.on('end', () => response.writeHead(201).end())
  })
  const archive = () => Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(64 * 1024)))
  await client.putContext('sha256:a', archive())
  t.equal(received, 50 * 64 * 1024)
  await t.rejects(client.putContext('refused', archive()), { code: 'BH_BUNDLE_TOO_LARGE' })
})

async function serve(t: Test, listener: RequestListener) {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-client-'))
  const socketPath = join(folder, 's')
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(folder, { recursive: true })
  })
  return { client: createClient({ socketPath }) }
}
