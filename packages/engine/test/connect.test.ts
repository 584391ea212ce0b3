import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, ListenOptions, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import type { Test } from 'tap'
import { connect } from '../src/index.ts'
import type { Engine, EngineAddress } from '../src/index.ts'

// What is handed in counts, not what the process was started with.
process.env['DOCKER_HOST'] = 'tcp://127.0.0.1:1'

const version = { Version: '99.0', ApiVersion: '1.99', MinAPIVersion: '1.24', Os: 'linux', Arch: 'amd64' }
const query = { project: 'p', networks: [], volumes: [], images: [] }

/** Answers what a connection needs, and notes what was asked. Nothing here tells how Docker behaves: a real one does. */
interface Fake {
  readonly address: EngineAddress
  readonly asked: string[]
  readonly connections: () => number
  readonly stop: () => Promise<void>
}

type Answers = Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => void>>

const json =
  (body: unknown, status = 200) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }

function listener(asked: string[], answers: Answers): RequestListener {
  return (request, response) => {
    const url = request.url ?? ''
    asked.push(url)
    const answer = Object.entries(answers).find(([path]) => url.includes(path))?.[1]
    if (answer !== undefined) answer(response, request)
    else if (url === '/version') json(version)(response)
    else if (url.includes('/info')) json({ ID: 'fake' })(response)
    else if (url.includes('/volumes')) json({ Volumes: null })(response)
    else json([])(response)
  }
}

async function serve(
  t: Test,
  where: ListenOptions,
  answers: Answers = {},
  make: (listen: RequestListener) => Server = createServer,
): Promise<Fake> {
  const asked: string[] = []
  const server = make(listener(asked, answers))
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(where, resolve))
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  t.teardown(stop)
  const url =
    where.path === undefined
      ? `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
      : `unix://${where.path}`
  return { address: { url, source: 'the test' }, asked, connections: () => sockets.size, stop }
}

/** Short, unlike a test's own folder: the path of a socket has 107 bytes at most. */
function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'bulkhead-'))
  t.teardown(() => rmSync(path, { recursive: true, force: true }))
  return path
}

function reach(t: Test, address: EngineAddress, sshCommand?: string): Engine {
  const engine = connect(address, sshCommand === undefined ? {} : { sshCommand })
  t.teardown(() => engine.close())
  return engine
}

void t.test('where no engine answers, the error must say where and what to do', async (t) => {
  const path = join(folder(t), 'e.sock')
  const none = reach(t, {
    url: `unix://${path}`,
    source: 'DOCKER_HOST',
    alternative: '/run/user/1/docker.sock',
  })
  await t.rejects(none.capabilities(), {
    code: 'BH_ENGINE_UNREACHABLE',
    message: new RegExp(`${path}.*DOCKER_HOST.*ENOENT`, 'u'),
    hint: /Start Docker.*unix:\/\/\/run\/user\/1\/docker\.sock/u,
  })
  const refusing = reach(t, { url: 'tcp://127.0.0.1:1', source: 'DOCKER_HOST' })
  await t.rejects(refusing.observe(query), {
    code: 'BH_ENGINE_UNREACHABLE',
    message: /ECONNREFUSED/u,
    hint: /address/u,
  })
  await t.rejects(refusing.events(new AbortController().signal)[Symbol.asyncIterator]().next(), {
    code: 'BH_ENGINE_UNREACHABLE',
  })
})

void t.test('the API version must be the highest that both speak', async (t) => {
  const fake = await serve(t, { path: join(folder(t), 'e.sock') })
  const engine = reach(t, fake.address)
  t.match(await engine.capabilities(), { id: 'fake', version: '99.0', apiVersion: '1.99' })
  t.ok(fake.asked.includes('/v1.51/info'))
  t.equal(fake.asked.filter((url) => url === '/version').length, 1)
})

void t.test('an engine that is too old or too new must be refused with what to upgrade', async (t) => {
  const old = await serve(
    t,
    { port: 0, host: '127.0.0.1' },
    { version: json({ ...version, ApiVersion: '1.40' }) },
  )
  await t.rejects(reach(t, old.address).capabilities(), {
    code: 'BH_ENGINE_FAILED',
    message: /1\.40/u,
    hint: /Docker/u,
  })
  const future = { ...version, ApiVersion: '2.5', MinAPIVersion: '2.0' }
  const young = await serve(t, { port: 0, host: '127.0.0.1' }, { version: json(future) })
  await t.rejects(reach(t, young.address).capabilities(), { code: 'BH_ENGINE_FAILED', hint: /Bulkhead/u })
})

void t.test('an engine that comes back must be asked for its version again', async (t) => {
  const path = join(folder(t), 'e.sock')
  const first = await serve(t, { path })
  const engine = reach(t, first.address)
  await engine.observe(query)
  await first.stop()
  await t.rejects(engine.observe(query), { code: 'BH_ENGINE_UNREACHABLE' })
  const second = await serve(t, { path }, { version: json({ ...version, ApiVersion: '1.41' }) })
  await engine.observe(query)
  t.ok(second.asked.some((url) => url.startsWith('/v1.41/containers')))
})

void t.test('an engine that dies in mid-answer must be an error, never silence', async (t) => {
  const die = (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('[', () => response.destroy())
  }
  const fake = await serve(
    t,
    { path: join(folder(t), 'e.sock') },
    { '/containers/json': die, '/events': die },
  )
  const engine = reach(t, fake.address)
  await t.rejects(engine.observe(query), { code: 'BH_ENGINE_UNREACHABLE', message: /closed the connection/u })
  const opened: boolean[] = []
  const reading = engine.events(new AbortController().signal, () => opened.push(true))[Symbol.asyncIterator]()
  await t.rejects(reading.next(), { code: 'BH_ENGINE_UNREACHABLE' })
  t.strictSame(opened, [true])
})

void t.test(
  'connections must be used again, and one that the engine closed meanwhile not be noticed',
  async (t) => {
    const fake = await serve(
      t,
      { path: join(folder(t), 'e.sock') },
      {
        '/info': (response) => {
          json({ ID: 'fake' })(response)
          response.socket?.end()
        },
      },
    )
    const engine = reach(t, fake.address)
    for (let times = 0; times < 5; times += 1) await engine.capabilities(true)
    const before = fake.connections()
    for (let times = 0; times < 5; times += 1) await engine.observe(query)
    t.ok(fake.connections() - before <= 4, 'as many as there are calls at once')
  },
)

void t.test('a call that an engine never answers must end, one that may wait must be let wait', async (t) => {
  const never = (): void => undefined
  const stopped: (() => void)[] = []
  const fake = await serve(
    t,
    { path: join(folder(t), 'e.sock') },
    {
      '/containers/web/start': never,
      '/containers/web/json': json({ Config: { StopTimeout: 60 } }),
      '/containers/web/stop': (response) => void stopped.push(() => response.writeHead(204).end()),
    },
  )
  const engine = connect(fake.address, { callTimeoutMs: 200 })
  t.teardown(() => engine.close())
  await t.rejects(engine.startContainer('web'), {
    code: 'BH_ENGINE_UNREACHABLE',
    message: /no answer to POST \/containers\/web\/start in 0\.2 s/u,
  })
  const stopping = engine.stopContainer('web', undefined)
  // By now every call that is no stop would have been given up.
  await t.rejects(engine.startContainer('web'), { code: 'BH_ENGINE_UNREACHABLE' })
  t.equal(stopped.length, 1)
  stopped[0]?.()
  await stopping
})

void t.test('hundreds of calls at once must cost little, and be no leak under one signal', async (t) => {
  const fake = await serve(t, { path: join(folder(t), 'e.sock') })
  const engine = reach(t, fake.address)
  await engine.observe(query)
  const before = process.cpuUsage()
  await Promise.all(Array.from({ length: 100 }, () => engine.observe(query)))
  const { user, system } = process.cpuUsage(before)
  t.ok(user + system < 3_000_000, 'microseconds of work, whatever else the machine does')
  t.strictSame(await warnings(() => Promise.all(Array.from({ length: 50 }, () => abortable(engine)))), [])
})

void t.test('a name must not reach beyond its place in the path', async (t) => {
  const fake = await serve(
    t,
    { path: join(folder(t), 'e.sock') },
    { '/json': json({ message: 'No such' }, 404) },
  )
  const engine = reach(t, fake.address)
  t.equal(await engine.inspect('../info?x=#'), undefined)
  t.equal(fake.asked.at(-1), '/v1.51/containers/..%2Finfo%3Fx%3D%23/json')
})

void t.test('a digest must be asked for by the name in full, and not when it is there already', async (t) => {
  const digest = `sha256:${'a'.repeat(64)}`
  const distribution = { '/distribution/': json({ Descriptor: { digest }, Platforms: [] }) }
  const { address, asked } = await serve(t, { path: join(folder(t), 's') }, distribution)
  const engine = reach(t, address)
  const full = {
    nginx: 'docker.io/library/nginx:latest',
    'nginx:1.22': 'docker.io/library/nginx:1.22',
    'team/app': 'docker.io/team/app:latest',
    'docker.io/nginx': 'docker.io/library/nginx:latest',
    'index.docker.io/team/app:2': 'docker.io/team/app:2',
    'localhost/app': 'localhost/app:latest',
    'registry.example:5000/deep/team/app': 'registry.example:5000/deep/team/app:latest',
  }
  for (const [reference, name] of Object.entries(full)) {
    t.strictSame(await engine.imageDigest(reference, 5000), { digest, pinned: `${name}@${digest}` })
    t.match(asked.at(-1), `/distribution/${name}/json`)
  }
  const questions = asked.length
  const pinned = `nginx:1.22@${digest}`
  t.strictSame(await engine.imageDigest(pinned, 5000), { digest, pinned })
  t.equal(asked.length, questions)
})

void t.test('an answer that no rule knows must be told in the engine’s words with its status', async (t) => {
  const answers = { '/start': json({ message: 'the moon is full' }, 500) }
  const fake = await serve(t, { path: join(folder(t), 'e.sock') }, answers)
  await t.rejects(reach(t, fake.address).startContainer('web'), {
    code: 'BH_ENGINE_FAILED',
    message: 'The engine could not start container "web": the moon is full (HTTP 500).',
  })
})

void t.test(
  'an engine behind ssh must be reached by the ssh program, over connections that are kept',
  async (t) => {
    const place = folder(t)
    await serve(t, { path: join(place, 'e.sock') })
    const calls = join(place, 'calls')
    const program = script(place, 'ssh', [
      `import { connect } from 'node:net'; import { appendFileSync } from 'node:fs'`,
      `appendFileSync(${JSON.stringify(calls)}, process.argv.slice(2).join(' ') + '\\n')`,
      `const socket = connect(${JSON.stringify(join(place, 'e.sock'))})`,
      `process.stdin.pipe(socket); socket.pipe(process.stdout)`,
      `socket.on('close', () => process.exit())`,
    ])
    const engine = reach(t, { url: 'ssh://me@far:2222', source: 'the test' }, program)
    t.match(await engine.capabilities(), { id: 'fake' })
    await engine.capabilities(true)
    await engine.capabilities(true)
    const made = readFileSync(calls, 'utf8').trim().split('\n')
    t.strictSame(made, ['-o ConnectTimeout=30 -T -l me -p 2222 -- far docker system dial-stdio'])
  },
)

void t.test('what ssh says must be in the error when it does not reach the engine', async (t) => {
  const program = script(folder(t), 'ssh', [
    `console.error('me@far: Permission denied (publickey).')`,
    `process.exit(255)`,
  ])
  const engine = reach(t, { url: 'ssh://me@far', source: 'DOCKER_HOST' }, program)
  await t.rejects(engine.capabilities(), {
    code: 'BH_ENGINE_UNREACHABLE',
    message: /Permission denied \(publickey\)/u,
    hint: /ssh/u,
  })
  const none = reach(t, { url: 'ssh://me@far', source: 'DOCKER_HOST' }, join(folder(t), 'none'))
  await t.rejects(none.capabilities(), { code: 'BH_ENGINE_UNREACHABLE', message: /ENOENT/u })
})

const openssl = ['/usr/bin/openssl', '/usr/local/bin/openssl', '/bin/openssl'].find((path) =>
  existsSync(path),
)

void t.test(
  'an engine behind TLS must be known by its certificate and know its client by his',
  { skip: openssl === undefined ? 'openssl, which makes the certificates, is not installed.' : false },
  async (t) => {
    const place = folder(t)
    const own = await certificate(openssl ?? '', place, 'engine')
    const other = await certificate(openssl ?? '', place, 'other')
    const secure = (listen: RequestListener): Server =>
      createSecureServer({ ...own, ca: own.cert, requestCert: true, rejectUnauthorized: true }, listen)
    const { address } = await serve(t, { port: 0, host: '127.0.0.1' }, {}, secure)
    const over = (tls: EngineAddress['tls']): Engine => reach(t, { ...address, tls })
    t.match(await over({ ...own, ca: own.cert, verify: true }).capabilities(), { id: 'fake' })
    t.match(await over({ ...own, verify: false }).capabilities(), { id: 'fake' })
    const failure = { code: 'BH_ENGINE_UNREACHABLE', hint: /DOCKER_TLS_VERIFY|DOCKER_CERT_PATH/u }
    await t.rejects(over({ ...own, ca: other.cert, verify: true }).capabilities(), failure)
    await t.rejects(over({ ca: own.cert, verify: true }).capabilities(), failure)
    await t.rejects(over(undefined).capabilities(), failure)
  },
)

async function certificate(program: string, folder: string, name: string) {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1']
  const request = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '1',
    '-keyout',
    key,
    '-out',
    cert,
    ...subject,
  ]
  await promisify(execFile)(program, request)
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

function script(folder: string, name: string, lines: readonly string[]): string {
  const module = join(folder, `${name}.mjs`)
  writeFileSync(module, lines.join('\n'))
  const program = join(folder, name)
  writeFileSync(
    program,
    `#!/bin/sh\nexec ${JSON.stringify(process.execPath)} ${JSON.stringify(module)} "$@"\n`,
  )
  chmodSync(program, 0o755)
  return program
}

/** Many calls under one signal are no leak. */
async function abortable(engine: Engine): Promise<void> {
  await engine.removeVolume('none', sharedSignal)
}
const sharedSignal = new AbortController().signal

async function warnings(work: () => Promise<unknown>): Promise<readonly string[]> {
  const seen: string[] = []
  const note = (warning: Error): void => void seen.push(warning.message)
  process.on('warning', note)
  await work()
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', note)
  return seen
}
