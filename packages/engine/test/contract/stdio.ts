import type { Test } from 'tap'
import type { Attachment, Engine, ExecRequest } from '../../src/index.ts'
import { scene } from './scene.ts'
import type { Subject } from './scene.ts'

const forever = 'trap exit TERM; while :; do sleep 1 & wait; done'
const interactive = { body: { OpenStdin: true, StdinOnce: true } }

/** Commands in containers, and the streams of both. */
export function stdio(t: Test, subject: Subject): void {
  t.test('a command must run in a container, its streams apart, its exit code told', async (t) => {
    const { engine, run } = scene(t, subject)
    const id = await run('web', forever)
    const script = 'echo "$A $(pwd)"; echo wrong >&2; exit 7'
    const its = await executed(engine, id, {
      command: ['sh', '-c', script],
      environment: ['A=b'],
      workingDir: '/tmp',
    })
    t.strictSame(its, { code: 7, stdout: 'b /tmp\n', stderr: 'wrong\n' })
    t.equal(await engine.exec(id, { command: ['true'] }), 0)
  })

  t.test('a command that is not there must end with 126 or 127', async (t) => {
    const { engine, run } = scene(t, subject)
    const id = await run('web', forever)
    const { code } = await executed(engine, id, { command: ['/nowhere/at-all'] })
    t.ok([126, 127].includes(code), String(code))
  })

  t.test('a command needs a container that runs', async (t) => {
    const { engine, create, named } = scene(t, subject)
    const id = await create('web', forever)
    await t.rejects(engine.exec(id, { command: ['true'] }), { code: 'BH_CONFLICT' })
    await t.rejects(engine.exec(named('none'), { command: ['true'] }), { code: 'BH_NOT_FOUND' })
  })

  t.test('what is written to a command must reach it, with its end', async (t) => {
    const { engine, run } = scene(t, subject)
    const id = await run('web', forever)
    const execution = await engine.openExec(id, { command: ['cat'], input: true })
    const read = contentOf(execution)
    await execution.write(Buffer.from('one\n'))
    await execution.write(Buffer.alloc(300_000, 'x'))
    execution.end()
    const { stdout } = await read
    t.equal(stdout.length, 300_004)
    t.equal(stdout.slice(0, 6), 'one\nxx')
    t.equal(await execution.exitCode(), 0)
  })

  t.test('a command that is left must go on', async (t) => {
    const { engine, run } = scene(t, subject)
    const id = await run('web', forever)
    await engine.startExec(id, { command: ['sh', '-c', 'sleep 0.2; touch /left'] })
    const deadline = performance.now() + 10_000
    let isThere = false
    while (!isThere && performance.now() < deadline)
      isThere = (await engine.exec(id, { command: ['test', '-e', '/left'] })) === 0
    t.ok(isThere)
  })

  t.test('who attaches before the start must miss nothing, and what he writes must arrive', async (t) => {
    const { engine, create } = scene(t, subject)
    const id = await create('web', 'read line; echo "got $line"; echo wrong >&2; exit 4', interactive)
    const attachment = await engine.attach(id, { input: true, output: true })
    const exit = await engine.awaitExit(id, 'next')
    const read = contentOf(attachment)
    await engine.startContainer(id)
    await attachment.write(Buffer.from('this\n'))
    t.strictSame(await read, { stdout: 'got this\n', stderr: 'wrong\n' })
    t.equal(await exit.code, 4)
    t.equal(await (await engine.awaitExit(id, 'now')).code, 4)
  })

  t.test('the end of the input must reach a container', async (t) => {
    const { engine, create } = scene(t, subject)
    const id = await create('web', 'cat', interactive)
    const attachment = await engine.attach(id, { input: true, output: true })
    const exit = await engine.awaitExit(id, 'next')
    const read = contentOf(attachment)
    await engine.startContainer(id)
    await attachment.write(Buffer.from('all of it'))
    attachment.end()
    t.equal((await read).stdout, 'all of it')
    t.equal(await exit.code, 0)
  })

  t.test('a terminal must have the size that it is given', async (t) => {
    const { engine, create } = scene(t, subject)
    const id = await create('web', 'read line; stty size', { body: { OpenStdin: true, Tty: true } })
    const attachment = await engine.attach(id, { input: true, output: true })
    t.ok(attachment.terminal)
    const exit = await engine.awaitExit(id, 'next')
    const read = contentOf(attachment)
    await engine.startContainer(id)
    await attachment.resize({ columns: 91, rows: 17 })
    await attachment.write(Buffer.from('\n'))
    const { stdout, stderr } = await read
    t.match(stdout, '17 91\r\n')
    t.equal(stderr, '')
    t.equal(await exit.code, 0)
    await attachment.resize({ columns: 10, rows: 10 })
  })

  t.test('who detaches must leave the container as it is', async (t) => {
    const { engine, run, found } = scene(t, subject)
    const id = await run('web', forever, interactive)
    const attachment = await engine.attach(id, { input: false, output: true })
    const read = contentOf(attachment)
    attachment.close()
    t.strictSame(await read, { stdout: '', stderr: '' })
    t.equal((await found(id)).state, 'running')
  })

  t.test('one that removes itself must be gone when its exit is told', async (t) => {
    const { engine, create } = scene(t, subject)
    const id = await create('web', 'exit 3', { host: { AutoRemove: true } })
    const exit = await engine.awaitExit(id, 'removed')
    await engine.startContainer(id)
    t.equal(await exit.code, 3)
    t.equal(await engine.inspect(id), undefined)
  })

  t.test('a signal must be sent, and one to what does not run be none', async (t) => {
    const { engine, run, found, named } = scene(t, subject)
    const id = await run('web', forever)
    // Until it has set its trap a first process loses what it is sent.
    while ((await found(id)).state !== 'exited') await engine.killContainer(id, 'SIGTERM')
    await engine.killContainer(id, 'SIGTERM')
    await engine.killContainer(named('none'), 'SIGTERM')
  })
}

interface Content {
  readonly stdout: string
  readonly stderr: string
}

async function contentOf({ output }: Attachment): Promise<Content> {
  const content = { stdout: '', stderr: '' }
  for await (const { stream, content: bytes } of output) content[stream] += bytes.toString('utf8')
  return content
}

async function executed(
  engine: Engine,
  container: string,
  request: ExecRequest,
): Promise<Content & { readonly code: number }> {
  const content = { stdout: '', stderr: '' }
  const code = await engine.exec(container, request, ({ stream, content: bytes }) => {
    content[stream] += bytes.toString('utf8')
  })
  return { code, ...content }
}
