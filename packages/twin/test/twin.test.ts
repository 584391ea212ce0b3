import t from 'tap'
import type { Test } from 'tap'
import { connect } from '@bulkhead/engine'
import type { Engine, EngineEvent } from '@bulkhead/engine'
import type { ContainerSpec } from '@bulkhead/model'
import { linuxRules, manualClock, startTwin } from '../src/index.ts'
import type { ManualClock, Twin, TwinOptions } from '../src/index.ts'

interface Scene {
  readonly twin: Twin
  readonly engine: Engine
  readonly clock: ManualClock
  /** Creates and starts; returns the id. */
  readonly run: (name: string, more?: Partial<Shape>) => Promise<string>
  readonly state: (container: string) => Promise<string>
}

interface Shape {
  readonly command: readonly string[]
  readonly body: Readonly<Record<string, unknown>>
  readonly host: Readonly<Record<string, unknown>>
}

/** An engine whose time stands still until the test lets it pass. */
async function scene(t: Test, options: TwinOptions = {}): Promise<Scene> {
  const clock = manualClock()
  const twin = await startTwin({ clock, images: [{ reference: 'bb:1', command: ['serve'] }], ...options })
  const engine = connect({ url: twin.dockerHost, source: 'the test' })
  t.teardown(async () => {
    await engine.close()
    await twin.close()
  })
  const run: Scene['run'] = async (name, { command, body, host } = {}) => {
    const spec: ContainerSpec = {
      name,
      service: name,
      number: 1,
      platform: undefined,
      networks: [],
      body: {
        Image: 'bb:1',
        ...(command === undefined ? {} : { Cmd: command }),
        ...body,
        HostConfig: { NetworkMode: 'none', ...host },
      },
    }
    const id = await engine.createContainer(spec)
    await engine.startContainer(id)
    return id
  }
  const state: Scene['state'] = async (container) => (await engine.inspect(container))?.state ?? 'gone'
  return { twin, engine, clock, run, state }
}

t.test('time must stand still until it is let pass', async (t) => {
  const { clock, run, engine } = await scene(t, {
    scripts: [{ does: { exits: { after: 60_000, code: 4 } } }],
  })
  const id = await run('job')
  await clock.advance(59_999)
  t.match(await engine.inspect(id), { state: 'running' })
  await clock.advance(1)
  const ended = await engine.inspect(id)
  t.match(ended, { state: 'exited', exitCode: 4 })
  t.equal(Date.parse(ended?.finishedAt ?? '') - Date.parse(ended?.startedAt ?? ''), 60_000)
})

t.test('what ignores its stop signal must be killed when its grace is over', async (t) => {
  const { twin, clock, run, engine, state } = await scene(t, { scripts: [{ does: { onStop: 'ignore' } }] })
  const id = await run('deaf')
  let stopped = false
  const stopping = engine.stopContainer(id, 10).then(() => {
    stopped = true
  })
  while (actionsOf(twin, id).at(-1) !== 'kill') await clock.advance(0)
  await clock.advance(9_999)
  t.equal(stopped, false)
  t.equal(await state(id), 'running')
  await clock.advance(1)
  await stopping
  t.match(await engine.inspect(id), { state: 'exited', exitCode: 137 })
})

t.test('a restart policy must wait longer each time, and give up when it says so', async (t) => {
  const { clock, run, engine } = await scene(t, { scripts: [{ does: { exits: { code: 1 } } }] })
  const id = await run('job', { host: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 } } })
  await clock.advance(0)
  t.match(await engine.inspect(id), { state: 'restarting', restartCount: 1 })
  await clock.advance(100)
  t.match(await engine.inspect(id), { state: 'restarting', restartCount: 2 })
  await clock.advance(199)
  t.match(await engine.inspect(id), { state: 'restarting' })
  await clock.advance(1)
  t.match(await engine.inspect(id), { state: 'exited', restartCount: 2, exitCode: 1 })
})

t.test('health must come and go as its probes are told', async (t) => {
  const { clock, run, engine } = await scene(t, { scripts: [{ probes: [1, 1, 0, 1] }] })
  const body = { Healthcheck: { Test: ['CMD', 'probe'], Interval: 1e9, Retries: 2 } }
  const id = await run('web', { body })
  const health = async (): Promise<string | undefined> => (await engine.inspect(id))?.health
  const seen = [await health()]
  for (let probe = 0; probe < 5; probe += 1) {
    await clock.advance(1000)
    seen.push(await health())
  }
  t.strictSame(seen, ['starting', 'starting', 'unhealthy', 'healthy', 'healthy', 'unhealthy'])
})

t.test('an image must come from its registry, and be missing where none has it', async (t) => {
  const { engine, clock } = await scene(t, {
    registry: {
      'registry.test:5000/app:1': { image: { command: ['serve'] }, layers: [10, 20] },
      'registry.test:5000/broken:1': { image: {}, breaks: 'unexpected EOF' },
      'registry.test:5000/private:1': { image: {}, login: { username: 'alice', password: 's3cret' } },
    },
  })
  const pull = async (reference: string, login?: { username: string; password: string }): Promise<string> => {
    const said: string[] = []
    const credentials = login === undefined ? undefined : { ...login, serverAddress: 'registry.test:5000' }
    const pulling = engine.pullImage({
      reference,
      platform: undefined,
      credentials,
      idleTimeoutMs: 5000,
      onProgress: ({ message }) => said.push(message),
    })
    const progress = { over: false }
    const done = pulling.finally(() => {
      progress.over = true
    })
    while (!progress.over) {
      await clock.advance(1)
      await Promise.race([done.catch(() => undefined), new Promise((resolve) => void setImmediate(resolve))])
    }
    await done
    return said.at(-1) ?? ''
  }
  t.match(await pull('registry.test:5000/app:1'), /Downloaded newer image/u)
  t.match(await pull('registry.test:5000/app:1'), /up to date/u)
  await t.rejects(pull('registry.test:5000/none:1'), { code: 'BH_IMAGE_NOT_FOUND' })
  await t.rejects(pull('none:1'), { code: 'BH_IMAGE_NOT_FOUND' })
  await t.rejects(pull('registry.test:5000/broken:1'), { code: 'BH_PULL_FAILED' })
  await t.rejects(pull('registry.test:5000/private:1'), { code: 'BH_PULL_FAILED' })
  await pull('registry.test:5000/private:1', { username: 'alice', password: 's3cret' })
  t.strictSame(await engine.imagePlatforms('registry.test:5000/app:1', 1000), [
    { os: 'linux', architecture: 'amd64' },
  ])
})

t.test('the same seed must give the same ids, another one others', async (t) => {
  const idOf = async (seed: number): Promise<string> => {
    const { run } = await scene(t, { seed })
    return run('web')
  }
  t.equal(await idOf(7), await idOf(7))
  t.not(await idOf(7), await idOf(8))
})

t.test('a call must go wrong as ordered, and the next one right', async (t) => {
  const { twin, engine, run } = await scene(t)
  const id = await run('web')
  const renames = async (name: string): Promise<string> => {
    try {
      await engine.renameContainer(id, name)
      return 'done'
    } catch {
      return 'failed'
    }
  }
  const isRename = ({ path }: { readonly path: string }): boolean => path.endsWith('/rename')
  const name = async (): Promise<string | undefined> => (await engine.inspect(id))?.name
  twin.order({ on: isRename, does: 'refuse' })
  t.equal(await renames('one'), 'failed')
  t.equal(await name(), 'web', 'nothing was done')
  twin.order({ on: isRename, does: 'drop' })
  t.equal(await renames('two'), 'failed')
  t.equal(await name(), 'web')
  twin.order({ on: isRename, does: 'lose' })
  await renames('three')
  t.equal(await name(), 'three', 'it was done, and nobody was told')
  twin.order({ on: isRename, does: 'fail', message: 'no space left on device' })
  await renames('four')
  t.equal(await name(), 'four')
  twin.order({ on: twin.calls.length + 1, does: 'refuse', message: 'by its number' })
  await t.rejects(engine.inspect(id), { message: /by its number/u })
  twin.order({ on: isRename, does: 'hang' })
  const waiting = engine.renameContainer(id, 'five', AbortSignal.timeout(50))
  await t.rejects(waiting, { name: 'TimeoutError' })
  t.equal(await name(), 'four')
  t.equal(await renames('six'), 'done')
})

t.test('calls must be counted, and wait for as long as they are told', async (t) => {
  const counted: string[] = []
  const { clock, engine, twin } = await scene(t, {
    onCall: ({ n, method, path }) => void counted.push(`${n} ${method} ${path}`),
    latency: ({ path }) => (path === '/info' ? 500 : 0),
  })
  const asking = engine.capabilities()
  while (counted.at(-1) !== '2 GET /info') await clock.advance(0)
  await clock.advance(499)
  t.equal(twin.calls.length, 2)
  await clock.advance(1)
  await asking
  t.strictSame(counted, ['1 GET /version', '2 GET /info', '3 GET /plugins'])
})

t.test('an engine that dies and comes back must know its containers and no events', async (t) => {
  const { twin, engine, run, state } = await scene(t)
  const always = await run('always', { host: { RestartPolicy: { Name: 'always' } } })
  const unless = await run('unless', { host: { RestartPolicy: { Name: 'unless-stopped' } } })
  const broken = follow(engine)
  await broken.opened
  await twin.die()
  await t.rejects(broken.over, { code: 'BH_ENGINE_UNREACHABLE' })
  await t.rejects(engine.inspect(always), { code: 'BH_ENGINE_UNREACHABLE' })
  await twin.comeBack()
  t.strictSame([await state(always), await state(unless)], ['running', 'running'])
  t.strictSame(actionsOf(twin, always), [])
  await twin.die()
  await twin.comeBack('stopped')
  t.strictSame([await state(always), await state(unless)], ['running', 'exited'])
  await engine.startContainer(unless)
  await twin.die()
  await twin.comeBack('cleared')
  t.strictSame([await state(always), await state(unless)], ['running', 'exited'])
  t.strictSame(actionsOf(twin, unless).toSorted(), ['die', 'kill', 'stop'])
})

t.test('an event stream that is dropped must break for those who listen alone', async (t) => {
  const { twin, engine, run } = await scene(t)
  const broken = follow(engine)
  await broken.opened
  const id = await run('web')
  while (!broken.seen.some(({ action }) => action === 'start')) await broken.next()
  twin.dropEvents()
  await t.rejects(broken.over, { code: 'BH_ENGINE_UNREACHABLE' })
  t.not(await engine.inspect(id), undefined)
})

t.test('a door must be shut for its own client alone', async (t) => {
  const { twin, engine } = await scene(t)
  const door = await twin.openDoor()
  const other = connect({ url: door.dockerHost, source: 'the test' })
  t.teardown(() => other.close())
  await other.capabilities()
  await door.close()
  await t.rejects(other.inspect('none'), { code: 'BH_ENGINE_UNREACHABLE' })
  t.equal(await engine.inspect('none'), undefined)
})

t.test('events must be remembered, the last 256 of them', async (t) => {
  const { engine, twin } = await scene(t, { rules: linuxRules('20') })
  for (let index = 0; index < 150; index += 1) {
    await engine.createVolume({ name: `volume${index}`, body: {} })
    await engine.removeVolume(`volume${index}`)
  }
  t.equal(twin.world.events.remembered().length, 256)
})

t.test('a paused container must get its signals when it goes on', async (t) => {
  const { twin, run, state, clock } = await scene(t)
  const id = await run('web')
  const ask = (path: string): Promise<number> => post(twin, path)
  t.equal(await ask(`/containers/${id}/pause`), 204)
  t.equal(await state(id), 'paused')
  t.equal(await ask(`/containers/${id}/kill?signal=TERM`), 204)
  await clock.advance(10)
  t.equal(await state(id), 'paused')
  t.equal(await ask(`/containers/${id}/unpause`), 204)
  await clock.advance(10)
  t.equal(await state(id), 'exited')
})

async function post(twin: Twin, path: string): Promise<number> {
  const { request } = await import('node:http')
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath: twin.socket, method: 'POST', path }, (message) => {
      message.resume()
      resolve(message.statusCode ?? 0)
    })
    outgoing.on('error', reject)
    outgoing.end()
  })
}

/** Actions that the engine remembers of a container. */
function actionsOf({ world }: Twin, container: string): readonly string[] {
  return world.events
    .remembered()
    .filter(({ id }) => id === container)
    .map(({ action }) => action)
}

interface Following {
  readonly seen: readonly EngineEvent[]
  readonly opened: Promise<void>
  readonly over: Promise<void>
  next(): Promise<void>
}

function follow(engine: Engine): Following {
  const seen: EngineEvent[] = []
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const over = (async () => {
    for await (const event of engine.events(new AbortController().signal, open)) seen.push(event)
  })()
  // Whoever breaks it looks at it later.
  over.catch(() => undefined)
  return { seen, opened, over, next: () => new Promise((resolve) => void setImmediate(resolve)) }
}
