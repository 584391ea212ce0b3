import type { Test } from 'tap'
import type { Engine, EngineEvent, LogLine, LogOptions } from '../../src/index.ts'
import { scene } from './scene.ts'
import type { Subject } from './scene.ts'

const all: LogOptions = { follow: false, tail: undefined, timestamps: false }

/** Events and logs. */
export function streams(t: Test, subject: Subject): void {
  t.test('every event after the opening must come, those of probes must not', async (t) => {
    const { engine, project, create, until } = scene(t, subject)
    const controller = new AbortController()
    const seen: EngineEvent[] = []
    const opened = new Promise<void>((resolve) => {
      t.teardown(follow(engine, controller, seen, resolve))
    })
    await opened
    const body = { Healthcheck: { Test: ['CMD', 'true'], Interval: 1e8, Retries: 1 } }
    const id = await create('web', 'sleep 60', { body })
    await engine.startContainer(id)
    await until(id, ({ health }) => health === 'healthy')
    await engine.stopContainer(id, 0)
    await engine.removeContainer(id, { volumes: true })
    await eventually(() => seen.some((event) => event.action === 'destroy' && event.id === id))
    const its = seen.filter((event) => event.id === id)
    const actions = new Set(its.map(({ action }) => action))
    for (const action of ['create', 'start', 'health_status', 'die', 'stop', 'destroy'])
      t.ok(actions.has(action), action)
    t.notOk([...actions].some((action) => action.startsWith('exec')))
    t.ok(
      its.every(
        (event) => event.project === project && event.service === 'web' && event.type === 'container',
      ),
    )
    t.equal(its.find(({ action }) => action === 'health_status')?.health, 'healthy')
    t.equal(its.find(({ action }) => action === 'die')?.exitCode, 137)
    t.equal(its.find(({ action }) => action === 'start')?.exitCode, undefined)
    t.ok(its.every(({ timeNano }) => /^\d{19}$/u.test(timeNano)))
    t.equal(its.at(-1)?.action, 'destroy')
  })

  t.test('networks must have their events too', async (t) => {
    const { engine, run, network, observe } = scene(t, subject)
    const controller = new AbortController()
    const seen: EngineEvent[] = []
    await new Promise<void>((resolve) => {
      t.teardown(follow(engine, controller, seen, resolve))
    })
    const name = await network('a')
    const networkId = (await observe()).networks[0]?.id
    const id = await run('web', 'sleep 60', { networks: [{ network: name, endpoint: {} }] })
    await engine.removeContainer(id, { volumes: true })
    await engine.removeNetwork(name)
    await eventually(() => seen.some((event) => event.action === 'destroy' && event.id === networkId))
    const its = seen.filter((event) => event.id === networkId)
    t.strictSame(
      its.map(({ action }) => action),
      ['create', 'connect', 'disconnect', 'destroy'],
    )
    t.equal(its[1]?.attributes['container'], id)
  })

  t.test('an abort must end the events without an error', async (t) => {
    const { engine } = scene(t, subject)
    const controller = new AbortController()
    const seen: EngineEvent[] = []
    for await (const event of engine.events(controller.signal, () => controller.abort())) seen.push(event)
    for await (const event of engine.events(controller.signal)) seen.push(event)
    t.strictSame(seen, [])
  })

  t.test('a log must come line by line, whatever the pieces that the engine cuts it into', async (t) => {
    const { engine, run, until } = scene(t, subject)
    const long = 'x'.repeat(40_000)
    const script = `echo one; echo two >&2; head -c 40000 /dev/zero | tr '\\0' x; echo; printf 'gr\\303'; sleep 0.1; printf '\\274n\\n'; echo; echo end`
    const id = await run('web', script)
    const followed = await linesOf(engine, id, { ...all, follow: true })
    t.strictSame(
      followed.filter(({ stream }) => stream === 'stdout').map(({ text }) => text),
      ['one', long, 'grün', '', 'end'],
    )
    t.strictSame(
      followed.filter(({ stream }) => stream === 'stderr'),
      [{ stream: 'stderr', text: 'two', time: undefined }],
    )
    await until(id, ({ state }) => state === 'exited')
    t.equal((await linesOf(engine, id, all)).length, followed.length, 'afterwards it is the same')
    t.strictSame(
      (await linesOf(engine, id, { ...all, tail: 2 })).map(({ text }) => text),
      ['', 'end'],
    )
    const timed = await linesOf(engine, id, { ...all, timestamps: true })
    t.ok(timed.every(({ time }) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/u.test(time ?? '')))
    t.strictSame(timed.find(({ text }) => text.startsWith('x'))?.text, long)
  })

  t.test('a log must begin and end at the times asked for', async (t) => {
    const { engine, run, until } = scene(t, subject)
    const id = await run('web', 'echo early; sleep 0.3; echo late')
    await until(id, ({ state }) => state === 'exited')
    const timed = await linesOf(engine, id, { ...all, timestamps: true })
    const since = timed.find(({ text }) => text === 'late')?.time
    t.strictSame(
      (await linesOf(engine, id, { ...all, since })).map(({ text }) => text),
      ['late'],
    )
    const early = timed.find(({ text }) => text === 'early')?.time
    t.strictSame(
      (await linesOf(engine, id, { ...all, until: early })).map(({ text }) => text),
      ['early'],
    )
    await t.rejects(linesOf(engine, id, { ...all, since: 'yesterday' }), { code: 'BH_BAD_REQUEST' })
  })

  t.test('a terminal’s log must have no carriage returns', async (t) => {
    const { engine, run, until } = scene(t, subject)
    const id = await run('web', 'echo one; echo two >&2', { body: { Tty: true } })
    await until(id, ({ state }) => state === 'exited')
    t.strictSame(
      (await linesOf(engine, id, all)).map(({ text }) => text),
      ['one', 'two'],
    )
  })

  t.test('an abort must end a followed log without an error, and a log of nothing be one', async (t) => {
    const { engine, run, named } = scene(t, subject)
    const id = await run('web', 'while :; do echo tick; sleep 0.1; done')
    const controller = new AbortController()
    const lines: LogLine[] = []
    for await (const line of engine.logs(id, { ...all, follow: true, signal: controller.signal })) {
      lines.push(line)
      if (lines.length === 3) controller.abort()
    }
    t.ok(lines.length >= 3)
    await t.rejects(linesOf(engine, named('none'), all), { code: 'BH_NOT_FOUND' })
  })
}

/** Collects until the returned function ends it; rejects there if the stream failed. */
function follow(engine: Engine, controller: AbortController, seen: EngineEvent[], onOpen: () => void) {
  const following = (async () => {
    for await (const event of engine.events(controller.signal, onOpen)) seen.push(event)
  })()
  return async (): Promise<void> => {
    controller.abort()
    await following
  }
}

async function linesOf(engine: Engine, container: string, options: LogOptions): Promise<readonly LogLine[]> {
  const lines: LogLine[] = []
  for await (const line of engine.logs(container, options)) lines.push(line)
  return lines
}

async function eventually(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('It never came about.')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
