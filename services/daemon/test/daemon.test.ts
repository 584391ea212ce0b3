import { once } from 'node:events'
import { existsSync, readFileSync, readdirSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import t from 'tap'
import type { Test } from 'tap'
import { referenceFolder, referencePages } from '../reference/pages.ts'
import { sendEvents } from '../src/http/sse.ts'
import { listenOnSocket } from '../src/socket.ts'
import { ask, ready, run } from './fixtures/process.ts'
import { bundleOf } from './fixtures/served.ts'

/** A folder with a short path: a socket's has at most 107 bytes. */
function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'bhd-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function listen(t: Test, path: string, group?: string): Promise<ReturnType<typeof createServer>> {
  const server = createServer((_request, response) => response.end('here'))
  t.teardown(() => server.close())
  await listenOnSocket(server, { path, group, inherited: undefined })
  return server
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)
const isRoot = process.getuid?.() === 0
const hasGroup = readFileSync('/etc/group', 'utf8').includes('\nbulkhead:')

t.test('the socket must be for its owner alone, whatever the umask', async (t) => {
  const path = join(folderOf(t), 'new', 'b.sock')
  const umask = process.umask(0)
  t.teardown(() => process.umask(umask))
  await listen(t, path, hasGroup ? String(process.getgid?.()) : undefined)
  t.equal(process.umask(), 0, 'the umask is as it was')
  t.equal(mode(path), hasGroup ? '660' : '600')
})

t.test('the socket must be for its group too when one is named', async (t) => {
  const path = join(folderOf(t), 'b.sock')
  const gid = isRoot ? 65534 : (process.getgid?.() ?? 0)
  await listen(t, path, String(gid))
  t.equal(mode(path), '660')
  t.equal(statSync(path).gid, gid)
  await t.rejects(listen(t, join(folderOf(t), 'b.sock'), 'no-such-group'), {
    code: 'BH_DAEMON_START_FAILED',
    message: /no-such-group/,
  })
})

t.test('the socket of a live daemon must be left to it', async (t) => {
  const path = join(folderOf(t), 'b.sock')
  await listen(t, path)
  await t.rejects(listen(t, path), { code: 'BH_DAEMON_RUNNING' })
  const client = connect(path)
  await once(client, 'connect')
  client.destroy()
})

t.test('what is no socket must never be replaced', async (t) => {
  const path = join(folderOf(t), 'b.sock')
  writeFileSync(path, 'precious')
  await t.rejects(listen(t, path), { code: 'BH_DAEMON_START_FAILED', message: /not a socket/ })
  t.equal(readFileSync(path, 'utf8'), 'precious')
  await t.rejects(listen(t, `/${'x'.repeat(120)}/b.sock`), {
    code: 'BH_DAEMON_START_FAILED',
    message: /longer/,
  })
})

t.test('a stream of events', async (t) => {
  const folder = folderOf(t)
  const app = Fastify({ forceCloseConnections: true })
  const closing = new AbortController()
  let sent = 0
  let left = (): void => undefined
  const readerLeft = new Promise<void>((resolve) => (left = resolve))
  const source = async function* (signal: AbortSignal) {
    signal.addEventListener('abort', () => left())
    for (; sent < 100_000 && !signal.aborted; sent += 1) yield { event: 'line', data: 'x'.repeat(1000) }
  }
  const onError = () => ({ event: 'error', data: 'failed' })
  app.get('/', async (asked, reply) =>
    sendEvents(asked, reply, source, { closing: closing.signal, heartbeatMs: 1000, onError }),
  )
  app.get('/fails', async (asked, reply) => {
    const fails = async function* () {
      yield { event: 'line', data: 1 }
      throw new Error('in the middle')
    }
    await sendEvents(asked, reply, fails, { closing: closing.signal, heartbeatMs: 1000, onError })
  })
  await app.ready()
  const path = join(folder, 's.sock')
  await listenOnSocket(app.server, { path, group: undefined, inherited: undefined })
  t.teardown(() => app.close())

  await t.test('must go no faster than its reader, and end when the reader leaves', async (t) => {
    const client = connect(path)
    client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
    client.pause()
    // It has come to rest when nothing more is sent over many turns.
    for (let before = -1, calm = 0; calm < 20; calm = before === sent ? calm + 1 : 0) {
      before = sent
      await new Promise((next) => setTimeout(next, 5))
    }
    t.ok(sent > 0 && sent < 10_000, `${sent} sent to a reader that reads nothing`)
    client.destroy()
    await readerLeft
    t.ok(sent < 100_000, 'the source was stopped')
  })
  await t.test('must tell of its failure at its end', async (t) => {
    const { body } = await ask(path, '/fails')
    t.equal(body, 'event: line\ndata: 1\n\nevent: error\ndata: "failed"\n\n')
  })
})

const compose = 'name: app\nservices:\n  web: {image: "web:1"}\n'

t.test('the daemon as a process', async (t) => {
  const folder = folderOf(t)
  const first = run(t, folder)
  await ready(first)

  await t.test('must serve while its engine is away', async (t) => {
    t.equal((await ask(first.socket, '/v1/health')).status, 200)
    t.equal((await ask(first.socket, '/v1/ready')).status, 503)
    const up = { action: 'up', bundle: bundleOf(compose) }
    t.match(await ask(first.socket, '/v1/deployments', 'POST', up), {
      status: 503,
      body: /BH_ENGINE_UNREACHABLE/,
    })
  })
  await t.test('must listen nowhere but on its socket', { skip: !existsSync('/proc/net/tcp') }, async (t) => {
    const inodes = ['tcp', 'tcp6'].flatMap((table) =>
      readFileSync(`/proc/${first.child.pid}/net/${table}`, 'utf8')
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(/\s+/)[9]),
    )
    t.same(
      socketsOf(first.child.pid ?? 0).filter((inode) => inodes.includes(inode)),
      [],
    )
  })
  await t.test('must not share its data folder', async (t) => {
    const second = run(t, folderOf(t), { args: ['--data', first.data] })
    t.same(await once(second.child, 'exit'), [1, null])
    t.match(second.stderr(), /BH_DAEMON_RUNNING/)
    t.equal((await ask(first.socket, '/v1/health')).status, 200)
  })

  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  t.ok(existsSync(first.socket), 'it left its socket')
  const again = run(t, folder)
  await ready(again)

  await t.test('must come again after it was killed, and stop when it is asked to', async (t) => {
    again.child.kill('SIGTERM')
    t.same(await once(again.child, 'exit'), [0, null])
    t.equal(existsSync(again.socket), false)
    t.match(again.stderr(), /daemon stopped/)
  })
})

function socketsOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).flatMap(
    (name) => /^socket:\[(\d+)\]$/.exec(readLink(join(folder, name)))?.[1] ?? [],
  )
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

t.test('the pages of the reference must be as the code is', async (t) => {
  for (const [name, text] of Object.entries(await referencePages())) {
    const path = new URL(name, referenceFolder)
    const written = existsSync(path) ? readFileSync(path, 'utf8') : ''
    t.equal(
      written === text,
      true,
      `docs/reference/${name}: else run \`npm run reference -w services/daemon\``,
    )
  }
})
