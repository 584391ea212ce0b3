import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { inheritedSocket } from '../src/activation.ts'

const units = ['bulkheadd.service', 'bulkheadd.socket'].map((name) =>
  fileURLToPath(new URL(`../systemd/${name}`, import.meta.url)),
)
const has = (command: string): boolean => spawnSync(command, ['--version']).status === 0
const without = (command: string): string | false => (has(command) ? false : `${command} is not here`)

t.test(
  'a socket must be taken from the service manager when it is meant for us, and told to no child',
  (t) => {
    const mine = { LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x', HOME: '/' }
    t.equal(inheritedSocket(mine, 7), 3)
    t.same(mine, { HOME: '/' })
    t.equal(inheritedSocket({ LISTEN_PID: '8', LISTEN_FDS: '1' }, 7), undefined)
    t.equal(inheritedSocket({}, 7), undefined)
    t.throws(() => inheritedSocket({ LISTEN_PID: '7', LISTEN_FDS: '2' }, 7), {
      code: 'BH_DAEMON_START_FAILED',
    })
    t.end()
  },
)

t.test('the units must be clean', { skip: without('systemd-analyze') }, (t) => {
  const verify = spawnSync('systemd-analyze', ['verify', ...units], { encoding: 'utf8' })
  t.equal(verify.status, 0)
  t.equal(verify.stderr, '')
  const [service = ''] = units
  const security = spawnSync('systemd-analyze', ['security', '--offline=yes', '--threshold=30', service], {
    encoding: 'utf8',
  })
  t.equal(security.status, 0, 'an exposure of 3.0 at most')
  t.end()
})

t.test(
  'the first request on a socket of systemd must start the daemon and be answered',
  { skip: without('systemd-socket-activate') },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'bhd-'))
    const socket = join(folder, 'b.sock')
    const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
    const command = [process.execPath, '--conditions=@bulkhead/source', '--import=tsx', main]
    const engine = `DOCKER_HOST=unix://${join(folder, 'engine.sock')}`
    const manager = spawn(
      'systemd-socket-activate',
      [
        '-E',
        engine,
        '-E',
        `PATH=${process.env['PATH']}`,
        '-l',
        socket,
        ...command,
        '--data',
        join(folder, 'data'),
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    let said = ''
    manager.stderr.on('data', (part) => (said += String(part)))
    t.teardown(() => {
      manager.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    })
    for (let tries = 0; !existsSync(socket) && tries < 500; tries += 1)
      await new Promise((next) => setTimeout(next, 20))
    t.notMatch(said, /daemon ready/)
    t.equal(await statusOf(socket, '/v1/health'), 200)
    t.match(said, /daemon ready/)
    // The manager became the daemon; it leaves the socket to whoever made it.
    manager.kill('SIGTERM')
    t.same(await once(manager, 'exit'), [0, null])
    t.ok(existsSync(socket))
  },
)

function statusOf(socketPath: string, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
    })
    sent.on('error', reject)
    sent.end()
  })
}
