import { createServer, request as httpRequest } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import t from 'tap'
import type { Test } from 'tap'
import type { Build } from '@bulkhead/model'
import { releases, serveRegistry, startEngine } from '@bulkhead/testbed'
import type { Release, TestEngine } from '@bulkhead/testbed'
import { connect } from '../src/index.ts'
import type { BuildRequest, Engine, Progress, PullRequest } from '../src/index.ts'

const { available, reason } = await releases()
t.jobs = 2

for (const release of ['26', '20'] as const) {
  const skip = available.includes(release) ? false : (reason ?? 'This release cannot be started here.')
  void t.test(`Docker ${release}`, { skip, timeout: 240_000 }, async (t) => {
    const own = await startEngine({ release })
    t.teardown(() => own.stop())
    const engine = connect({ url: own.dockerHost, source: 'the test' })
    t.teardown(() => engine.close())
    const forget = async (...references: string[]): Promise<void> => {
      await own.docker('image', 'rm', '--force', ...references)
    }
    await pulls(t, engine, own, forget)
    builds(t, engine, release, forget)
  })
}

type Forget = (...references: string[]) => Promise<void>

async function pulls(t: Test, engine: Engine, own: TestEngine, forget: Forget): Promise<void> {
  const host = own.gateway
  const registry = await serveRegistry({
    host,
    images: [
      { reference: 'team/linux:1', os: 'linux', architecture: 'amd64' },
      { reference: 'team/both:1', os: 'linux', architecture: 'amd64' },
      { reference: 'team/both:1', os: 'windows', architecture: 'amd64' },
      { reference: 'team/windows:1', os: 'windows', architecture: 'amd64', osVersion: '10.0.17763.1' },
    ],
  })
  t.teardown(() => registry.close())
  const image = (name: string): string => `${registry.address}/team/${name}`

  t.test(
    'an image must be on the engine when its pull is done, and a second pull find it there',
    async (t) => {
      t.teardown(() => forget(image('linux:1')))
      const first = await pull(engine, image('linux:1'))
      t.ok(first.length > 0)
      t.ok(first.every(({ current = 0, total = 0 }) => current <= total))
      t.match((await imageOf(engine, image('linux:1')))?.id, /^sha256:/u)
      t.match((await pull(engine, image('linux:1'))).at(-1)?.message, /up to date/u)
    },
  )

  t.test('an image must go to its registry, and the registry say whose login it wants', async (t) => {
    const login = { username: 'alice', password: 's3cret' }
    const closed = await serveRegistry({ host, images: [], login })
    t.teardown(() => closed.close())
    const reference = `${closed.address}/team/pushed:1`
    t.teardown(() => forget(reference))
    const credentials = { ...login, serverAddress: closed.address }
    const push = (given: typeof credentials | undefined): Promise<void> =>
      engine.pushImage({ reference, credentials: given, onProgress: () => undefined })
    await t.rejects(push(credentials), { code: 'BH_IMAGE_NOT_FOUND' })
    await own.docker('tag', 'bb:1', reference)
    await t.rejects(push(undefined), { code: 'BH_PUSH_FAILED', hint: /docker login/u })
    await push(credentials)
    const digests = (await imageOf(engine, reference))?.digests ?? []
    t.ok(digests.some((digest) => digest.startsWith(`${closed.address}/team/pushed@sha256:`)))
    await forget(reference)
    await pull(engine, reference, { credentials })
    t.not(await imageOf(engine, reference), undefined)
  })

  t.test('an image for another operating system must be refused as such', async (t) => {
    await t.rejects(pull(engine, image('windows:1')), { code: 'BH_IMAGE_OS_MISMATCH' })
    t.equal(await imageOf(engine, image('windows:1')), undefined)
  })

  t.test('an image that the registry does not have must be told from a registry that fails', async (t) => {
    await t.rejects(pull(engine, image('linux:none')), { code: 'BH_IMAGE_NOT_FOUND' })
    await t.rejects(pull(engine, image('none')), { code: 'BH_IMAGE_NOT_FOUND' })
    await t.rejects(pull(engine, `${host}:1/team/linux:1`), {
      code: 'BH_PULL_FAILED',
      message: /refused|unreachable/u,
    })
    await t.rejects(pull(engine, image('Linux')), { code: 'BH_IMAGE_REFERENCE_INVALID' })
  })

  t.test('a registry that falls silent must end the pull in time', async (t) => {
    const silent = await listening(t, createTcpServer(), host)
    const began = performance.now()
    const pulling = pull(engine, `${silent}/team/linux:1`, { idleTimeoutMs: 300 })
    await t.rejects(pulling, { code: 'BH_PULL_TIMEOUT', message: new RegExp(silent, 'u') })
    t.ok(performance.now() - began < 5000)
  })

  t.test('an abort must end a pull with its reason', async (t) => {
    const silent = await listening(t, createTcpServer(), host)
    const reason = new Error('no longer wanted')
    const controller = new AbortController()
    const pulling = pull(engine, `${silent}/team/linux:1`, { signal: controller.signal })
    setImmediate(() => controller.abort(reason))
    t.equal(await pulling.catch((error: unknown) => error), reason)
  })

  t.test('a private image must be pulled with the right login only, and no error show it', async (t) => {
    const reference = `${await guarded(t, host, registry.address, 'alice:s3cret')}/team/linux:1`
    t.teardown(() => forget(reference))
    const serverAddress = reference.split('/')[0] ?? ''
    const wrong = { username: 'alice', password: 'hunter2', serverAddress }
    await t.rejects(pull(engine, reference), { code: 'BH_PULL_FAILED', hint: /docker login/u })
    const refused = await pull(engine, reference, { credentials: wrong }).catch((error: unknown) => error)
    t.match(refused, { code: 'BH_PULL_FAILED', hint: /docker login/u })
    t.notMatch(String(refused), /hunter2/u)
    t.equal(await engine.imagePlatforms(reference, 5000), undefined)
    const right = { username: 'alice', password: 's3cret', serverAddress }
    t.strictSame(await engine.imagePlatforms(reference, 5000, right), [
      { os: 'linux', architecture: 'amd64' },
    ])
    await pull(engine, reference, { credentials: right })
    t.not(await imageOf(engine, reference), undefined)
  })

  t.test(
    'a build must draw a private image with the login for its registry, and give it to no other',
    {
      skip:
        own.release === '20' &&
        'The registry here speaks plain HTTP, and the BuildKit of Docker 20.10 takes no range of addresses as insecure.',
    },
    async (t) => {
      const one = await guarded(t, host, registry.address, 'alice:s3cret')
      const two = await guarded(t, host, registry.address, 'alice:s3cret')
      const asked: string[] = []
      const knowing = connect(
        { url: own.dockerHost, source: 'the test' },
        {
          credentials: (reference) => {
            asked.push(reference)
            const login = { username: 'alice', password: 's3cret', serverAddress: one }
            return Promise.resolve(reference.startsWith(`${one}/`) ? login : undefined)
          },
        },
      )
      t.teardown(() => knowing.close())
      const reference = `private${process.pid}:1`
      t.teardown(() => forget(reference))
      const from = (address: string): Promise<void> =>
        knowing.buildImage({
          reference,
          build: { dockerfile_inline: `FROM ${address}/team/linux:1\nLABEL stage=private\n` },
          labels: {},
          platform: undefined,
          context: () => context({}),
          onProgress: () => undefined,
        })
      await from(one)
      t.equal((await imageOf(engine, reference))?.labels['stage'], 'private')
      const refused = await from(two).catch((error: unknown) => error)
      t.match(refused, { code: 'BH_BUILD_FAILED', hint: /docker login/u })
      t.notMatch(String(refused), /s3cret/u)
      t.ok(asked.some((image) => image.startsWith(`${two}/`)))
      t.teardown(() => forget(`${one}/team/linux:1`))
      await pull(knowing, `${one}/team/linux:1`)
    },
  )

  t.test('the digest of an image must be that of its registry, and a failure be told as one', async (t) => {
    const served = await fetch(`http://${registry.address}/v2/team/both/manifests/1`)
    const digest = served.headers.get('docker-content-digest') ?? ''
    t.match(digest, /^sha256:/u)
    const pinned = `${image('both:1')}@${digest}`
    t.strictSame(await engine.imageDigest(image('both:1'), 5000), { digest, pinned })
    t.equal(await imageOf(engine, image('both:1')), undefined)
    const fixed = (await engine.imageDigest(image('linux:1'), 5000)).pinned
    t.teardown(() => forget(fixed))
    await pull(engine, fixed)
    t.not(await imageOf(engine, fixed), undefined, 'a pinned image is found by that name')

    await t.rejects(engine.imageDigest(image('linux:none'), 5000), { code: 'BH_IMAGE_NOT_FOUND' })
    await t.rejects(engine.imageDigest(`${host}:1/team/linux:1`, 5000), {
      code: 'BH_PULL_FAILED',
      message: /refused|unreachable/u,
    })
    await t.rejects(engine.imageDigest(image('Linux'), 5000), { code: 'BH_IMAGE_REFERENCE_INVALID' })
    const silent = await listening(t, createTcpServer(), host)
    await t.rejects(engine.imageDigest(`${silent}/team/linux:1`, 200), {
      code: 'BH_PULL_TIMEOUT',
      message: new RegExp(silent, 'u'),
    })
    const reference = `${await guarded(t, host, registry.address, 'alice:s3cret')}/team/both:1`
    await t.rejects(engine.imageDigest(reference, 5000), { code: 'BH_PULL_FAILED', hint: /docker login/u })
    const serverAddress = reference.split('/')[0] ?? ''
    const login = { username: 'alice', password: 's3cret', serverAddress }
    t.equal((await engine.imageDigest(reference, 5000, login)).digest, digest)
  })

  t.test('the platforms of an image must be known without pulling it', async (t) => {
    const windows = { os: 'windows', architecture: 'amd64' }
    t.strictSame(await engine.imagePlatforms(image('windows:1'), 5000), [windows])
    t.strictSame(await engine.imagePlatforms(image('both:1'), 5000), [
      { os: 'linux', architecture: 'amd64' },
      windows,
    ])
    t.equal(await engine.imagePlatforms(image('none'), 5000), undefined)
    const silent = await listening(t, createTcpServer(), host)
    const began = performance.now()
    t.equal(await engine.imagePlatforms(`${silent}/team/linux:1`, 200), undefined)
    t.ok(performance.now() - began < 2000)
    t.equal(await imageOf(engine, image('both:1')), undefined)
  })
}

function builds(t: Test, engine: Engine, release: Release, forget: Forget): void {
  const dockerfile = [
    'FROM bb:1 AS base',
    'ARG WHO=nobody',
    'RUN echo "said $WHO"',
    'COPY greeting /greeting',
    'FROM base AS wanted',
    'LABEL stage=wanted',
    'RUN --mount=type=tmpfs,target=/t touch /t/made && echo mounted',
    'FROM base',
    'LABEL stage=last',
  ].join('\n')
  const files = {
    Dockerfile: dockerfile,
    'other/Dockerfile': 'FROM bb:1\nLABEL stage=other\n',
    greeting: 'hello',
  }
  const build = async (
    reference: string,
    its: Build,
    more: Pick<BuildRequest, 'contexts' | 'secrets'> = {},
  ): Promise<readonly string[]> => {
    const told: string[] = []
    await engine.buildImage({
      reference,
      build: its,
      labels: { made: 'here' },
      platform: undefined,
      context: () => context(files),
      onProgress: ({ message }) => void told.push(message),
      ...more,
    })
    return told
  }

  t.test('an image must be built of the stage, the file and the arguments asked for', async (t) => {
    const [one, two] = [`built${process.pid}:1`, `built${process.pid}:2`]
    t.teardown(() => forget(one, two))
    const args = { WHO: `me${Math.random()}`, UNSET: null }
    const told = await build(one, { target: 'wanted', args, labels: { mine: 'yes' }, tags: [two] })
    t.ok(told.some((line) => line.includes('COPY greeting')))
    t.ok(told.includes(`said ${args.WHO}`))
    t.match((await imageOf(engine, one))?.labels, { stage: 'wanted', mine: 'yes', made: 'here' })
    t.equal((await imageOf(engine, two))?.id, (await imageOf(engine, one))?.id)
    const again = await build(one, { target: 'wanted', args })
    t.notOk(again.includes(`said ${args.WHO}`), 'what was built is used again')
    const afresh = await build(one, { target: 'wanted', args, no_cache: true })
    t.ok(afresh.includes(`said ${args.WHO}`))
    await build(one, { dockerfile: 'other/Dockerfile' })
    t.equal((await imageOf(engine, one))?.labels['stage'], 'other')
    await build(one, { dockerfile_inline: 'FROM bb:1\nCOPY greeting /\nLABEL stage=inline\n' })
    t.equal((await imageOf(engine, one))?.labels['stage'], 'inline')
  })

  t.test('a build step must find the secrets that it is given, and no other', async (t) => {
    const reference = `secret${process.pid}:1`
    t.teardown(() => forget(reference))
    const mount = '--mount=type=secret,id=token,required=true'
    const inline = `FROM bb:1\nRUN ${mount} test "$(cat /run/secrets/token)" = s3cret\n`
    const secrets = { token: Buffer.from('s3cret') }
    await build(reference, { dockerfile_inline: inline, no_cache: true }, { secrets })
    t.not(await imageOf(engine, reference), undefined)
    await t.rejects(build(reference, { dockerfile_inline: inline, no_cache: true }), {
      code: 'BH_BUILD_FAILED',
      message: /token/u,
    })
  })

  t.test(
    'further contexts must be folders, images and archives under the names that they are given',
    { skip: release === '20' && 'The frontend of Docker 20.10 knows one context.' },
    async (t) => {
      const reference = `contexts${process.pid}:1`
      t.teardown(() => forget(reference))
      const its: Build = {
        dockerfile_inline: 'FROM base\nCOPY --from=more word /word\nRUN test "$(cat /word)" = further\n',
        additional_contexts: { more: '/somewhere', base: 'docker-image://bb:1' },
      }
      const contexts = { more: () => context({ word: 'further' }) }
      await build(reference, its, { contexts })
      t.not(await imageOf(engine, reference), undefined)
      await t.rejects(build(reference, its, { contexts: { more: () => context({ word: 'other' }) } }), {
        code: 'BH_BUILD_FAILED',
      })
    },
  )

  t.test('hosts, limits, network, shm and stages to build anew must reach the steps', async (t) => {
    const reference = `steps${process.pid}:1`
    t.teardown(() => forget(reference))
    const inline = [
      'FROM bb:1 AS one',
      `RUN echo "one $(grep -cE '10.1.2.3.*sesame|[0-9].*gate$' /etc/hosts)"`,
      'FROM one AS two',
      `RUN echo "two $(ulimit -n) $(df -k /dev/shm | tail -1 | tr -s ' ' | cut -d ' ' -f 2)"`,
      'RUN test ! -e /sys/class/net/eth0 && echo alone',
    ].join('\n')
    const its: Build = {
      dockerfile_inline: inline,
      extra_hosts: ['sesame=10.1.2.3', ...(release === '20' ? [] : ['gate=host-gateway'])],
      ulimits: { nofile: { soft: 321, hard: 654 } },
      shm_size: '33554432',
      network: 'none',
    }
    const first = await build(reference, { ...its, no_cache: true })
    t.ok(first.includes(release === '20' ? 'one 1' : 'one 2'), first.join('\n'))
    t.ok(first.includes('alone'))
    if (release !== '20') t.ok(first.includes('two 321 32768'), first.join('\n'))
    const again = await build(reference, { ...its, no_cache_filter: ['two'] })
    t.notOk(
      again.some((line) => line.startsWith('one ')),
      'the other stage is used again',
    )
    t.ok(again.includes('alone'), 'the stage named is built anew')
  })

  t.test('a build that fails must show the step and the end of its output', async (t) => {
    const reference = `failed${process.pid}:1`
    const failing = build(reference, { dockerfile_inline: 'FROM bb:1\nRUN echo the cause >&2; exit 3\n' })
    await t.rejects(failing, { code: 'BH_BUILD_FAILED', message: /exit 3[^]*exit code: 3[^]*the cause/u })
    await t.rejects(build(reference, { dockerfile: 'none' }), { code: 'BH_BUILD_FAILED', message: /none/u })
    await t.rejects(build(reference, { dockerfile_inline: 'FROM bb:1\nCOPY none /\n' }), {
      code: 'BH_BUILD_FAILED',
    })
    t.equal(await imageOf(engine, reference), undefined)
  })

  t.test('an abort must end a build with its reason', async (t) => {
    const reason = new Error('no longer wanted')
    const controller = new AbortController()
    const building = engine.buildImage({
      reference: `aborted${process.pid}:1`,
      build: { dockerfile_inline: 'FROM bb:1\nRUN echo begun; sleep 60\n', no_cache: true },
      labels: {},
      platform: undefined,
      context: () => context(files),
      signal: controller.signal,
      onProgress: ({ message }) => {
        if (message === 'begun') controller.abort(reason)
      },
    })
    t.equal(await building.catch((error: unknown) => error), reason)
  })
}

async function pull(
  engine: Engine,
  reference: string,
  more: Partial<PullRequest> = {},
): Promise<readonly Progress[]> {
  const told: Progress[] = []
  await engine.pullImage({
    reference,
    platform: undefined,
    credentials: undefined,
    idleTimeoutMs: 20_000,
    onProgress: (progress) => void told.push(progress),
    ...more,
  })
  return told
}

async function imageOf(engine: Engine, reference: string) {
  const { images } = await engine.observe({ project: 'none', networks: [], volumes: [], images: [reference] })
  return images[reference]
}

function context(files: Readonly<Record<string, string>>): Readable {
  const archive = pack()
  for (const [name, content] of Object.entries(files)) archive.entry({ name, mtime: new Date(0) }, content)
  archive.finalize()
  return Readable.from(archive, { objectMode: false })
}

/** Listens until the test ends, and says where. */
async function listening(t: Test, server: Server, host: string): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  t.teardown(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        for (const socket of sockets) socket.destroy()
      }),
  )
  return `${host}:${(server.address() as AddressInfo).port}`
}

/** A registry in front of another that asks for a login. */
function guarded(t: Test, host: string, behind: string, login: string): Promise<string> {
  const expected = `Basic ${Buffer.from(login).toString('base64')}`
  const server = createServer((incoming, response) => {
    if (incoming.headers.authorization !== expected) {
      response.writeHead(401, {
        'www-authenticate': 'Basic realm="test"',
        'content-type': 'application/json',
      })
      response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }))
      return
    }
    const { method, url, headers } = incoming
    const forwarded = httpRequest(`http://${behind}${url ?? '/'}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(forwarded)
  })
  return listening(t, server, host)
}
