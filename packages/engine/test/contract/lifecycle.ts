import type { Test } from 'tap'
import { composeLabels } from '@bulkhead/model'
import { nameHolderOf } from '../../src/index.ts'
import { scene } from './scene.ts'
import type { Subject } from './scene.ts'

const forever = 'trap exit TERM; while :; do sleep 1 & wait; done'

/** What creates, starts, stops and removes. */
export function lifecycle(t: Test, subject: Subject): void {
  t.test('what is asked for twice must be done once and succeed twice', async (t) => {
    const { engine, run, found, network, named } = scene(t, subject)
    await network('net')
    await network('net')
    const id = await run('web', forever)
    await engine.startContainer(id)
    t.equal((await found(id)).state, 'running')
    await engine.stopContainer(id, 5)
    await engine.stopContainer(id, 5)
    t.equal((await found(id)).state, 'exited')
    await engine.renameContainer(id, named('other'))
    await engine.renameContainer(id, named('other'))
    await engine.removeContainer(id, { volumes: true })
    await engine.removeContainer(id, { volumes: true })
    await engine.stopContainer(id, 5)
    t.equal(await engine.inspect(id), undefined)
    await engine.createVolume({ name: named('vol'), body: {} })
    await engine.createVolume({ name: named('vol'), body: {} })
    await engine.removeVolume(named('vol'))
    await engine.removeVolume(named('vol'))
    await engine.removeNetwork(named('net'))
    await engine.removeNetwork(named('net'))
  })

  t.test('a container that several remove at once must be gone when each of them is done', async (t) => {
    const { engine, run } = scene(t, subject)
    const id = await run('web', forever)
    const gone = await Promise.all(
      [1, 2, 3, 4].map(async () => {
        await engine.removeContainer(id, { volumes: true })
        return engine.inspect(id)
      }),
    )
    t.strictSame(gone, [undefined, undefined, undefined, undefined])
  })

  t.test("a container must be described in the engine's own words, with its image", async (t) => {
    const { engine, create, named } = scene(t, subject)
    const id = await create('web', forever, { body: { Env: ['GREETING=hi'] } })
    const description = await engine.describe(id)
    t.match(description, {
      container: { Id: id, Config: { Env: ['GREETING=hi'] }, HostConfig: {} },
      image: { Config: {} },
    })
    t.equal(await engine.describe(named('none')), undefined)
  })

  t.test('what runs in a container must be listed, and nothing of one that does not run', async (t) => {
    const { engine, create, run } = scene(t, subject)
    const { titles, rows } = await engine.processes(await run('web', forever))
    const [command] = rows.map((row) => row[titles.indexOf('CMD')])
    t.match(command, 'trap exit TERM')
    t.ok(rows.every((row) => row.length === titles.length))
    await t.rejects(engine.processes(await create('other', forever)), { code: 'BH_CONFLICT' })
  })

  t.test('starting what is gone must fail', async (t) => {
    const { engine, named } = scene(t, subject)
    await t.rejects(engine.startContainer(named('none')), { code: 'BH_NOT_FOUND' })
  })

  t.test('a container must be on all its networks before it starts', async (t) => {
    const { engine, create, found, network, observe } = scene(t, subject)
    const [a, b, c] = [await network('a'), await network('b'), await network('c')]
    const id = await create('web', forever, {
      networks: [
        { network: a, endpoint: { Aliases: ['web'] } },
        { network: b, endpoint: { Aliases: ['web', 'other'] } },
        { network: c, endpoint: {} },
      ],
    })
    t.strictSame(Object.keys((await found(id)).networks).sort(), [a, b, c])
    await engine.startContainer(id)
    const { networks } = await observe()
    const ids = Object.fromEntries(networks.map((network) => [network.name, network.id]))
    t.strictSame((await found(id)).networks, ids)
  })

  t.test('a container must go on and off a network, running or not, asked once or twice', async (t) => {
    const { engine, run, found, network, observe } = scene(t, subject)
    const [a, b] = [await network('a'), await network('b')]
    const id = await run('web', forever, { networks: [{ network: a, endpoint: { Aliases: ['web'] } }] })
    const joining = { network: b, endpoint: { Aliases: ['web', 'other'] } }
    await engine.connectNetwork(id, joining)
    await engine.connectNetwork(id, joining)
    const ids = Object.fromEntries((await observe()).networks.map((one) => [one.name, one.id]))
    t.strictSame((await found(id)).networks, ids)
    t.ok((await found(id)).aliases?.[b]?.includes('other'))
    await engine.disconnectNetwork(id, a)
    await engine.disconnectNetwork(id, a)
    t.strictSame((await found(id)).networks, { [b]: ids[b] })
    await engine.stopContainer(id, 5)
    t.strictSame((await found(id)).networks, { [b]: ids[b] }, 'one that stopped is on it still')
    await engine.connectNetwork(id, { network: a, endpoint: {} })
    await engine.connectNetwork(id, { network: a, endpoint: {} })
    t.strictSame((await found(id)).networks, { [a]: '', [b]: ids[b] }, 'until it has run there')
    await engine.disconnectNetwork(id, b)
    await engine.startContainer(id)
    t.strictSame((await found(id)).networks, { [a]: ids[a] })
    await engine.removeContainer(id, { volumes: true })
    await engine.disconnectNetwork(id, a)
    await t.rejects(engine.connectNetwork(id, joining), { code: 'BH_NOT_FOUND' })
  })

  t.test('a container must be found under other names on a network, and keep its address', async (t) => {
    const { engine, run, found, network } = scene(t, subject)
    const a = await network('a')
    const id = await run('web', forever, { networks: [{ network: a, endpoint: {} }] })
    const named = { network: a, endpoint: { Aliases: ['web'] } }
    t.equal(await engine.aliasContainer(id, named, { asked: false }), true)
    t.ok((await found(id)).aliases?.[a]?.includes('web'))
    t.equal(await engine.aliasContainer(id, { network: a, endpoint: {} }, { asked: true }), true)
    t.notOk((await found(id)).aliases?.[a]?.includes('web'))
    t.equal((await found(id)).state, 'running')
  })

  t.test('who was on a network that is gone must leave it before it starts again', async (t) => {
    const { engine, run, found, network, observe } = scene(t, subject)
    const a = await network('a')
    const networks = [{ network: a, endpoint: { Aliases: ['web'] } }]
    const id = await run('web', forever, { networks })
    const [{ id: former } = { id: '' }] = (await observe()).networks
    await t.rejects(engine.removeNetwork(a), { code: 'BH_CONFLICT' })
    await engine.stopContainer(id, 5)
    await engine.removeNetwork(a)
    t.strictSame((await found(id)).networks, { [a]: former })
    await t.rejects(engine.startContainer(id), { code: 'BH_NETWORK_NOT_FOUND' })
    await network('a')
    await t.rejects(engine.startContainer(id), { code: 'BH_NETWORK_NOT_FOUND' })
    await engine.disconnectNetwork(id, a)
    t.strictSame((await found(id)).networks, {})
    await engine.connectNetwork(id, { network: a, endpoint: { Aliases: ['web'] } })
    await engine.startContainer(id)
    const [{ id: now } = { id: '' }] = (await observe()).networks
    t.not(now, former)
    t.strictSame((await found(id)).networks, { [a]: now })
  })

  t.test('strangers on a network must be told where it may have to go', async (t) => {
    const { engine, run, network, project } = scene(t, subject)
    const other = scene(t, subject)
    const a = await network('a')
    await run('web', forever, { networks: [{ network: a, endpoint: {} }] })
    await other.run('proxy', forever, { networks: [{ network: a, endpoint: {} }] })
    const seen = async (settled: Readonly<Record<string, Readonly<Record<string, string>>>>) =>
      (await engine.observe({ project, networks: [a], settled, volumes: [], images: [] })).networks[0]
        ?.strangers
    t.equal(await seen({ [a]: { 'com.example': 'x' } }), undefined)
    t.strictSame(await seen({}), [`${other.project}-proxy-1`])
    t.strictSame(await seen({ [a]: { [composeLabels.project]: 'x' } }), [`${other.project}-proxy-1`])
  })

  t.test('a service must be reached by its alias', async (t) => {
    const { run, network, until, output } = scene(t, subject)
    const networks = [{ network: await network('a'), endpoint: { Aliases: ['db'] } }]
    await run('db', `trap exit TERM; mkdir /w; echo page >/w/index.html; httpd -p 80 -h /w; ${forever}`, {
      networks,
    })
    const others = [{ network: networks[0]?.network ?? '', endpoint: {} }]
    const fetching =
      'i=0; until timeout 2 wget -qO- http://db/ || [ $i -gt 20 ]; do i=$((i+1)); sleep 0.2; done'
    const id = await run('web', fetching, { networks: others })
    await until(id, ({ state }) => state === 'exited')
    t.equal(await output(id), 'page')
  })

  t.test('a name that is taken must be refused, and the error tell by which container', async (t) => {
    const { engine, create, specify, found } = scene(t, subject)
    const holder = await create('web', forever)
    const other = await create('db', forever)
    const refused = await engine.createContainer(specify('web', forever)).catch((error: unknown) => error)
    t.match(refused, { code: 'BH_NAME_IN_USE' })
    t.equal(nameHolderOf(refused), holder)
    const { name } = await found(holder)
    await t.rejects(engine.renameContainer(other, name), { code: 'BH_NAME_IN_USE' })
  })

  t.test('a network of that name which is not the one asked for must be refused', async (t) => {
    const { engine, network, named } = scene(t, subject)
    await network('net')
    const body = { Labels: { [composeLabels.project]: 'another' } }
    await t.rejects(engine.createNetwork({ name: named('net'), body }), { code: 'BH_NAME_IN_USE' })
  })

  t.test('what cannot be created must say which part is missing', async (t) => {
    const { engine, create, observe, named } = scene(t, subject)
    await t.rejects(create('web', forever, { image: 'absent.invalid/none:1' }), {
      code: 'BH_IMAGE_NOT_FOUND',
    })
    await t.rejects(create('web', forever, { host: { Runtime: 'none' } }), {
      code: 'BH_ISOLATION_UNAVAILABLE',
    })
    const mount = { Type: 'bind', Source: '/no/such/path', Target: '/x' }
    await t.rejects(create('web', forever, { host: { Mounts: [mount] } }), { code: 'BH_FILE_NOT_FOUND' })
    t.strictSame((await observe()).containers, [], 'nothing is left behind')
    const id = await create('web', forever, { networks: [{ network: named('none'), endpoint: {} }] }).catch(
      (error: unknown) => error,
    )
    if (typeof id === 'string') await t.rejects(engine.startContainer(id), { code: 'BH_NETWORK_NOT_FOUND' })
    else t.match(id, { code: 'BH_NETWORK_NOT_FOUND' })
  })

  t.test('a port that is taken must be named, and the container stay created with the reason', async (t) => {
    const { engine, create, run, found, network } = scene(t, subject)
    const networks = [{ network: await network('a'), endpoint: {} }]
    const port = 20_000 + (process.pid % 10_000)
    const body = { ExposedPorts: { '80/tcp': {} } }
    const host = { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: String(port) }] } }
    const first = await run('web', forever, { networks, body, host })
    t.strictSame((await found(first)).ports, [
      { hostIp: '127.0.0.1', published: port, target: 80, protocol: 'tcp' },
    ])
    const second = await create('other', forever, { networks, body, host })
    const refused = await engine.startContainer(second).catch((error: unknown) => error)
    t.match(refused, { code: 'BH_PORT_IN_USE', message: new RegExp(`\\b${port}\\b`, 'u') })
    const its = await found(second)
    t.equal(its.state, 'created')
    t.match(its.error, /already allocated|in use/u)
  })

  t.test('a program that is not in the image must be told in the engine’s words', async (t) => {
    const { engine, create, found } = scene(t, subject)
    const id = await create('web', '', { body: { Cmd: ['/no/such/program'] } })
    await t.rejects(engine.startContainer(id), { code: 'BH_ENGINE_FAILED', message: /\/no\/such\/program/u })
    t.equal((await found(id)).exitCode, 127)
  })

  t.test('what is in use must not be removed, and the error tell by whom', async (t) => {
    const { engine, run, network, found, named } = scene(t, subject)
    const net = await network('net')
    await engine.createVolume({ name: named('vol'), body: { Labels: {} } })
    t.teardown(() => engine.removeVolume(named('vol')))
    const mount = { Type: 'volume', Source: named('vol'), Target: '/data' }
    const id = await run('web', forever, {
      networks: [{ network: net, endpoint: {} }],
      host: { Mounts: [mount] },
    })
    t.strictSame(
      (await found(id)).mounts.map(({ type, name, target }) => ({ type, name, target })),
      [{ type: 'volume', name: named('vol'), target: '/data' }],
    )
    const { name } = await found(id)
    await t.rejects(engine.removeNetwork(net), { code: 'BH_CONFLICT', message: new RegExp(name, 'u') })
    await t.rejects(engine.removeVolume(named('vol')), { code: 'BH_CONFLICT' })
    await engine.removeContainer(id, { volumes: true })
  })

  t.test('anonymous volumes must go with their container only when asked', async (t) => {
    const { engine, create, found } = scene(t, subject)
    const volumeOf = async (volumes: boolean): Promise<boolean> => {
      const id = await create('web', forever, { body: { Volumes: { '/data': {} } } })
      const name = (await found(id)).mounts[0]?.name ?? ''
      await engine.removeContainer(id, { volumes })
      const query = { project: 'none', networks: [], volumes: [name], images: [] }
      const left = (await engine.observe(query)).volumes.length > 0
      await engine.removeVolume(name)
      return left
    }
    t.equal(await volumeOf(false), true)
    t.equal(await volumeOf(true), false)
  })

  t.test('a stop must wait as long as it was told, then kill', async (t) => {
    const { engine, run, found } = scene(t, subject)
    const deaf = await run('deaf', "trap '' TERM; while :; do sleep 1; done")
    const began = performance.now()
    await engine.stopContainer(deaf, 1)
    t.ok(performance.now() - began >= 900, 'it had its second')
    t.equal((await found(deaf)).exitCode, 137)
  })

  t.test(
    'an abort must end the waiting with its reason, and the container be stopped all the same',
    async (t) => {
      const { engine, run, until } = scene(t, subject)
      const deaf = await run('deaf', "trap '' TERM; while :; do sleep 1; done")
      const reason = new Error('no longer wanted')
      const controller = new AbortController()
      const stopping = engine.stopContainer(deaf, 1, controller.signal)
      setImmediate(() => controller.abort(reason))
      t.equal(await stopping.catch((error: unknown) => error), reason)
      await engine.stopContainer(deaf, 0)
      await until(deaf, ({ state }) => state === 'exited')
      const late = engine.removeContainer(deaf, { volumes: true }, AbortSignal.abort(reason))
      t.equal(await late.catch((error: unknown) => error), reason)
      t.not(await engine.inspect(deaf), undefined)
    },
  )

  t.test(
    'files must be written with owner and mode, on a way that anybody can pass, before the start',
    async (t) => {
      const { engine, create, until, output } = scene(t, subject)
      const script = 'cat /run/secrets/deep/key; stat -c "%a %u %g" /run/secrets/deep/key /run/secrets /tmp'
      const id = await create('web', script, { body: { User: '1000' } })
      const file = { mode: 0o440, uid: 1000, gid: 1000, secret: true }
      await engine.putFiles(id, [{ ...file, path: '/run/secrets/deep/key', content: 'first\n' }])
      await engine.putFiles(id, [
        { ...file, path: '/run/secrets/deep/key', content: 'späte\n' },
        { ...file, path: '/tmp/other', content: '' },
      ])
      await engine.startContainer(id)
      await until(id, ({ state }) => state === 'exited')
      t.equal(await output(id), 'späte\n440 1000 1000\n755 0 0\n1777 0 0')
      await t.rejects(engine.putFiles('none', [{ ...file, path: '/x', content: 'secret' }]), {
        code: 'BH_NOT_FOUND',
      })
    },
  )
}
