import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { releases, serveRegistry } from '../../src/index.ts'
import { containersOf, eventually, inspect, openHouse } from './harness.ts'

const { available, reason } = await releases()
const bin = fileURLToPath(new URL('../../../../node_modules/.bin/bulkhead', import.meta.url))

void t.test(
  'the command on a real engine',
  { skip: available.includes('26') ? false : (reason ?? true) },
  async (t: Test) => {
    const house = await openHouse('26')
    t.teardown(() => house.close())
    await house.startDaemon()
    const project = async (
      name: string,
      yaml: string,
    ): Promise<(...args: readonly string[]) => ReturnType<typeof house.bulkhead>> => {
      const folder = join(house.folder, name)
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'compose.yaml'), yaml)
      return (...args) => house.bulkhead(args, { cwd: folder })
    }
    const attached = (
      name: string,
    ): {
      readonly child: ChildProcess
      readonly said: () => string
      readonly ended: Promise<number | null>
    } => {
      const child = spawn(bin, ['up'], {
        cwd: join(house.folder, name),
        env: {
          ...process.env,
          BULKHEAD_HOST: `unix://${house.socket}`,
          DOCKER_HOST: house.engine.dockerHost,
          NO_COLOR: '1',
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let said = ''
      child.stdout.on('data', (part) => (said += String(part)))
      child.stderr.on('data', (part) => (said += String(part)))
      return { child, said: () => said, ended: new Promise((resolve) => child.once('close', resolve)) }
    }

    await t.test('attached up must follow the logs, and Ctrl-C must stop the project', async (t) => {
      const bulkhead = await project('talk', talk('trap exit TERM', '10s'))
      const up = attached('talk')
      await eventually(async () => /talker-1\s+\| hello/.test(up.said()))
      up.child.kill('SIGINT')
      t.equal(await up.ended, 130)
      t.match(up.said(), /Gracefully stopping/)
      t.equal(await inspect(house, 'talk-talker-1', '{{.State.Status}}'), 'exited')
      t.match((await bulkhead('ps', '-a')).stdout, /talk-talker-1.*Exited/)
      t.equal((await bulkhead('down')).code, 0)
    })

    await t.test('a second Ctrl-C must kill what does not stop', async (t) => {
      const bulkhead = await project('deaf', talk("trap '' TERM", '60s'))
      const up = attached('deaf')
      await eventually(async () => /talker-1\s+\| hello/.test(up.said()))
      up.child.kill('SIGINT')
      await eventually(async () => /Gracefully stopping/.test(up.said()))
      up.child.kill('SIGINT')
      t.equal(await up.ended, 130)
      await eventually(
        async () => (await inspect(house, 'deaf-talker-1', '{{.State.Status}}')) === 'exited',
        10_000,
      )
      t.equal((await bulkhead('down')).code, 0)
    })

    await t.test('a loop of dependencies must be told whole, with its place', async (t) => {
      const bulkhead = await project('loop', loop)
      const { code, stderr } = await bulkhead('up', '-d')
      t.equal(code, 1)
      t.match(stderr, /a → b → c → a|b → c → a → b|c → a → b → c/)
      t.match(stderr, /compose\.yaml:\d+:\d+/)
    })

    await t.test('a secret must reach the container and nothing else', async (t) => {
      const bulkhead = await project('hush', hush)
      const env = { HUSH: 'correct-horse-battery' }
      const folder = join(house.folder, 'hush')
      const up = await house.bulkhead(['up', '-d'], { cwd: folder, env })
      t.equal(up.code, 0, up.stderr)
      const inside = await house.engine.docker(
        'exec',
        'hush-reader-1',
        'cat',
        '/run/secrets/word',
        '/etc/motto',
      )
      t.equal(inside.stdout, 'correct-horse-batteryfestina lente\n')
      const config = await house.bulkhead(['config'], { cwd: folder, env })
      const seen = [
        up.stdout,
        up.stderr,
        config.stdout,
        (await house.curl('/v1/projects/hush')).stdout,
        (await house.curl('/v1/deployments?project=hush')).stdout,
        (await house.engine.docker('inspect', 'hush-reader-1')).stdout,
      ]
      for (const text of seen) t.notMatch(text, /correct-horse/)
      t.equal((await bulkhead('down')).code, 0)
    })

    await t.test(
      "a failed start must fail the deployment with the engine's reason, and up must mend it",
      async (t) => {
        const busy = await project('busy', port('9191'))
        t.equal((await busy('up', '-d')).code, 0)
        const second = await project('late', port('9191'))
        const { code, stderr } = await second('up', '-d')
        t.equal(code, 1)
        t.match(stderr, /9191/)
        t.equal((await busy('down')).code, 0)
        t.equal((await second('up', '-d')).code, 0)
        t.equal(await inspect(house, 'late-holder-1', '{{.State.Status}}'), 'running')
        t.equal((await second('down')).code, 0)
      },
    )

    await t.test(
      'a container that somebody removed must come back, one that somebody stopped must not',
      async (t) => {
        const bulkhead = await project('kept', talk('trap exit TERM', '2s'))
        // Converged with nothing running: the daemon has seen the stop and has nothing to do about it.
        const held = async (): Promise<boolean> => (await house.get('/v1/projects/kept')).converged === true
        t.equal((await bulkhead('up', '-d')).code, 0)
        const first = await inspect(house, 'kept-talker-1', '{{.Id}}')
        await house.engine.docker('rm', '-f', 'kept-talker-1')
        await eventually(async () => {
          const { stdout } = await house.engine.docker(
            'inspect',
            '-f',
            '{{.Id}} {{.State.Status}}',
            'kept-talker-1',
          )
          return stdout.includes('running') && !stdout.includes(first)
        })
        await house.engine.docker('stop', 'kept-talker-1')
        await eventually(held)
        t.equal(await inspect(house, 'kept-talker-1', '{{.State.Status}}'), 'exited')
        await house.engine.compose('-p', 'kept', 'down')
        await eventually(held)
        t.same(await containersOf(house, 'kept'), [])
        t.equal((await bulkhead('up', '-d')).code, 0)
        t.same(await containersOf(house, 'kept'), ['kept-talker-1'])
        t.equal((await bulkhead('down')).code, 0)
      },
    )

    await t.test(
      'images must be pinned to what their registry has, as a lock that Compose takes too',
      async (t) => {
        const registry = await serveRegistry({
          host: house.engine.gateway,
          images: [
            { reference: 'team/app', os: 'linux', architecture: 'amd64' },
            { reference: 'team/both:1', os: 'linux', architecture: 'amd64' },
            { reference: 'team/both:1', os: 'windows', architecture: 'amd64' },
          ],
        })
        t.teardown(() => registry.close().catch(() => undefined))
        const bulkhead = await project('pinned', pinned(registry.address))
        const digestOf = async (name: string, tag: string): Promise<string> => {
          const answer = await fetch(`http://${registry.address}/v2/team/${name}/manifests/${tag}`)
          return answer.headers.get('docker-content-digest') ?? ''
        }
        const app = `${registry.address}/team/app:latest@${await digestOf('app', 'latest')}`
        const both = `${registry.address}/team/both:1@${await digestOf('both', '1')}`

        const lock = await bulkhead('config', '--lock-image-digests')
        t.equal(
          lock.stdout,
          `services:\n  app:\n    image: ${app}\n  both:\n    image: ${both}\n`,
          lock.stderr,
        )
        const resolved = await bulkhead('config', '--resolve-image-digests', '--format', 'json')
        t.match(JSON.parse(resolved.stdout), {
          services: { app: { image: app }, both: { image: both, init: true }, made: { build: {} } },
        })
        await writeFile(join(house.folder, 'pinned', 'lock.yaml'), lock.stdout)
        const files = [
          '-f',
          join(house.folder, 'pinned', 'compose.yaml'),
          '-f',
          join(house.folder, 'pinned', 'lock.yaml'),
        ]
        const theirs = await house.engine.compose(...files, 'config', '--images')
        t.same(theirs.stdout.trim().split('\n').sort(), [app, both, 'pinned-made'].sort(), theirs.stderr)

        await registry.close()
        const away = await bulkhead('config', '--resolve-image-digests')
        t.equal(away.code, 1)
        t.match(away.stderr, /compose\.yaml:2:17[^]*compose\.yaml:3:18/)
        t.match(away.stderr, /refused/)
      },
    )

    await t.test('up of a service must bring its profiles, for it and for what it needs', async (t) => {
      const bulkhead = await project('tools', tools)
      const ours = () => containersOf(house, 'tools')
      t.equal((await bulkhead('up', '-d')).code, 0)
      t.same(await ours(), ['tools-web-1'])
      const up = await bulkhead('up', '-d', 'debug')
      t.equal(up.code, 0, up.stderr)
      t.same(await ours(), ['tools-debug-1', 'tools-helper-1', 'tools-web-1'])
      t.equal(await inspect(house, 'tools-web-1', '{{.State.Status}}'), 'running')
      t.match((await bulkhead('up', '-d', 'debug')).stderr, /Nothing to do/)
      t.equal((await bulkhead('down')).code, 0)
      t.same(await ours(), [])
    })

    await t.test('logs that are followed must go on after the daemon, with no line twice', async (t) => {
      const bulkhead = await project('count', counting)
      t.equal((await bulkhead('up', '-d')).code, 0)
      const logs = spawn(bin, ['logs', '-f', '--no-log-prefix'], {
        cwd: join(house.folder, 'count'),
        env: { ...process.env, BULKHEAD_HOST: `unix://${house.socket}`, NO_COLOR: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const ended = new Promise((resolve) => logs.once('close', resolve))
      t.teardown(() => logs.kill('SIGKILL'))
      let said = ''
      logs.stdout.on('data', (part) => (said += String(part)))
      const numbers = (): readonly string[] => said.split('\n').filter((line) => /^\d+$/.test(line))
      const more = async (): Promise<true> => {
        const before = numbers().length
        return eventually(async () => numbers().length > before + 20)
      }
      await more()
      await house.stopDaemon()
      await house.startDaemon()
      await more()
      await house.killDaemon()
      await house.startDaemon()
      await more()
      logs.kill('SIGINT')
      t.equal(await ended, 130)
      const seen = numbers()
      t.same(
        seen,
        seen.map((_, index) => String(index + 1)),
        'each number once, in order',
      )
      t.equal(said.split('\n').filter((line) => line === 'once').length, 1)
      t.equal((await bulkhead('down')).code, 0)
    })
  },
)

const talk = (trap: string, grace: string): string => `services:
  talker:
    image: bb:1
    pull_policy: never
    stop_grace_period: ${grace}
    command: ["sh", "-c", "${trap}; echo hello; while :; do sleep 0.2 & wait; done"]
`

const pinned = (registry: string): string => `services:
  app: { image: ${registry}/team/app }
  both: { image: ${registry}/team/both:1, init: true }
  made: { build: . }
`

const idle = `image: "bb:1", pull_policy: never, stop_grace_period: 0s, command: [sleep, "600"]`

const tools = `services:
  web: { ${idle} }
  debug: { ${idle}, profiles: [tools], depends_on: [helper] }
  helper: { ${idle}, profiles: [tools] }
  sibling: { ${idle}, profiles: [tools] }
`

const counting = `services:
  counter:
    image: bb:1
    pull_policy: never
    stop_grace_period: 0s
    command: ["sh", "-c", "i=0; while :; do i=$$((i+1)); echo $$i; sleep 0.05; done"]
  quiet:
    image: bb:1
    pull_policy: never
    stop_grace_period: 0s
    command: ["sh", "-c", "echo once; sleep 600"]
`

const loop = `services:
  a: { image: "bb:1", depends_on: [b] }
  b: { image: "bb:1", depends_on: [c] }
  c: { image: "bb:1", depends_on: [a] }
`

const hush = `services:
  reader:
    image: bb:1
    pull_policy: never
    stop_grace_period: 1s
    command: ["sh", "-c", "trap exit TERM; while :; do sleep 0.2 & wait; done"]
    secrets: [word]
    configs: [{ source: motto, target: /etc/motto }]
secrets:
  word: { environment: HUSH }
configs:
  motto: { content: "festina lente\\n" }
`

const port = (published: string): string => `services:
  holder:
    image: bb:1
    pull_policy: never
    stop_grace_period: 1s
    command: ["sh", "-c", "trap exit TERM; while :; do sleep 0.2 & wait; done"]
    ports: ["${published}:80"]
`
