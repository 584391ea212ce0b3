// What people have asked Compose and its rivals for, and what takes a daemon that stays. Numbers are those of their threads.
import t from 'tap'
import { releases } from '../../src/index.ts'
import { eventually, openHouse } from '../end-to-end/harness.ts'
import { engineCaller } from '../soak/engine.ts'
import { behaviors, openScene, type Scene } from './scene.ts'

const one = `image: 'bb:1', init: true, stop_grace_period: 1s`
const sleeps = `${one}, command: sleep 1000`
const probe = `interval: 100ms, timeout: 5s`

const reboot = `
services:
  db:
    { ${one}, restart: always, command: [sh, -c, 'rm -f /tmp/up; sleep 1; touch /tmp/up; exec sleep 1000'],
      healthcheck: { test: test -f /tmp/up, retries: 50, ${probe} } }
  web: { ${sleeps}, restart: unless-stopped, depends_on: { db: { condition: service_healthy } } }
`

interface Service {
  readonly name: string
  readonly breaker?: { readonly reason: string }
}

await behaviors('stays', '26', async (behave) => {
  // compose#4826, compose#6669, moby#28400, moby#49161, komodo#864
  await behave(
    'what is unhealthy must be restarted with its dependents, and be left alone once its tries are used up',
    {
      'compose.yaml': `
services:
  web:
    { ${one}, command: [sh, -c, 'rm -f /tmp/ill; exec sleep 1000'],
      healthcheck: { test: '! ls /tmp/ill /tmp/doomed 2>&1 | grep -q ^/tmp', retries: 2, ${probe} },
      x-bulkhead: { health: { on_unhealthy: restart, retries: 1, window: 5m } } }
  app: { ${sleeps}, depends_on: { web: { condition: service_healthy, restart: true } } }
  other: { ${sleeps} }
`,
    },
    async (scene) => {
      const { bulkhead, docker, ids, name, t } = scene
      await bulkhead('up', '-d')
      const [before, first] = [await ids(), await starts(scene)]
      await docker('exec', `${name}-web-1`, 'touch', '/tmp/ill')
      await eventually(async () => (await starts(scene)).app !== first.app)
      t.ok(((await starts(scene)).app ?? '') > ((await starts(scene)).web ?? ''), 'app came after web')
      await docker('exec', `${name}-web-1`, 'touch', '/tmp/doomed')
      const web = async (): Promise<Service | undefined> => serviceOf(scene, 'web')
      await eventually(async () => (await web())?.breaker !== undefined)
      t.match((await web())?.breaker?.reason, /web-1 is unhealthy/)
      const last = await starts(scene)
      await turn(scene)
      t.same(await starts(scene), last)
      t.equal(last.other, first.other)
      t.same(await ids(), before)
    },
  )

  // compose#11872, compose#10263, compose#6626, dockhand#991, dockhand#844
  await behave(
    'who lives in the network of another must be there again when that was killed, and when it was replaced',
    { 'compose.yaml': tunnel('first') },
    async (scene) => {
      const { bulkhead, docker, write, name, t } = scene
      const shared = async (): Promise<boolean> => {
        const of = (service: string): Promise<string> =>
          docker('exec', `${name}-${service}-1`, 'readlink', '/proc/self/ns/net').catch(() => service)
        return (await of('vpn')) === (await of('app'))
      }
      await bulkhead('up', '-d')
      const first = await starts(scene)
      await docker('kill', `${name}-vpn-1`)
      await eventually(async () => (await starts(scene)).vpn !== first.vpn && (await shared()))
      await write('compose.yaml', tunnel('second'))
      await bulkhead('up', '-d', 'vpn')
      await eventually(shared)
      t.equal(await docker('exec', `${name}-app-1`, 'hostname'), 'second')
    },
  )

  // compose#13211
  await behave(
    'dependents must reach a dependency that somebody removed, and be restarted with it where the file says so',
    {
      'compose.yaml': `
services:
  db: { ${sleeps}, healthcheck: { test: 'true', ${probe} } }
  proxy: { ${sleeps}, depends_on: { db: { condition: service_healthy, restart: true } } }
  client: { ${sleeps}, depends_on: [db] }
`,
    },
    async (scene) => {
      const { bulkhead, docker, inspect, name, t } = scene
      await bulkhead('up', '-d')
      const first = await starts(scene)
      await docker('rm', '-f', `${name}-db-1`)
      await eventually(async () => (await starts(scene)).proxy !== first.proxy)
      const again = await starts(scene)
      const healthy = (await inspect(`${name}-db-1`)).at('State', 'Health', 'Log', 0, 'Start')
      t.ok(Date.parse(again.proxy ?? '') > Date.parse(String(healthy)), 'once it was healthy')
      t.equal(again.client, first.client)
      await t.resolves(docker('exec', `${name}-client-1`, 'ping', '-c1', '-W2', 'db'))
    },
  )

  // dockhand#256, compose#14029
  await behave(
    'of several projects in one folder only the one that changed must be touched, and by a dry run none',
    {},
    async (scene) => {
      const { bulkhead, write, docker, name, t } = scene
      const projects = ['a', 'b'].map((part) => ({ file: `${part}.yaml`, project: `${name}-${part}` }))
      const upAll = async (...more: readonly string[]): Promise<void> => {
        for (const { file, project } of projects)
          await bulkhead('-f', file, '-p', project, 'up', '-d', ...more)
      }
      const all = async (): Promise<readonly string[]> =>
        (await docker('ps', '--filter', `name=${name}-`, '--format', '{{.Names}} {{.ID}}')).split('\n').sort()
      t.teardown(async () => {
        for (const { project } of projects) await bulkhead('-p', project, 'down', '-t', '0')
      })
      for (const { file } of projects) await write(file, `services: { web: { ${sleeps} } }`)
      await upAll()
      const before = await all()
      await write('b.yaml', `services: { web: { ${sleeps}, hostname: changed } }`)
      await upAll('--dry-run')
      t.same(await all(), before)
      await upAll()
      const after = await all()
      t.equal(after.length, 2)
      t.same(
        after.filter((line) => !before.includes(line)).map((line) => line.split(' ')[0]),
        [`${name}-b-web-1`],
      )
    },
  )

  // dockge#388, dockge#177, dockge#806
  await behave(
    'a job that ended well must not make its project a failed one; what somebody stops must show at once',
    {
      'compose.yaml': `services: { job: { ${one}, command: 'true' }, web: { ${sleeps}, depends_on: { job: { condition: service_completed_successfully } } } }`,
    },
    async ({ bulkhead, docker, house, name, t }) => {
      await bulkhead('up', '-d')
      const seen = () => house.get(`/v1/projects/${name}`)
      t.match(await seen(), { converged: true })
      const listed = async (): Promise<string> =>
        (await bulkhead('ls', '-a')).stdout.split('\n').find((line) => line.startsWith(`${name} `)) ?? ''
      t.match(await listed(), /running\(1\)/)
      t.notMatch(await listed(), /fail|unhealthy/i)
      await docker('stop', '-t', '0', `${name}-web-1`)
      await eventually(async () => (await listed()).includes('exited(2)'), 5000)
      t.match((await bulkhead('ps', '-a')).stdout, /held/)
    },
  )

  // portainer#13298
  await behave(
    'drift must be repaired after a deployment by hand, a forced one and a failed one as before',
    { 'compose.yaml': `services: { web: { ${sleeps} } }` },
    async ({ attempt, bulkhead, docker, ids, name, write, t }) => {
      const comesBack = async (): Promise<void> => {
        const gone = (await ids())[`${name}-web-1`]
        await docker('rm', '-f', `${name}-web-1`)
        await eventually(async () => ![undefined, gone].includes((await ids())[`${name}-web-1`]))
      }
      await bulkhead('up', '-d')
      await comesBack()
      await bulkhead('up', '-d', '--force-recreate')
      await comesBack()
      await write('compose.yaml', `services: { web: { ${sleeps}, image: 'localhost:1/none:1' } }`)
      t.equal((await attempt('up', '-d')).code, 1)
      await write('compose.yaml', `services: { web: { ${sleeps} } }`)
      await bulkhead('up', '-d')
      await comesBack()
    },
  )

  // Dokploy#617, Dokploy#2497, coolify#7313, coolify#10593, Dokploy#2771, cli#595
  await behave(
    'a deployment whose image does not come must leave all running, and a whole project go back to what it was',
    { 'compose.yaml': pair('first', 'bb:1') },
    async (scene) => {
      const { attempt, bulkhead, inspect, ids, name, write, t } = scene
      const said = async (): Promise<readonly unknown[]> =>
        Promise.all(
          ['web', 'db'].map(async (service) =>
            (await inspect(`${name}-${service}-1`)).at('Config', 'Hostname'),
          ),
        )
      await bulkhead('up', '-d')
      const [before, began] = [await ids(), await starts(scene)]
      await write('compose.yaml', pair('second', 'localhost:1/none:1'))
      t.equal((await attempt('up', '-d')).code, 1)
      t.same([await ids(), await starts(scene)], [before, began], 'nothing was stopped')
      await write('compose.yaml', pair('third', 'bb:1'))
      await bulkhead('up', '-d')
      t.same(await said(), ['third', 'third'])
      await bulkhead('rollback')
      t.same(await said(), ['first', 'first'])
      t.match((await bulkhead('history')).stdout, /^\D*4 /m)
    },
  )

  // compose#10754, compose#10696, moby#20648, dockge#861
  await behave(
    'of several who bring the same project up at once all must succeed, with one network and one container each',
    { 'compose.yaml': `services: { web: { ${sleeps}, scale: 2 } }\nnetworks: { default: {} }` },
    async ({ attempt, docker, states, name, t }) => {
      const ended = await Promise.all(Array.from({ length: 4 }, () => attempt('up', '-d')))
      t.same(
        ended.map(({ code }) => code),
        [0, 0, 0, 0],
      )
      t.same(await states(), { [`${name}-web-1`]: 'running', [`${name}-web-2`]: 'running' })
      t.equal((await docker('network', 'ls', '-q', '--filter', `name=${name}`)).split('\n').length, 1)
    },
  )

  // compose#13391, compose#6704
  await behave(
    'a service whose replacement fails again and again must keep its name, and gain no other',
    { 'compose.yaml': `services: { web: { ${sleeps} } }` },
    async ({ attempt, bulkhead, states, name, write, t }) => {
      await bulkhead('up', '-d')
      for (const version of [1, 2, 3]) {
        await write(
          'compose.yaml',
          `services: { web: { image: 'bb:1', command: /none, hostname: v${version} } }`,
        )
        t.equal((await attempt('up', '-d')).code, 1)
        t.same(Object.keys(await states()), [`${name}-web-1`])
      }
      await write('compose.yaml', `services: { web: { ${sleeps} } }`)
      await bulkhead('up', '-d')
      t.same(await states(), { [`${name}-web-1`]: 'running' })
    },
  )

  // compose#12317, compose#8925, compose#5451
  await behave(
    'logs that are followed must go on when the container is restarted and when it is replaced',
    {
      'compose.yaml': `services: { web: { ${one}, command: [sh, -c, 'echo life of $$(hostname); exec sleep 1000'], hostname: one } }`,
    },
    async ({ begin, bulkhead, docker, name, write }) => {
      await bulkhead('up', '-d')
      const logs = begin(['logs', '-f', 'web'])
      await logs.until(/life of one/)
      await docker('restart', '-t', '0', `${name}-web-1`)
      await logs.until(/(life of one[^]*){2}/)
      await write(
        'compose.yaml',
        `services: { web: { ${one}, command: [sh, -c, 'echo life of $$(hostname); exec sleep 1000'], hostname: two } }`,
      )
      await bulkhead('up', '-d')
      await logs.until(/life of two/)
      logs.interrupt()
      await logs.outcome
    },
  )

  // compose#13149, compose#734, compose#1786, compose#1663, portainer#8465, podman-compose#1038, Dokploy#2497
  await behave(
    'a new version must come in without a lost request, and a bad one go back by itself without one',
    { 'compose.yaml': rolling('v1', 'true') },
    async ({ attempt, bulkhead, docker, inspect, states, name, write, t }) => {
      await bulkhead('up', '-d')
      const versions = async (): Promise<readonly unknown[]> =>
        Promise.all(
          [1, 2].map(async (number) => (await inspect(`${name}-web-${number}`)).at('Config', 'Hostname')),
        )
      const lost = (): Promise<string> => docker('exec', `${name}-client-1`, 'cat', '/tmp/lost')
      await write('compose.yaml', rolling('v2', 'true'))
      await bulkhead('up', '-d')
      t.same(await versions(), ['v2', 'v2'])
      await write('compose.yaml', rolling('v3', 'false'))
      t.equal((await attempt('up', '-d')).code, 1)
      await eventually(async () => Object.keys(await states()).length === 3)
      t.same(await versions(), ['v2', 'v2'])
      t.match(await docker('logs', `${name}-client-1`), /^v1\n[^]*^v2\n/m)
      t.equal(await lost(), '')
    },
  )
})

const { available } = await releases()

// compose#12589, for-win#13968
await t.test(
  'after a restart of the engine all must come up in their order, each once what it needs is healthy',
  { skip: !available.includes('26') },
  async (t) => {
    const house = await openHouse('26', { name: `reboot-${process.pid}`, images: ['bb:1'] })
    t.teardown(() => house.close())
    await house.startDaemon()
    const scene = await openScene(house, 'reboot', t)
    const { bulkhead, inspect, states, write, name } = scene
    await write('compose.yaml', reboot)
    await bulkhead('up', '-d')
    const first = await starts(scene)
    process.kill(await engineCaller(house.engine).pid(), 'SIGKILL')
    await house.engine.revive()
    await eventually(async () => {
      const now = await starts(scene)
      return (
        (now.web ?? '') > (now.db ?? '') &&
        now.db !== first.db &&
        Object.values(await states()).every((state) => state === 'running')
      )
    })
    const healthy = (await inspect(`${name}-db-1`)).at('State', 'Health', 'Log', 0, 'End')
    const { web = '', db = '' } = await starts(scene)
    t.ok(Date.parse(web) > Date.parse(String(healthy)), `web ${web} came after db ${db} was healthy`)
    await bulkhead('down', '-t', '0')
  },
)

/** When the first container of each service was started last, by the service's name; empty while it is away. */
async function starts({ docker, ids, name }: Scene): Promise<Readonly<Record<string, string>>> {
  const format = '{{.Name}} {{.State.StartedAt}}'
  const seen = await docker('inspect', '-f', format, ...Object.values(await ids())).catch(() => '')
  const lines = seen.split('\n').map((line) => line.replace(`/${name}-`, '').replace('-1 ', ' ').split(' '))
  return Object.fromEntries(lines) as Readonly<Record<string, string>>
}

async function serviceOf({ house, name }: Scene, service: string): Promise<Service | undefined> {
  const { services } = await house.get(`/v1/projects/${name}`)
  return (services as readonly Service[]).find((one) => one.name === service)
}

/** Rounds of another project prove that the loop has had its turn. */
async function turn({ bulkhead, write, name }: Scene): Promise<void> {
  await write('turn.yaml', `services: { web: { ${sleeps} } }`)
  const other = ['-f', 'turn.yaml', '-p', `${name}-turn`]
  await bulkhead(...other, 'up', '-d')
  await bulkhead(...other, 'down', '-t', '0')
}

function tunnel(host: string): string {
  return `
services:
  vpn: { ${sleeps}, hostname: ${host} }
  app: { ${sleeps}, network_mode: 'service:vpn' }
`
}

function pair(version: string, image: string): string {
  return `
services:
  web: { ${sleeps.replace('bb:1', image)}, hostname: ${version}, networks: [${version}] }
  db: { ${sleeps}, hostname: ${version}, networks: [${version}] }
networks: { ${version}: {} }
`
}

function rolling(version: string, probing: string): string {
  return `
services:
  web:
    ${one.replaceAll(', ', '\n    ')}
    hostname: ${version}
    command: [sh, -c, 'mkdir -p /www; hostname >/www/index.html; exec httpd -f -p 3000 -h /www']
    healthcheck: { test: '${probing}', retries: 1, ${probe} }
    deploy:
      replicas: 2
      update_config: { order: start-first, parallelism: 2, failure_action: rollback }
    x-bulkhead: { drain: 1s }
  client:
    ${one.replaceAll(', ', '\n    ')}
    depends_on: { web: { condition: service_healthy } }
    command: [sh, -c, 'touch /tmp/lost; while :; do wget -qO- http://web:3000/ || date >>/tmp/lost; sleep 0.02; done']
`
}
