import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import type { Test } from 'tap'
import type { Spawn } from '@bulkhead/cli'
import { chosenEngine } from '../src/daemon/engine.ts'
import { listenerOf } from '../src/daemon/listener.ts'
import { fakeDaemon } from './fake-daemon.ts'
import { shell } from './shell.ts'
import type { ShellOptions } from './shell.ts'

/** A shell that may start daemons; they end with the test. */
async function startingShell(t: Test, { env = {}, ...options }: ShellOptions = {}) {
  const children: ChildProcess[] = []
  const start: Spawn = (command, args, options) => {
    const child = spawn(command, [...args], options)
    children.push(child)
    return child
  }
  t.teardown(() => children.forEach((child) => child.kill('SIGKILL')))
  const made = await shell(t, { ...options, env, context: { spawn: start, ...options.context } })
  return { ...made, children }
}

t.test('a daemon', async (t) => {
  t.test("must be the system's where it answers, else the user's own", async (t) => {
    const system = await fakeDaemon(t)
    const own = await fakeDaemon(t)
    const both = await shell(t, { context: { systemSocket: system.socket } })
    t.match((await both.bulkhead('version')).out, system.socket)
    const alone = await startingShell(t)
    await alone.bulkhead('daemon start')
    t.match((await alone.bulkhead('version')).out, join(alone.cwd, 'run', 'bulkhead', 'bulkhead.sock'))
    t.match((await alone.bulkhead(`-H ${own.host} version`)).out, own.socket)
  })

  t.test('must be started where none answers, and that be said once', async (t) => {
    const { bulkhead, cwd } = await startingShell(t, { env: { DOCKER_HOST: 'unix:///run/other.sock' } })
    const { err } = await bulkhead('-p shop down')
    const data = join(cwd, '.local', 'state', 'bulkhead')
    const socket = join(cwd, 'run', 'bulkhead', 'bulkhead.sock')
    t.match(err, `Started the daemon at unix://${socket}; its log is ${data}/bulkheadd.log\n`)
    t.notMatch((await bulkhead('-p shop down')).err, 'Started')
    t.equal((await stat(data)).mode & 0o777, 0o700)
    t.equal((await stat(join(data, 'bulkheadd.log'))).mode & 0o777, 0o600)
    t.match(JSON.parse(await readFile(join(data, 'arguments.json'), 'utf8')), { socket, data })
  })

  t.test('must have its places where XDG and the flags say', async (t) => {
    const { bulkhead, cwd } = await startingShell(t)
    const base = { XDG_RUNTIME_DIR: join(cwd, 'run'), XDG_STATE_HOME: join(cwd, 'state') }
    const xdg = await startingShell(t, { env: base })
    await xdg.bulkhead('daemon start --group staff')
    const written = JSON.parse(await readFile(join(cwd, 'state/bulkhead/arguments.json'), 'utf8')) as object
    t.same(written, {
      socket: join(cwd, 'run/bulkhead/bulkhead.sock'),
      data: join(cwd, 'state/bulkhead'),
      group: 'staff',
    })
    const flags = await bulkhead('daemon start --socket s.sock --data d')
    t.equal(flags.out, `Started the daemon at unix://${cwd}/s.sock; its log is ${cwd}/d/bulkheadd.log\n`)
    t.equal(
      (await bulkhead('daemon start --socket s.sock --data d')).out,
      `A daemon answers at unix://${cwd}/s.sock already.\n`,
    )
  })

  t.test('must not be started where one was named, nor for questions about itself', async (t) => {
    const { bulkhead, children, cwd } = await startingShell(t)
    t.match(await bulkhead(`-H unix://${cwd}/none.sock up`), { code: 1 })
    t.match(await bulkhead(`-H unix://${cwd}/none.sock -p x down`), {
      code: 1,
      err: /No daemon answers at .*none\.sock/,
    })
    t.match(await bulkhead('daemon status'), {
      code: 1,
      err: /No daemon answers at .* or .*\n {2}hint: Start one/,
    })
    t.match(await bulkhead('config -q'), { code: 1 })
    t.equal(children.length, 0)
  })

  t.test('that does not start must say why', async (t) => {
    const { bulkhead } = await startingShell(t, { env: { TINY_DAEMON_FAILS: '1' } })
    const { code, err } = await bulkhead('daemon start')
    t.equal(code, 1)
    t.match(
      err,
      /did not start: it ended with status 1[^]*the engine has sunk[^]*hint: See its log: .*bulkheadd\.log/,
    )
  })

  t.test('must not be given a folder that others can enter', async (t) => {
    const { bulkhead, cwd, children } = await startingShell(t, { env: { XDG_RUNTIME_DIR: '' } })
    await mkdir(join(cwd, 'bulkhead-1000'))
    await chmod(join(cwd, 'bulkhead-1000'), 0o777)
    t.match(await bulkhead('daemon start'), {
      code: 1,
      err: /belongs to somebody else, or others may enter it/,
    })
    t.equal(children.length, 0)
  })

  t.test(
    'must stop when told, and only then',
    { skip: process.platform === 'linux' ? false : 'needs /proc' },
    async (t) => {
      const { bulkhead, cwd, children } = await startingShell(t)
      await bulkhead('daemon start --socket s.sock --data d')
      t.equal(listenerOf(join(cwd, 's.sock')), children[0]?.pid)
      t.match(await bulkhead('daemon stop --socket other.sock'), { code: 0, out: /No daemon answers/ })
      const ended = new Promise((resolve) => children[0]?.once('exit', resolve))
      t.match(await bulkhead('daemon stop --socket s.sock'), { code: 0, out: /Stopped the daemon at/ })
      t.equal(await ended, 0)
      t.equal(listenerOf(join(cwd, 's.sock')), undefined)
    },
  )
})

t.test('the engine that was chosen', async (t) => {
  const meta = (host: string) => JSON.stringify({ Name: 'far', Endpoints: { docker: { Host: host } } })
  t.test('must be DOCKER_HOST, else the current context, else none', async (t) => {
    const id = createHash('sha256').update('far').digest('hex')
    const { context } = await shell(t, {
      files: {
        '.docker/config.json': '{"currentContext":"far"}',
        [`.docker/contexts/meta/${id}/meta.json`]: meta('ssh://far'),
      },
    })
    t.equal(chosenEngine(context), 'ssh://far')
    t.equal(chosenEngine({ ...context, env: { DOCKER_HOST: 'tcp://x' } }), 'tcp://x')
    t.equal(chosenEngine({ ...context, env: { DOCKER_CONTEXT: 'default' } }), undefined)
    t.equal(chosenEngine((await shell(t)).context), undefined)
  })
})
