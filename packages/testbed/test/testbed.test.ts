import { readFileSync, readdirSync, existsSync } from 'node:fs'
import { request } from 'node:http'
import { dirname } from 'node:path'
import t from 'tap'
import { releases, serveRegistry, startEngine } from '../src/index.ts'
import type { Release, TestEngine } from '../src/index.ts'

const { reason } = await releases()
const skip = reason ?? false
t.setTimeout(300_000)
const images = ['bb:1']
let count = 0

/** An engine under a name that no other test uses, so that it comes and goes here. */
function freshEngine(release: Release, name = `t${process.pid}-${++count}`): Promise<TestEngine> {
  return startEngine({ release, name, images })
}

const folderOf = (engine: TestEngine) => dirname(engine.dockerHost.replace('unix://', ''))

/** Everything on this machine that tells of an engine. */
function tracesOf(engine: TestEngine): string[] {
  const folder = folderOf(engine)
  const link = `bulkhead${engine.address.split('.')[2]}`
  const processes = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((pid) => readOrEmpty(`/proc/${pid}/cmdline`).includes(`${folder}/`))
  return [
    ...processes.map((pid) => `process ${pid}`),
    ...readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(`${folder}/`)),
    ...[folder, `/run/netns/${link}`, `/sys/class/net/${link}`].filter((path) => existsSync(path)),
  ]
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const killDockerd = (engine: TestEngine) =>
  process.kill(Number(readFileSync(`${folderOf(engine)}/docker.pid`, 'utf8')), 'SIGKILL')

function get(engine: TestEngine, path: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request({ socketPath: engine.dockerHost.replace('unix://', ''), path }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.once('end', () => resolve({ status: response.statusCode, body }))
    })
      .once('error', reject)
      .end()
  })
}

for (const release of ['26', '20'] as const) {
  t.test(`an engine of release ${release}`, { skip }, async (t) => {
    const engine = await freshEngine(release)
    t.teardown(engine.stop)

    await t.test('must run the same image behind one kernel or two', async (t) => {
      const version = await engine.docker('version', '--format', '{{.Server.Version}}')
      t.match(version.stdout, new RegExp(`^${release}\\.`))
      const shared = await engine.docker('run', '--rm', 'bb:1', 'uname', '-r')
      const own = await engine.docker('run', '--rm', '--runtime', 'runsc', 'bb:1', 'uname', '-r')
      t.equal(shared.stdout, readFileSync('/proc/sys/kernel/osrelease', 'utf8'))
      t.equal(own.code, 0)
      t.not(own.stdout, shared.stdout)
      t.match((await engine.compose('version', '--short')).stdout, /^2\.26\.1/)
    })

    await t.test('must learn from the registry which system an image is for', async (t) => {
      const registry = await serveRegistry({
        host: engine.gateway,
        images: [
          { reference: 'team/site:1', os: 'windows', architecture: 'amd64', osVersion: '10.0.17763.1' },
          { reference: 'team/app', os: 'linux', architecture: 'amd64' },
          { reference: 'team/app', os: 'windows', architecture: 'amd64' },
        ],
      })
      t.teardown(registry.close)
      const site = await get(engine, `/distribution/${registry.address}/team/site:1/json`)
      t.match(JSON.parse(site.body), {
        Platforms: [{ os: 'windows', architecture: 'amd64', 'os.version': '10.0.17763.1' }],
      })
      const app = await get(engine, `/distribution/${registry.address}/team/app:latest/json`)
      t.match(JSON.parse(app.body), { Platforms: [{ os: 'linux' }, { os: 'windows' }] })

      const refused = await engine.docker('pull', `${registry.address}/team/site:1`)
      t.equal(refused.code, 1)
      t.match(refused.stderr, 'image operating system "windows" cannot be used on this platform')
      t.equal((await engine.docker('pull', `${registry.address}/team/app`)).code, 0)
      t.match((await engine.docker('pull', `${registry.address}/team/none`)).stderr, 'manifest unknown')
      t.ok(registry.requests.includes('HEAD /v2/team/site/manifests/1'))
    })
  })
}

t.test('the last of two users must take the engine away without a trace', { skip }, async (t) => {
  const name = `t${process.pid}-shared`
  const [one, two] = await Promise.all([freshEngine('26', name), freshEngine('26', name)])
  t.equal(one.dockerHost, two.dockerHost)
  await one.docker('network', 'create', 'n')
  await one.docker('run', '-d', '--network', 'n', '-v', 'data:/data', 'bb:1', 'sleep', '1000')
  await one.docker('run', '-d', '--network', 'n', '--runtime', 'runsc', 'bb:1', 'sleep', '1000')
  await one.stop()
  t.equal((await two.docker('ps', '-q')).stdout.trim().split('\n').length, 2)
  await two.stop()
  t.same(tracesOf(two), [])
})

t.test(
  'an engine that was killed must come up again with its containers, and go without a trace',
  { skip },
  async (t) => {
    const name = `t${process.pid}-killed`
    const engine = await freshEngine('26', name)
    const always = ['run', '-d', '--restart', 'always', '--stop-signal', 'KILL']
    await engine.docker(...always, '--name', 'one', 'bb:1', 'sleep', '1000')
    await engine.docker(...always, '--name', 'two', '--runtime', 'runsc', 'bb:1', 'sleep', '1000')
    killDockerd(engine)
    const again = await freshEngine('26', name)
    t.equal((await again.docker('ps', '--format', '{{.Names}}')).stdout, 'two\none\n')
    killDockerd(again)
    await again.stop()
    await engine.stop()
    t.same(tracesOf(engine), [])
  },
)
