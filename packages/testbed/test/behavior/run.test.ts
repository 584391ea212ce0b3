import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { behaviors, type Scene } from './scene.ts'

const bin = fileURLToPath(new URL('../../../../node_modules/.bin/bulkhead', import.meta.url))

const pair = `
services:
  db:
    image: 'bb:1'
    command: sleep 1000
    init: true
    healthcheck: { test: 'true', interval: 100ms, retries: 20 }
  web:
    image: 'bb:1'
    command: sleep 1000
    init: true
    depends_on: { db: { condition: service_healthy } }
    environment: { FROM: file, ONLY: file }
    ports: ['80']
    volumes: [/data]
`

await behaviors('run', '26', async (behave) => {
  await behave(
    'a one-off must run as its service does, named and labelled as Compose does, once its dependencies hold',
    { 'compose.yaml': pair },
    async ({ bulkhead, attempt, ids, inspect, states, name, t }) => {
      await bulkhead('run', '-d', '-e', 'FROM=flag', '-l', 'a=b', 'web', 'sleep', '1000')
      const names = Object.keys(await ids())
      t.equal(names.length, 2, 'its dependency, and no replica of its own')
      const oneOff = names.find((one) => one.startsWith(`${name}-web-run-`)) ?? ''
      t.match(oneOff, new RegExp(`^${name}-web-run-[0-9a-f]{12}$`))
      const its = await inspect(oneOff)
      t.equal(its.at('Config', 'Labels', 'com.docker.compose.oneoff'), 'True')
      t.match(its.at('Config', 'Labels', 'com.docker.compose.slug'), /^[0-9a-f]{64}$/)
      t.equal(its.at('Config', 'Labels', 'com.docker.compose.container-number'), undefined)
      t.equal(its.at('Config', 'Labels', 'a'), 'b')
      t.ok((its.at('Config', 'Env') as readonly string[]).includes('FROM=flag'))
      t.ok((its.at('Config', 'Env') as readonly string[]).includes('ONLY=file'))
      t.same(its.at('HostConfig', 'PortBindings'), {}, 'no ports')
      await bulkhead('stop', '-t', '0').catch(() => undefined)
      t.equal((await states())[oneOff], 'running', 'a stop is not for it')
      const failed = await attempt(
        'run',
        '--rm',
        '--no-deps',
        '-T',
        'web',
        'sh',
        '-c',
        'echo out; echo err >&2; exit 7',
      )
      t.equal(failed.code, 7)
      t.equal(failed.stdout, 'out\n')
      t.match(failed.stderr, /err\n/)
      t.equal(Object.keys(await ids()).length, 2, 'the second one is gone')
      await bulkhead('down', '-t', '0')
      t.same(await ids(), {}, 'down takes them along')
    },
  )

  await behave(
    'a dependency that is not required must not keep a one-off from running, whether it fails, ends or is off',
    {
      'compose.yaml': `
services:
  broken: { image: 'bb:1', command: 'false' }
  sick: { image: 'bb:1', command: sleep 1000, init: true, healthcheck: { test: 'false', interval: 50ms, retries: 1 } }
  off: { image: 'bb:1', command: sleep 1000, init: true, profiles: [never] }
  web:
    image: 'bb:1'
    depends_on:
      broken: { condition: service_completed_successfully, required: false }
      sick: { condition: service_healthy, required: false }
      off: { condition: service_started, required: false }
`,
    },
    async ({ attempt, ids, name, t }) => {
      const { code, stdout, stderr } = await attempt('run', '--rm', '-T', 'web', 'echo', 'ran')
      t.strictSame([code, stdout], [0, 'ran\n'], stderr)
      t.same(Object.keys(await ids()), [`${name}-broken-1`, `${name}-sick-1`])
    },
  )

  await behave(
    'what is piped in must reach a one-off with its end, and ports be published when asked for',
    { 'compose.yaml': pair },
    async (scene) => {
      const { bulkhead, inspect, ids, name, t } = scene
      const text = 'line\n'.repeat(20_000)
      const { code, stdout } = await piped(scene, text, 'run', '--rm', '--no-deps', '-T', 'web', 'cat')
      t.equal(code, 0)
      t.equal(stdout, text)
      t.same(await ids(), {}, 'nothing is left, no dependency was started')
      await bulkhead('run', '-d', '--no-deps', '-P', '--name', `${name}-mine`, 'web', 'sleep', '1000')
      t.ok((await inspect(`${name}-mine`)).at('NetworkSettings', 'Ports', '80/tcp', 0, 'HostPort'))
    },
  )

  await behave(
    'a command in a container must give its exit code, its streams apart, and prefer replicas',
    { 'compose.yaml': pair },
    async (scene) => {
      const { bulkhead, attempt, name, t } = scene
      await bulkhead('up', '-d')
      await bulkhead('run', '-d', '--no-deps', '--name', `${name}-aside`, 'web', 'sleep', '1000')
      const said = await attempt(
        'exec',
        '-T',
        '-e',
        'A=b',
        '-w',
        '/tmp',
        'web',
        'sh',
        '-c',
        'echo $A $PWD; echo e >&2; exit 9',
      )
      t.strictSame([said.code, said.stdout, said.stderr], [9, 'b /tmp\n', 'e\n'])
      const { stdout: host } = await bulkhead('exec', '-T', 'web', 'hostname')
      t.equal(host.trim(), (await scene.ids())[`${name}-web-1`]?.slice(0, 12))
      t.equal((await piped(scene, 'in', 'exec', '-T', 'web', 'cat')).stdout, 'in')
      const absent = await attempt('exec', '-T', '--index', '2', 'web', 'true')
      t.equal(absent.code, 1)
      t.match(absent.stderr, /"web" \(container 2\) is not running/)
      t.match((await attempt('exec', '-T', 'nobody', 'true')).stderr, /no service "nobody"/)
      const typed = await inTerminal(scene, 'exec', 'web', 'sh', '-c', 'test -t 0 && exit 4')
      t.equal(typed, 4, 'with a terminal where there is one')
    },
  )

  await behave(
    'wait must return when the containers have ended, with the exit code',
    { 'compose.yaml': `services:\n  job: { image: 'bb:1', command: "sh -c 'sleep 1; exit 6'" }\n` },
    async ({ bulkhead, attempt, ids, t }) => {
      await bulkhead('up', '-d')
      const { code, stdout } = await attempt('wait', 'job')
      t.equal(code, 6)
      t.match(stdout, /exited with status code 6/)
      t.equal((await attempt('wait', 'job', '--down-project')).code, 6)
      t.same(await ids(), {})
    },
  )
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
}

function piped({ folder, house }: Scene, input: string, ...args: readonly string[]): Promise<Ended> {
  const child = spawn(bin, args, { cwd: folder, env: environment(house), stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.end(input)
  let stdout = ''
  child.stdout.on('data', (part: Buffer) => (stdout += part.toString('utf8')))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout }))
  })
}

/** `script` gives it a terminal, and its exit code. */
function inTerminal({ folder, house }: Scene, ...args: readonly string[]): Promise<number | null> {
  const line = [bin, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', line, '/dev/null'], {
    cwd: folder,
    env: environment(house),
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
}

function environment(house: Scene['house']): NodeJS.ProcessEnv {
  return {
    ...process.env,
    DOCKER_HOST: house.engine.dockerHost,
    BULKHEAD_HOST: `unix://${house.socket}`,
  }
}
