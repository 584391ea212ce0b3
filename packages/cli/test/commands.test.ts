import type {
  DeploymentEventBody,
  OperationReference,
  Problem,
  ProjectStatus,
  ReplicaStatus,
  ServiceStatus,
} from '@bulkhead/model'
import t from 'tap'
import { fakeDaemon } from './fake-daemon.ts'
import { shell, until } from './shell.ts'

const compose = `name: shop
services:
  web:
    image: web:1
    depends_on: { db: { condition: service_healthy } }
  db:
    image: postgres:16
`
const files = { 'compose.yaml': compose }

const create: OperationReference = {
  node: 1,
  type: 'createContainer',
  subject: 'container shop-web-1',
  service: 'web',
  cause: 'not found',
}
const created: readonly DeploymentEventBody[] = [
  { type: 'planned', operations: 1 },
  { type: 'started', operation: create },
  { type: 'done', operation: create, milliseconds: 5 },
]

function replica(service: string, change: Partial<ReplicaStatus> = {}): ReplicaStatus {
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString()
  return {
    id: `${service}0123456789abcdef`,
    name: `shop-${service}-1`,
    service,
    number: 1,
    image: `${service}:1`,
    command: 'run',
    state: 'running',
    health: 'none',
    exitCode: 0,
    createdAt: ago(100),
    startedAt: ago(90),
    finishedAt: undefined,
    ports: [],
    labels: {},
    networks: [],
    mounts: [],
    runtime: 'runc',
    ...change,
  }
}

function shop(...replicas: readonly ReplicaStatus[]): ProjectStatus {
  const services = ['db', 'web'].map((name): ServiceStatus => ({
    name,
    isolation: { mode: 'process', profile: 'runc' },
    wanted: 1,
    rest: undefined,
    replicas: replicas.filter(({ service }) => service === name),
  }))
  const workingDir = undefined
  return { name: 'shop', workingDir, configFiles: [], revision: 1, target: 'up', converged: true, services }
}

t.test('up -d', async (t) => {
  t.test('must send exactly what the project needs, and show what is done', async (t) => {
    const daemon = await fakeDaemon(t)
    daemon.script = () => ({ events: created })
    const { bulkhead, cwd } = await shell(t, {
      files: { ...files, 'secret.txt': 'not mine', '.env': 'X=1' },
      env: { BULKHEAD_HOST: daemon.host, UNRELATED: 'private', DOCKER_HOST: 'unix:///run/d.sock' },
    })
    const { code, err } = await bulkhead('up -d --build --remove-orphans -t 3 web')
    t.equal(code, 0)
    t.equal(err, ' Container shop-web-1  Creating\n Container shop-web-1  Created\n')
    t.match(daemon.requests, [
      {
        project: 'shop',
        action: 'up',
        services: ['web'],
        build: true,
        removeOrphans: true,
        timeoutSeconds: 3,
        engine: 'unix:///run/d.sock',
        bundle: { workingDir: cwd, profiles: [], contexts: {} },
      },
    ])
    const bundle = daemon.requests[0]?.bundle
    t.strictSame(Object.keys(bundle?.files ?? {}).sort(), [`${cwd}/.env`, `${cwd}/compose.yaml`])
    t.notOk(JSON.stringify(bundle).includes('private'), 'no variable that nothing asks for')
  })

  t.test('must take from .env what stands for a flag, and a flag or the environment before it', async (t) => {
    const daemon = await fakeDaemon(t)
    const { bulkhead } = await shell(t, {
      files: {
        ...files,
        '.env': 'COMPOSE_REMOVE_ORPHANS=true\nCOMPOSE_PARALLEL_LIMIT=3\n',
        'other.env': 'COMPOSE_REMOVE_ORPHANS=$ON\nON=0\n',
      },
      env: { BULKHEAD_HOST: daemon.host },
    })
    t.match(await bulkhead('up -d'), { code: 0 })
    t.match(await bulkhead('down'), { code: 0 })
    t.match(await bulkhead('--env-file other.env up -d'), { code: 0 })
    t.match(await bulkhead('--parallel 1 up -d'), {
      code: 0,
    })
    t.match(daemon.requests, [
      { action: 'up', removeOrphans: true, parallel: 3 },
      { action: 'down', removeOrphans: true },
      { action: 'up', removeOrphans: false },
      { action: 'up', removeOrphans: true, parallel: 1 },
    ])
    const set = await shell(t, {
      files: { ...files, '.env': 'COMPOSE_REMOVE_ORPHANS=true' },
      env: { BULKHEAD_HOST: daemon.host, COMPOSE_REMOVE_ORPHANS: '0' },
    })
    t.match(await set.bulkhead('up -d'), { code: 0 })
    t.match(daemon.requests.at(-1), { removeOrphans: false })
  })

  t.test('must send what a service needs whose profile is not active', async (t) => {
    const daemon = await fakeDaemon(t)
    const compose =
      'services:\n  web: { image: x }\n  debug: { image: y, profiles: [tools], env_file: debug.env }\n'
    const { bulkhead, cwd } = await shell(t, {
      files: { 'compose.yaml': compose, 'debug.env': 'A=1' },
      env: { BULKHEAD_HOST: daemon.host },
    })
    t.match(await bulkhead('up -d debug'), { code: 0 })
    t.match(await bulkhead('up -d web'), { code: 0 })
    const [first, second] = daemon.requests
    t.match(first, { services: ['debug'], bundle: { services: ['debug'], profiles: [] } })
    t.ok(Object.hasOwn(first?.bundle?.files ?? {}, `${cwd}/debug.env`))
    t.match(second, { services: ['web'] })
    t.notOk(Object.hasOwn(second?.bundle ?? {}, 'services'), 'names that enable nothing change no revision')
  })

  t.test('must say so when there is nothing to do', async (t) => {
    const daemon = await fakeDaemon(t)
    const { bulkhead } = await shell(t, { files })
    const { code, err } = await bulkhead(`-H ${daemon.host} up -d`)
    t.equal(code, 0)
    t.equal(err, 'Nothing to do: everything is up to date.\n')
    t.equal(daemon.requests[0]?.services, undefined)
  })

  t.test('must print every problem of the project, with exit code 1, and ask no daemon', async (t) => {
    const daemon = await fakeDaemon(t)
    const { bulkhead } = await shell(t, {
      files: {
        'compose.yaml':
          'services:\n  web:\n    depends_on: [dbx]\n    image: x\n  y:\n    depends_on: [z]\n    image: x\n',
      },
    })
    const { code, err } = await bulkhead(`-H ${daemon.host} up -d`)
    t.equal(code, 1)
    t.match(err, /error: .*dbx[^]*--> compose.yaml:3:[^]*error: .*"z"[^]*--> compose.yaml:6:/)
    t.strictSame(daemon.requests, [])
  })

  t.test('must print what the daemon refuses, as data where data is asked for', async (t) => {
    const daemon = await fakeDaemon(t)
    const at = { file: '/x/compose.yaml', line: 2, column: 3 }
    daemon.script = () => ({
      refused: [
        {
          severity: 'error',
          code: 'BH_ISOLATION_UNAVAILABLE',
          message: 'no hyperv here',
          hint: 'Install runsc.',
          at,
        },
        { severity: 'error', code: 'BH_NETWORK_NOT_FOUND', message: 'no network "nat"', at },
      ],
    })
    const { bulkhead } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    const person = await bulkhead('up -d')
    t.equal(person.code, 1)
    t.match(
      person.err,
      /error: no hyperv here\n {2}--> \/x\/compose.yaml:2:3\n {2}hint: Install runsc.\nerror: no network "nat"/,
    )
    const program = await bulkhead('--json up -d')
    t.equal(program.code, 1)
    const problems = program.err
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { code: string })
    t.strictSame(
      problems.map(({ code }) => code),
      ['BH_ISOLATION_UNAVAILABLE', 'BH_NETWORK_NOT_FOUND'],
    )
  })

  t.test('must show the line that the daemon speaks of', async (t) => {
    const daemon = await fakeDaemon(t)
    const { bulkhead, cwd } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    const at = { file: `${cwd}/compose.yaml`, line: 4, column: 12 }
    daemon.script = () => ({
      refused: [{ severity: 'error', code: 'BH_IMAGE_OS_MISMATCH', message: 'for Windows', at }],
    })
    t.equal(
      (await bulkhead('up -d')).err,
      'error: for Windows\n  --> compose.yaml:4:12\n   |\n 4 |     image: web:1\n   |            ^\n',
    )
  })

  t.test('must fail when the deployment fails', async (t) => {
    const daemon = await fakeDaemon(t)
    const problem = { severity: 'error', code: 'BH_PORT_IN_USE', message: 'Port 80 is taken.' } as const
    daemon.script = () => ({ events: [{ type: 'failed', operation: create, problem }], problem })
    const { bulkhead } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    const { code, err } = await bulkhead('up -d')
    t.equal(code, 1)
    t.match(err, /Container shop-web-1 {2}Error[^]*error: Port 80 is taken/)
  })

  t.test('must see the end of one that asks for the same, and no other, where that took over', async (t) => {
    const daemon = await fakeDaemon(t)
    const { bulkhead } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    const when = async (rival: 'up' | 'down', command: string): Promise<number> => {
      daemon.script = ({ project = '' }) => ({ rival: { action: rival, project } })
      return (await bulkhead(command)).code
    }
    t.equal(await when('up', 'up -d'), 0)
    t.equal(await when('down', 'up -d'), 1)
    t.equal(await when('up', 'up -d --build'), 1, 'the other builds nothing')
    t.equal(await when('up', 'up -d web'), 1, 'who knows what the other is about')
    t.equal(await when('down', 'down'), 0)
  })

  t.test('must speak JSON lines, or not at all, when told so', async (t) => {
    const daemon = await fakeDaemon(t)
    daemon.script = () => ({ events: created })
    const { bulkhead } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    const { err } = await bulkhead('--progress json up -d')
    t.match(
      err
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
      [
        { type: 'progress', id: 'Container shop-web-1', status: 'working', text: 'Creating' },
        { type: 'progress', id: 'Container shop-web-1', status: 'done', text: 'Created' },
      ],
    )
    t.equal((await bulkhead('--progress quiet up -d')).err, '')
  })

  t.test('must draw in place on a terminal, and leave the cursor as it was', async (t) => {
    const daemon = await fakeDaemon(t)
    daemon.script = () => ({ events: created })
    const { bulkhead } = await shell(t, {
      files,
      tty: true,
      env: { BULKHEAD_HOST: daemon.host, TERM: 'xterm' },
    })
    const { err } = await bulkhead('up -d')
    t.ok(err.startsWith('\u001B[?25l') && err.endsWith('\u001B[?25h'))
    t.match(err, '[+] up 1/1')
    t.match(err, '✔')
  })

  t.test('must print a warning once, though the daemon gives it too', async (t) => {
    const daemon = await fakeDaemon(t)
    const { bulkhead, cwd } = await shell(t, {
      files: { 'compose.yaml': `version: "3"\n${compose}` },
      env: { BULKHEAD_HOST: daemon.host },
    })
    const here = (await bulkhead('--json config -q')).err
    const { type: _type, ...problem } = JSON.parse(here) as Problem & { readonly type: string }
    t.match(problem.at, { file: `${cwd}/compose.yaml` })
    daemon.script = () => ({ events: [{ type: 'warning', problem }], operations: 1 })
    t.equal((await bulkhead('up -d')).err.split('warning:').length - 1, 1)
  })

  t.test('must know its services before anything is asked for', async (t) => {
    const daemon = await fakeDaemon(t)
    const { bulkhead } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    const { code, err } = await bulkhead('up -d wbe')
    t.equal(code, 1)
    t.match(err, /no service "wbe"[^]*It has: db, web/)
    t.strictSame(daemon.requests, [])
  })

  t.test('must leave the deployment to the daemon on Ctrl-C', async (t) => {
    const daemon = await fakeDaemon(t)
    daemon.script = () => ({ events: created, before: new Promise(() => {}) })
    const { bulkhead, interrupt, printed } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    const running = bulkhead('up -d')
    await until(() => printed().includes('Created'), 'progress')
    interrupt()
    const { code, err } = await running
    t.equal(code, 130)
    t.match(err, 'goes on in the daemon')
  })

  t.test('must read the project from standard input', async (t) => {
    const daemon = await fakeDaemon(t)
    const { bulkhead, cwd } = await shell(t, { stdin: compose, env: { BULKHEAD_HOST: daemon.host } })
    t.equal((await bulkhead('-f - up -d')).code, 0)
    t.match(daemon.requests[0], { project: 'shop', bundle: { workingDir: cwd, files: { '-': compose } } })
  })
})

t.test('a build context must be sent once, and named in the bundle', async (t) => {
  const daemon = await fakeDaemon(t)
  const { bulkhead, cwd } = await shell(t, {
    files: {
      'compose.yaml': 'name: shop\nservices:\n  web:\n    build: ./web\n',
      'web/Dockerfile': 'FROM x\n',
    },
    env: { BULKHEAD_HOST: daemon.host },
  })
  t.equal((await bulkhead('up -d')).code, 0)
  t.equal((await bulkhead('up -d')).code, 0)
  const [digest] = daemon.contexts.keys()
  t.equal(daemon.contexts.size, 1)
  t.equal(daemon.seen.filter((line) => line.startsWith('PUT /v1/contexts')).length, 1)
  t.strictSame(daemon.requests[0]?.bundle?.contexts, { [`${cwd}/web`]: digest })
  t.notOk(Object.keys(daemon.requests[0]?.bundle?.files ?? {}).includes(`${cwd}/web/Dockerfile`))
})

t.test('secrets and configs must go with the bundle, bytes as they are', async (t) => {
  const daemon = await fakeDaemon(t)
  const { bulkhead, cwd } = await shell(t, {
    files: {
      'compose.yaml':
        'name: shop\nservices:\n  web:\n    image: x\n    secrets: [token]\n    configs: [site]\nsecrets:\n  token:\n    file: ./token\nconfigs:\n  site:\n    file: ./site.conf\n',
      token: 's3cret',
      'site.conf': 'a\uFEFFb',
    },
    env: { BULKHEAD_HOST: daemon.host },
  })
  t.equal((await bulkhead('up -d')).code, 0)
  t.match(daemon.requests[0]?.bundle?.files, { [`${cwd}/token`]: 's3cret', [`${cwd}/site.conf`]: 'a\uFEFFb' })
})

t.test('up --wait', async (t) => {
  t.test('must return when all run and are healthy', async (t) => {
    const daemon = await fakeDaemon(t)
    daemon.status = shop(replica('db', { health: 'starting' }), replica('web'))
    const { bulkhead, printed } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    const running = bulkhead('up --wait')
    await until(() => printed().includes('Container shop-db-1  Waiting'), 'waiting for db')
    daemon.status = shop(replica('db', { health: 'healthy' }), replica('web'))
    const { code, err } = await running
    t.equal(code, 0)
    t.match(err, /Container shop-db-1 {2}Healthy/)
  })
  t.test('must fail when one ends or turns unhealthy, and when the time is over', async (t) => {
    const daemon = await fakeDaemon(t)
    const { bulkhead } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    daemon.status = shop(replica('db'), replica('web', { state: 'exited', exitCode: 3 }))
    const ended = await bulkhead('up --wait')
    t.equal(ended.code, 1)
    t.match(ended.err, 'Container shop-web-1 ended with exit code 3')
    daemon.status = shop(replica('db', { health: 'unhealthy' }), replica('web'))
    t.match((await bulkhead('up --wait')).err, 'is unhealthy')
    daemon.status = shop(replica('db', { health: 'starting' }), replica('web'))
    const late = await bulkhead('up --wait --wait-timeout 0')
    t.equal(late.code, 1)
    t.match(late.err, /Not ready after 0 s: shop-db-1/)
  })
  t.test('must take a one-shot that others wait for as ready when it ended well', async (t) => {
    const daemon = await fakeDaemon(t)
    daemon.status = shop(replica('db', { state: 'exited' }), replica('web'))
    const { bulkhead } = await shell(t, {
      files: { 'compose.yaml': compose.replace('service_healthy', 'service_completed_successfully') },
      env: { BULKHEAD_HOST: daemon.host },
    })
    t.equal((await bulkhead('up --wait')).code, 0)
  })
})

t.test('up', async (t) => {
  const line = (service: string, text: string, stream: 'stdout' | 'stderr' = 'stdout') => ({
    service,
    container: `shop-${service}-1`,
    stream,
    text,
  })
  t.test('must follow the output, and stop the project on Ctrl-C', async (t) => {
    const daemon = await fakeDaemon(t)
    daemon.status = shop(replica('db'), replica('web'))
    daemon.logs = [line('web', 'hello'), line('db', 'ready', 'stderr')]
    const { bulkhead, interrupt, printed } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    const running = bulkhead('up -t 7')
    await until(() => printed().includes('ready'), 'the output')
    interrupt()
    const { code, out, err } = await running
    t.equal(code, 130)
    t.match(out, 'web-1  | hello\n')
    t.match(err, 'db-1   | ready\n')
    t.match(err, 'Gracefully stopping... (press Ctrl+C again to force)')
    t.match(daemon.requests, [{ action: 'up' }, { action: 'stop', project: 'shop', timeoutSeconds: 7 }])
  })

  t.test('must kill on a second Ctrl-C', async (t) => {
    const daemon = await fakeDaemon(t)
    daemon.status = shop(replica('db'), replica('web'))
    daemon.logs = [line('web', 'hello')]
    daemon.script = (_request, index) => (index === 1 ? { before: new Promise(() => {}) } : {})
    const { bulkhead, interrupt, printed } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    const running = bulkhead('up')
    await until(() => printed().includes('hello'), 'the output')
    interrupt()
    await until(() => daemon.requests.length === 2, 'the stop')
    interrupt()
    t.equal((await running).code, 130)
    t.match(daemon.requests, [{}, { action: 'stop' }, { action: 'stop', timeoutSeconds: 0 }])
  })

  t.test('must stop what a deployment has begun when Ctrl-C comes before its end', async (t) => {
    const daemon = await fakeDaemon(t)
    daemon.status = shop()
    daemon.script = (_request, index) =>
      index === 0 ? { events: created, before: new Promise(() => {}) } : {}
    const { bulkhead, interrupt, printed } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    const running = bulkhead('up')
    await until(() => printed().includes('Created'), 'progress')
    interrupt()
    t.equal((await running).code, 130)
    t.match(daemon.requests, [{ action: 'up' }, { action: 'stop' }])
  })

  t.test('must end when all containers have ended, and say how', async (t) => {
    const daemon = await fakeDaemon(t)
    const finishedAt = new Date().toISOString()
    daemon.status = shop(
      replica('db', { state: 'exited', finishedAt }),
      replica('web', { state: 'exited', exitCode: 4, finishedAt }),
    )
    daemon.logs = [line('web', 'bye')]
    const { bulkhead } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    const { code, out } = await bulkhead('up --no-log-prefix')
    t.equal(code, 0)
    t.match(out, /^bye$/m)
    t.match(out, 'web-1 exited with code 4\n')
  })
})

t.test('down', async (t) => {
  t.test('must work by name alone, from any folder', async (t) => {
    const daemon = await fakeDaemon(t)
    daemon.script = () => ({ operations: 3 })
    const { bulkhead } = await shell(t, { env: { BULKHEAD_HOST: daemon.host } })
    t.equal((await bulkhead('-p shop down -v -t 0 --remove-orphans')).code, 0)
    t.match(daemon.requests, [
      { project: 'shop', action: 'down', removeVolumes: true, removeOrphans: true, timeoutSeconds: 0 },
    ])
    t.equal(daemon.requests[0]?.bundle, undefined)
  })
  t.test('must take the name from the files, and say so when nothing is there', async (t) => {
    const daemon = await fakeDaemon(t)
    const { bulkhead } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
    t.match(await bulkhead('down'), { code: 0, err: 'Nothing to do: nothing of shop is there.\n' })
    t.equal(daemon.requests[0]?.project, 'shop')
  })
  t.test('must not be guessed without files or a name', async (t) => {
    const daemon = await fakeDaemon(t)
    const { bulkhead } = await shell(t, { env: { BULKHEAD_HOST: daemon.host } })
    t.match(await bulkhead('down'), { code: 1, err: /^error: .*Compose file/ })
    t.strictSame(daemon.requests, [])
  })
})

t.test('ps', async (t) => {
  const daemon = await fakeDaemon(t)
  daemon.status = shop(
    replica('db', { state: 'exited', exitCode: 1, finishedAt: new Date(Date.now() - 5000).toISOString() }),
    replica('web', { health: 'healthy' }),
  )
  const { bulkhead } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
  t.test('must show state and wall of each container', async (t) => {
    const { code, out } = await bulkhead('ps -a')
    t.equal(code, 0)
    const [header = '', db = '', web = ''] = out.split('\n')
    t.match(header, /^NAME +IMAGE +COMMAND +SERVICE +CREATED +STATUS +ISOLATION +PORTS$/)
    t.match(db, /^shop-db-1 .* Exited \(1\) \d seconds ago +process → runc$/)
    t.match(web, /^shop-web-1 .* Up About a minute \(healthy\)/)
    t.ok(daemon.seen.includes('GET /v1/projects/shop?all=true'))
  })
  t.test('must print ids, services and JSON for programs', async (t) => {
    t.equal((await bulkhead('ps -q web')).out, 'web0123456789abcdef\n')
    t.equal((await bulkhead('ps --services')).out, 'db\nweb\n')
    const { out } = await bulkhead('ps --format json')
    t.match(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
      [{ Name: 'shop-db-1' }, { Name: 'shop-web-1' }],
    )
    t.equal((await bulkhead('--json ps')).out, out)
  })
  t.test('must filter by state, and know which there are', async (t) => {
    t.equal((await bulkhead('ps -q --filter status=exited')).out, 'db0123456789abcdef\n')
    t.equal((await bulkhead('ps -q --status running --status exited')).out.split('\n').length, 3)
    t.match(await bulkhead('ps --status runing'), { code: 16, err: /no state/ })
    t.match(await bulkhead('ps --filter label=x'), { code: 16 })
    t.match(await bulkhead('ps nothing'), { code: 1, err: /no service "nothing"/ })
  })
  t.test('must say when nobody knows the project', async (t) => {
    t.match(await bulkhead('-p other ps'), { code: 1, err: /No project "other"/ })
  })
})

t.test('logs', async (t) => {
  const daemon = await fakeDaemon(t)
  daemon.status = shop(replica('db'), replica('web'))
  daemon.logs = [
    {
      service: 'web',
      container: 'shop-web-1',
      stream: 'stdout',
      text: 'one',
      time: '2026-01-31T12:00:00.000000001Z',
    },
    { service: 'db', container: 'shop-db-1', stream: 'stderr', text: 'two' },
  ]
  const { bulkhead, interrupt, printed } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
  t.test('must print each line on its own stream, with time where asked', async (t) => {
    t.match(await bulkhead('logs'), { code: 0, out: 'web-1  | one\n', err: 'db-1   | two\n' })
    t.match(await bulkhead('logs -t --no-log-prefix web'), { out: '2026-01-31T12:00:00.000000001Z one\n' })
    t.match(JSON.parse((await bulkhead('--json logs web')).out), { service: 'web', text: 'one' })
  })
  t.test('must ask for no more than is wanted', async (t) => {
    await bulkhead('logs --tail 5 --since 10m --until 1m web db')
    t.match(daemon.seen.at(-1), 'service=web&service=db&tail=5&since=10m&until=1m')
    t.match(await bulkhead('logs --tail some'), { code: 16, err: /--tail/ })
  })
  t.test('must follow until Ctrl-C', async (t) => {
    const running = bulkhead('logs -f')
    await until(() => printed().includes('two'), 'the output')
    interrupt()
    t.equal((await running).code, 130)
  })
})

t.test('port must print where a port is published, of the lowest number that runs', async (t) => {
  const daemon = await fakeDaemon(t)
  const published = (published: number, hostIp = '0.0.0.0') => ({
    ports: [
      { hostIp, published, target: 80, protocol: 'tcp' },
      { hostIp: undefined, published: undefined, target: 81, protocol: 'tcp' },
    ],
  })
  const first = replica('web', published(8081, '::'))
  const second = { ...replica('web', published(8082)), name: 'shop-web-2', number: 2 }
  daemon.status = shop({ ...first, state: 'running' }, second)
  const { bulkhead } = await shell(t, { files, env: { BULKHEAD_HOST: daemon.host } })
  t.match(await bulkhead('port web 80'), { code: 0, out: '[::]:8081\n' })
  t.match(await bulkhead('port --index 2 web 80/tcp'), { code: 0, out: '0.0.0.0:8082\n' })
  t.match(await bulkhead('port web 81'), { code: 1, err: /No port 81\/tcp of container "shop-web-1"/ })
  t.match(await bulkhead('port --protocol udp web 80'), { code: 1, err: /No port 80\/udp/ })
  t.match(await bulkhead('port --index 3 web 80'), { code: 1, err: /\(container 3\) is not running/ })
  t.match(await bulkhead('port web http'), { code: 16, err: /is no port/ })
})

t.test('ls must list projects as Compose does', async (t) => {
  const daemon = await fakeDaemon(t)
  daemon.projects = [
    { name: 'shop', states: { running: 2, exited: 1 }, configFiles: ['/a/compose.yaml', '/a/b.yaml'] },
    { name: 'blog', states: { running: 1 }, configFiles: [] },
  ]
  const { bulkhead } = await shell(t, { env: { BULKHEAD_HOST: daemon.host } })
  t.equal(
    (await bulkhead('ls')).out,
    'NAME   STATUS                  CONFIG FILES\nblog   running(1)              N/A\nshop   exited(1), running(2)   /a/compose.yaml,/a/b.yaml\n',
  )
  t.equal((await bulkhead('ls -q --filter name=sh')).out, 'shop\n')
  t.strictSame(JSON.parse((await bulkhead('ls -a --format json --filter name=blog')).out), [
    { Name: 'blog', Status: 'running(1)', ConfigFiles: 'N/A' },
  ])
  t.ok(daemon.seen.includes('GET /v1/projects?all=true'))
})

t.test('version', async (t) => {
  t.test('must tell of the daemon and the engine that answer', async (t) => {
    const daemon = await fakeDaemon(t)
    const { bulkhead } = await shell(t, { env: { BULKHEAD_HOST: daemon.host } })
    t.match(
      (await bulkhead('version')).out,
      /^Bulkhead version \d.*\n Daemon: 9\.9\.9 at unix:.*\n Engine: 26\.1\.5 \(API 1\.45\)\n$/,
    )
    t.match(JSON.parse((await bulkhead('version -f json')).out), { daemon: { version: '9.9.9' } })
  })
  t.test('must start no daemon, and need none', async (t) => {
    const { bulkhead } = await shell(t)
    t.match(await bulkhead('version'), { code: 0, out: /none answers/ })
    t.match(await bulkhead('version --short'), { code: 0, out: /^\d+\.\d+\.\d+\n$/ })
  })
})

t.test('a command line', async (t) => {
  t.test('that is wrong must end with 16 and a way on', async (t) => {
    const { bulkhead } = await shell(t)
    t.match(await bulkhead('upp'), { code: 16, err: /unknown command 'upp'[^]*up/ })
    t.match(await bulkhead('up --nope'), { code: 16, err: /unknown option '--nope'/ })
    t.match(await bulkhead('up -t soon'), {
      code: 16,
      err: /--timeout takes a whole number of seconds, not "soon"/,
    })
    t.match(await bulkhead('up --wait-timeout 3'), { code: 16, err: /needs --wait/ })
    t.match(await bulkhead('--progress loud up'), { code: 16 })
    t.match(await bulkhead('-H tcp://1.2.3.4 ls'), { code: 16, err: /not an address/ })
    t.match(await bulkhead(''), { code: 16, err: /Usage: bulkhead/ })
  })
  t.test('must keep global flags before the command apart from its own', async (t) => {
    const daemon = await fakeDaemon(t)
    daemon.status = { ...shop(), name: 'x' }
    const { bulkhead } = await shell(t, {
      files: { 'other.yaml': 'name: x\nservices: { web: { image: i } }\n' },
    })
    t.equal((await bulkhead(`-H ${daemon.host} -f other.yaml logs --tail 1`)).code, 0)
    t.match(daemon.seen.at(-1), '/v1/projects/x/logs')
  })
  t.test('must show help of the whole and of each command without a daemon', async (t) => {
    const { bulkhead } = await shell(t)
    t.match(await bulkhead('--help'), { code: 0, out: /Run a project:\n {2}up/ })
    for (const command of ['up', 'down', 'ps', 'logs', 'ls', 'config', 'version', 'daemon', 'daemon start']) {
      t.match(await bulkhead(`${command} --help`), {
        code: 0,
        out: new RegExp(`^Usage: bulkhead ${command}`),
      })
    }
    t.match(await bulkhead('help up'), { code: 0, out: /--wait-timeout/ })
  })
})
