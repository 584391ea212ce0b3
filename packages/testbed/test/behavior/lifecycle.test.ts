import { eventually } from '../end-to-end/harness.ts'
import { behaviors, type Scene } from './scene.ts'

const image = `image: 'bb:1', stop_grace_period: 0s`
const sleeps = `{ ${image}, command: sleep 1000 }`
const pair = `
services:
  db: ${sleeps}
  web: { ${image}, command: sleep 1000, depends_on: [db] }
  lone: ${sleeps}
`
/** `db` is healthy once it has run a moment; `web` restarts with it, `quiet` does not. */
const restarting = `
services:
  db:
    ${image.replaceAll(', ', '\n    ')}
    command: sh -c 'rm -f /tmp/up; sleep 0.3; touch /tmp/up; sleep 1000'
    healthcheck: { test: test -f /tmp/up, interval: 100ms, retries: 100 }
  web:
    ${image.replaceAll(', ', '\n    ')}
    command: sleep 1000
    depends_on: { db: { condition: service_healthy, restart: true } }
  quiet: { ${image}, command: sleep 1000, depends_on: [db] }
`

/** The start of each container by its name. */
async function starts(scene: Scene): Promise<Readonly<Record<string, string>>> {
  const entries = Object.keys(await scene.ids()).map(async (name): Promise<[string, string]> => [
    name.slice(scene.name.length + 1),
    String((await scene.inspect(name)).at('State', 'StartedAt')),
  ])
  return Object.fromEntries(await Promise.all(entries))
}

/** States by the names without the project: `web-1`. */
async function states(scene: Scene): Promise<Readonly<Record<string, string>>> {
  return shortened(scene, await scene.states())
}

async function ids(scene: Scene): Promise<Readonly<Record<string, string>>> {
  return shortened(scene, await scene.ids())
}

function shortened({ name }: Scene, record: Readonly<Record<string, string>>) {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key.slice(name.length + 1), value]))
}

await behaviors('lifecycle', '26', async (behave, house) => {
  await behave(
    'stop must stop what was named, and keep it so; start must start the chain alone',
    { 'compose.yaml': pair },
    async (scene) => {
      const { bulkhead, t } = scene
      await bulkhead('up', '-d')
      const before = await ids(scene)
      await bulkhead('stop', 'db')
      t.same(await states(scene), { 'db-1': 'exited', 'lone-1': 'running', 'web-1': 'running' })
      await house.stopDaemon()
      await house.startDaemon()
      await bulkhead('stop', 'lone', 'web')
      await bulkhead('stop', 'web')
      t.same(await states(scene), { 'db-1': 'exited', 'lone-1': 'exited', 'web-1': 'exited' })
      await bulkhead('start', '--wait', 'web')
      t.same(await states(scene), { 'db-1': 'running', 'lone-1': 'exited', 'web-1': 'running' })
      const began = await starts(scene)
      t.ok((began['db-1'] ?? '') < (began['web-1'] ?? ''), 'db before web')
      t.match((await bulkhead('start', 'web')).stderr, /Nothing to do/)
      t.same(await starts(scene), began)
      await bulkhead('start')
      t.same(new Set(Object.values(await states(scene))), new Set(['running']))
      await bulkhead('stop')
      t.match((await bulkhead('stop')).stderr, /Nothing to do/)
      t.same(new Set(Object.values(await states(scene))), new Set(['exited']))
      await bulkhead('up', '-d')
      t.same(new Set(Object.values(await states(scene))), new Set(['running']))
      t.same(await ids(scene), before)
    },
  )

  await behave(
    'restart must start the same containers anew, and what restarts with them once they are healthy',
    { 'compose.yaml': restarting },
    async (scene) => {
      const { bulkhead, docker, name, t } = scene
      await bulkhead('up', '-d')
      const [before, began] = [await ids(scene), await starts(scene)]
      await bulkhead('restart', 'db')
      const after = await starts(scene)
      t.same(await ids(scene), before)
      t.ok((after['db-1'] ?? '') > (began['db-1'] ?? ''))
      t.ok((after['web-1'] ?? '') > (after['db-1'] ?? ''))
      t.equal(after['quiet-1'], began['quiet-1'])
      // The engine keeps the last five probes alone, and makes the first when an interval is over.
      const probed = Date.parse(after['db-1'] ?? '') + 100
      t.ok(Date.parse(after['web-1'] ?? '') > probed, 'web came once db was healthy')

      await bulkhead('restart', '--no-deps', 'db')
      t.equal((await starts(scene))['web-1'], after['web-1'])
      await docker('kill', `${name}-quiet-1`)
      await bulkhead('restart', 'quiet')
      t.match(await states(scene), { 'quiet-1': 'running' })
    },
  )

  await behave(
    'a recreated service must take along what restarts with it, and nothing else',
    { 'compose.yaml': restarting },
    async (scene) => {
      const { bulkhead, t } = scene
      await bulkhead('up', '-d')
      const [before, began] = [await ids(scene), await starts(scene)]
      await bulkhead('up', '-d', '--force-recreate', 'db')
      const [after, anew] = [await ids(scene), await starts(scene)]
      t.not(after['db-1'], before['db-1'])
      t.same([after['web-1'], after['quiet-1']], [before['web-1'], before['quiet-1']])
      t.not(anew['web-1'], began['web-1'])
      t.equal(anew['quiet-1'], began['quiet-1'])
      t.match((await bulkhead('up', '-d')).stderr, /Nothing to do/)
      t.same(await ids(scene), after)
    },
  )

  await behave(
    'kill must leave dead what it kills, and not what it only tells something',
    {
      'compose.yaml': `
services:
  web: { ${image}, restart: always, command: sh -c 'trap "echo reread" HUP; while :; do sleep 0.1; done' }
  db: ${sleeps}
`,
    },
    async (scene) => {
      const { bulkhead, docker, name, t } = scene
      await bulkhead('up', '-d')
      await bulkhead('kill', '-s', 'HUP', 'web')
      await eventually(async () => (await docker('logs', `${name}-web-1`)) === 'reread')
      t.same(await states(scene), { 'db-1': 'running', 'web-1': 'running' })
      await bulkhead('kill', 'web')
      await eventually(async () => (await states(scene))['web-1'] === 'exited')
      await bulkhead('up', '-d', 'db')
      t.match(await states(scene), { 'web-1': 'exited' })
      t.equal((await scene.attempt('kill', '-s', 'NOPE', 'db')).code, 1)
      await bulkhead('start', 'web')
      t.match(await states(scene), { 'web-1': 'running' })
    },
  )

  await behave(
    'rm must remove what does not run, with -s all, and up must bring it back',
    { 'compose.yaml': pair },
    async (scene) => {
      const { bulkhead, t } = scene
      await bulkhead('up', '-d')
      await bulkhead('stop', 'web')
      t.match((await bulkhead('rm')).stderr, /Going to remove .*web-1/)
      t.match(await states(scene), { 'web-1': 'exited' }, 'nobody agreed')
      await bulkhead('rm', '-f')
      t.same(await states(scene), { 'db-1': 'running', 'lone-1': 'running' })
      await bulkhead('rm', '-sf', 'lone')
      t.same(await states(scene), { 'db-1': 'running' })
      t.match((await bulkhead('rm', '-f')).stderr, /Nothing to do/)
      await bulkhead('up', '-d')
      t.same(Object.keys(await states(scene)), ['db-1', 'lone-1', 'web-1'])
    },
  )

  await behave(
    'down of a service must spare the others, and take its own network alone',
    {
      'compose.yaml': `
services:
  db: { ${image}, command: sleep 1000, networks: [back] }
  web: { ${image}, command: sleep 1000, networks: [back, front], depends_on: [db] }
networks: { back: , front: }
`,
    },
    async (scene) => {
      const { bulkhead, docker, name, t } = scene
      await bulkhead('up', '-d')
      await bulkhead('down', 'web')
      t.same(await states(scene), { 'db-1': 'running' })
      const networks = await docker('network', 'ls', '--format', '{{.Name}}', '--filter', `name=^${name}_`)
      t.equal(networks, `${name}_back`)
      await bulkhead('up', '-d')
      t.same(Object.keys(await states(scene)), ['db-1', 'web-1'])
    },
  )

  await behave(
    'create must make containers and start none; up must start them',
    { 'compose.yaml': pair },
    async (scene) => {
      const { bulkhead, t } = scene
      await bulkhead('create')
      const made = await ids(scene)
      t.same(await states(scene), { 'db-1': 'created', 'lone-1': 'created', 'web-1': 'created' })
      t.match((await bulkhead('up', '--no-start')).stderr, /Nothing to do/)
      await bulkhead('start', 'lone')
      t.same(await states(scene), { 'db-1': 'created', 'lone-1': 'running', 'web-1': 'created' })
      await bulkhead('up', '-d')
      t.same(await ids(scene), made)
      t.same(new Set(Object.values(await states(scene))), new Set(['running']))
    },
  )

  await behave(
    '--no-recreate must hold until the next up without it, over a restart of the daemon',
    { 'compose.yaml': pair },
    async (scene) => {
      const { bulkhead, write, house, t } = scene
      await bulkhead('up', '-d')
      const before = await ids(scene)
      await write('compose.yaml', pair.replace('web: {', 'web: { hostname: changed,'))
      await bulkhead('up', '-d', '--no-recreate')
      await house.stopDaemon()
      await house.startDaemon()
      t.match(JSON.parse((await house.curl(`/v1/projects/${scene.name}`)).stdout), { converged: true })
      t.same(await ids(scene), before)
      await bulkhead('up', '-d')
      t.not((await ids(scene))['web-1'], before['web-1'])
    },
  )

  await behave(
    'up of a service must leave alone what it does not need, changed though it is',
    { 'compose.yaml': pair },
    async (scene) => {
      const { bulkhead, write, t } = scene
      await bulkhead('up', '-d')
      const before = await ids(scene)
      await write('compose.yaml', pair.replaceAll('command', 'hostname: changed, command'))
      await bulkhead('up', '-d', '--no-deps', 'web')
      let after = await ids(scene)
      t.not(after['web-1'], before['web-1'])
      t.same([after['db-1'], after['lone-1']], [before['db-1'], before['lone-1']])
      await bulkhead('up', '-d', '--force-recreate', '--no-deps', 'web')
      t.not((await ids(scene))['web-1'], after['web-1'])
      after = await ids(scene)
      t.same([after['db-1'], after['lone-1']], [before['db-1'], before['lone-1']])
      await bulkhead('up', '-d', '--always-recreate-deps', 'web')
      t.not((await ids(scene))['db-1'], before['db-1'])
      t.equal((await ids(scene))['lone-1'], before['lone-1'])
    },
  )

  await behave(
    'up --no-deps must not make dependencies, and fail where a namespace is missing',
    {
      'compose.yaml': `${pair}  inside: { ${image}, command: sleep 1000, network_mode: 'service:lone' }\n`,
    },
    async (scene) => {
      const { bulkhead, attempt, t } = scene
      await bulkhead('up', '-d', '--no-deps', 'web')
      t.same(await states(scene), { 'web-1': 'running' })
      const { code, stderr } = await attempt('up', '-d', '--no-deps', 'inside')
      t.equal(code, 1)
      t.match(stderr, /"lone", which has no container/)
      t.same(await states(scene), { 'web-1': 'running' })
    },
  )

  await behave(
    'anonymous volumes must be inherited, and renewed with -V',
    {
      'compose.yaml': `services:\n  db: { ${image}, command: sleep 1000, volumes: [/data] }\n`,
    },
    async (scene) => {
      const { bulkhead, docker, name, t } = scene
      await bulkhead('up', '-d')
      await docker('exec', `${name}-db-1`, 'touch', '/data/kept')
      await bulkhead('up', '-d', '--force-recreate')
      t.equal(await docker('exec', `${name}-db-1`, 'ls', '/data'), 'kept')
      await bulkhead('up', '-d', '--force-recreate', '-V')
      t.equal(await docker('exec', `${name}-db-1`, 'ls', '/data'), '')
    },
  )

  await behave(
    'a job that ended well must not run again, one that failed must',
    {
      'compose.yaml': `
services:
  well: { ${image}, command: 'true' }
  badly: { ${image}, command: 'false' }
  web: { ${image}, command: sleep 1000, depends_on: { well: { condition: service_completed_successfully } } }
`,
    },
    async (scene) => {
      const { bulkhead, t } = scene
      await bulkhead('up', '-d')
      await eventually(async () => (await states(scene))['badly-1'] === 'exited')
      const began = await starts(scene)
      await bulkhead('up', '-d')
      const after = await starts(scene)
      t.equal(after['well-1'], began['well-1'])
      t.not(after['badly-1'], began['badly-1'])
      await bulkhead('start', 'well')
      t.not((await starts(scene))['well-1'], began['well-1'], 'unless it is asked for by name')
    },
  )

  await behave(
    'an optional dependency must not block, a required one must',
    {
      'compose.yaml': `
services:
  sick: { ${image}, command: sleep 1000, healthcheck: { test: 'false', interval: 50ms, retries: 1 } }
  brave: { ${image}, command: sleep 1000, depends_on: { sick: { condition: service_healthy, required: false } } }
  careful: { ${image}, command: sleep 1000, depends_on: { sick: { condition: service_healthy } } }
`,
    },
    async (scene) => {
      const { bulkhead, attempt, t } = scene
      t.match((await bulkhead('up', '-d', 'brave')).stderr, /sick/)
      t.match(await states(scene), { 'brave-1': 'running' })
      const { code, stderr } = await attempt('up', '-d', 'careful')
      t.equal(code, 1)
      t.match(stderr, /sick.*unhealthy/)
      t.not((await states(scene))['careful-1'], 'running')
    },
  )

  await behave(
    'what Compose started must obey by its labels alone',
    { 'compose.yaml': restarting },
    async (scene) => {
      const { compose, begin, name, t } = scene
      await compose('up', '-d')
      const bulkhead = (...args: readonly string[]) => begin(['-p', name, ...args], { cwd: '/' }).outcome
      const [before, began] = [await ids(scene), await starts(scene)]
      t.equal((await bulkhead('restart', '-t', '0', 'db')).code, 0)
      const after = await starts(scene)
      t.same(await ids(scene), before)
      t.ok((after['web-1'] ?? '') > (after['db-1'] ?? ''), 'web restarted after db')
      t.equal(after['quiet-1'], began['quiet-1'])
      t.equal((await bulkhead('stop', '-t', '0', 'web')).code, 0)
      t.same(await states(scene), { 'db-1': 'running', 'quiet-1': 'running', 'web-1': 'exited' })
      t.equal((await bulkhead('start', 'web')).code, 0)
      t.equal((await bulkhead('kill', 'quiet')).code, 0)
      await eventually(async () => (await states(scene))['quiet-1'] === 'exited')
      t.equal((await bulkhead('rm', '-f')).code, 0)
      t.same(await states(scene), { 'db-1': 'running', 'web-1': 'running' })
      t.equal((await bulkhead('down', '-t', '0', 'web')).code, 0)
      t.same(await states(scene), { 'db-1': 'running' })
      t.equal((await bulkhead('down', '-t', '0')).code, 0)
      t.same(await states(scene), {})
    },
  )

  await behave(
    'one-off runs must not be touched by stop, start and restart',
    { 'compose.yaml': pair },
    async (scene) => {
      const { bulkhead, compose, docker, name, t } = scene
      await bulkhead('up', '-d')
      await compose('run', '-d', '--no-deps', '--name', `${name}-once`, 'lone', 'sleep', '1000')
      const began = await docker('inspect', '-f', '{{.State.StartedAt}}', `${name}-once`)
      await bulkhead('restart', 'lone')
      await bulkhead('stop')
      t.match(await states(scene), { once: 'running', 'lone-1': 'exited' })
      await bulkhead('start')
      t.equal(await docker('inspect', '-f', '{{.State.StartedAt}}', `${name}-once`), began)
      await docker('rm', '-f', `${name}-once`)
    },
  )

  await behave(
    'down --rmi local must take the images that builds made',
    {
      'compose.yaml': `services:\n  web: { build: ., command: sleep 1000, stop_grace_period: 0s }\n  db: ${sleeps}\n`,
      Dockerfile: 'FROM bb:1\nLABEL made=here\n',
    },
    async (scene) => {
      const { bulkhead, docker, name, t } = scene
      await bulkhead('up', '-d')
      t.not(await docker('images', '-q', `${name}-web`), '')
      await bulkhead('down', '--rmi', 'local')
      t.equal(await docker('images', '-q', `${name}-web`), '')
      t.not(await docker('images', '-q', 'bb:1'), '')
    },
  )

  await behave('contradicting flags must be refused', { 'compose.yaml': pair }, async ({ attempt, t }) => {
    for (const flags of [
      ['--build', '--no-build'],
      ['--force-recreate', '--no-recreate'],
      ['-V', '--no-recreate'],
      ['--scale', 'web'],
    ])
      t.equal((await attempt('up', '-d', ...flags)).code, 16, flags.join(' '))
  })
})
