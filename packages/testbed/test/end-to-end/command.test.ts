import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { releases } from '../../src/index.ts'
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
  },
)

const talk = (trap: string, grace: string): string => `services:
  talker:
    image: bb:1
    pull_policy: never
    stop_grace_period: ${grace}
    command: ["sh", "-c", "${trap}; echo hello; while :; do sleep 0.2 & wait; done"]
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
