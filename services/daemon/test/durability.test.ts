import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'libsql'
import { linuxRules, realClock, startTwin } from '@bulkhead/twin'
import t, { type Test } from 'tap'
import { ask, ready, run, type Running } from './fixtures/process.ts'
import { bundleOf } from './fixtures/served.ts'

const isRoot = process.getuid?.() === 0
const hasStrace = spawnSync('strace', ['-V']).status === 0

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'bhd-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function engineOf(t: Test): Promise<string> {
  const twin = await startTwin({
    rules: linuxRules('26'),
    clock: realClock(),
    seed: 1,
    images: [{ reference: 'web:1', command: ['serve'] }],
  })
  t.teardown(() => twin.close())
  return twin.dockerHost
}

const deploy = (socket: string, name: string, padding = '') =>
  ask(socket, '/v1/deployments', 'POST', {
    action: 'up',
    bundle: bundleOf(`name: ${name}\nservices:\n  web: {image: "web:1"}\n#${padding}\n`),
  })

async function finished(socket: string, id: string): Promise<string> {
  for (;;) {
    const { state } = JSON.parse((await ask(socket, `/v1/deployments/${id}`)).body) as { state: string }
    if (state !== 'queued' && state !== 'running') return state
    await new Promise((next) => setTimeout(next, 20))
  }
}

const idOf = ({ body }: { readonly body: string }): string => (JSON.parse(body) as { id: string }).id

t.test(
  'what was asked for must be on the disk before it is accepted',
  { skip: hasStrace ? false : 'strace is not here' },
  async (t) => {
    const folder = folderOf(t)
    const trace = join(folder, 'trace')
    const under = ['strace', '-D', '-f', '--seccomp-bpf', '-y', '-s', '24', '-o', trace]
    const traced = 'trace=fsync,fdatasync,pwrite64,write,writev,sendmsg'
    const daemon = run(t, folder, { engine: await engineOf(t), under: [...under, '-e', traced] })
    await ready(daemon)
    const before = readFileSync(trace, 'utf8').length
    t.equal((await deploy(daemon.socket, 'app')).status, 202)
    // strace writes what it has seen before the call goes on: the answer's line is there once the answer is.
    const calls = readFileSync(trace, 'utf8').slice(before).split('\n')
    const accepted = calls.findIndex((call) => call.includes('HTTP/1.1 202'))
    const isLog = (call: string): boolean => call.includes('/bulkhead.db-wal>')
    const written = calls
      .slice(0, accepted)
      .findLastIndex((call) => isLog(call) && call.includes('pwrite64('))
    const synced = calls
      .slice(0, accepted)
      .findLastIndex((call) => isLog(call) && /f(data)?sync\(/.test(call))
    t.ok(accepted > 0, 'the answer is in the trace')
    t.ok(written >= 0, 'the log was written before it')
    t.ok(synced > written, 'and synced after its last write, before the answer')
    daemon.child.kill('SIGKILL')
  },
)

t.test(
  'a full disk must be told clearly, lose nothing and stop no reads',
  { skip: isRoot ? false : 'only root can mount a small disk' },
  async (t) => {
    const folder = folderOf(t)
    const disk = join(folder, 'data')
    mkdirSync(disk, { mode: 0o700 })
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'tmpfs', disk])
    if (mounted.status !== 0) {
      t.comment(mounted.stderr.toString())
      t.pass('a tmpfs cannot be mounted here', { skip: true })
      return
    }
    const running: Running[] = []
    t.teardown(() => {
      for (const { child } of running) child.kill('SIGKILL')
      spawnSync('umount', ['-l', disk])
    })
    const daemon = run(t, folder, { engine: await engineOf(t) })
    running.push(daemon)
    await ready(daemon)
    const first = await deploy(daemon.socket, 'before')
    t.equal(first.status, 202)
    t.equal(await finished(daemon.socket, idOf(first)), 'succeeded')

    const ballast = join(disk, 'ballast')
    fill(ballast)
    const refused = await deploy(daemon.socket, 'during', 'x'.repeat(200_000))
    t.match(refused, { status: 507, body: /BH_STORE_FULL/ })
    t.match(await ask(daemon.socket, '/v1/projects/before'), { status: 200, body: /"converged":true/ })
    t.equal((await ask(daemon.socket, '/v1/projects/during')).status, 404)

    rmSync(ballast)
    const again = await deploy(daemon.socket, 'after', 'x'.repeat(200_000))
    t.equal(again.status, 202)
    t.equal(await finished(daemon.socket, idOf(again)), 'succeeded')

    daemon.child.kill('SIGKILL')
    const database = new Database(join(disk, 'bulkhead.db'), { readonly: true })
    t.match(database.pragma('integrity_check'), [{ integrity_check: 'ok' }])
    database.close()
  },
)

/** Writes until the disk takes no more. */
function fill(path: string): void {
  for (let size = 4 * 1024 * 1024; size >= 256; size = Math.floor(size / 2)) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(size), { flag: 'a' })
    } catch {
      // Full for this size; smaller pieces may still fit.
    }
  }
}
