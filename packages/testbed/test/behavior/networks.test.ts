import { eventually } from '../end-to-end/harness.ts'
import { behaviors, type Scene } from './scene.ts'

const sleep = `[sh, -c, "trap exit TERM; sleep 1000 & wait"]`
const addressed = (subnet: string): string => `
services:
  db: { image: 'bb:1', command: ${sleep}, networks: { back: { ipv4_address: 10.231.${subnet}.10, aliases: [store] } } }
  web: { image: 'bb:1', command: ${sleep}, depends_on: [db], networks: [back, default] }
networks:
  back: { ipam: { config: [{ subnet: 10.231.${subnet}.0/24 }] } }
`
const plain = `services: { web: { image: 'bb:1', command: ${sleep} } }`

const addressOn = async ({ inspect, name }: Scene, container: string, network: string): Promise<unknown> =>
  (await inspect(`${name}-${container}`)).at('NetworkSettings', 'Networks', network, 'IPAddress')
const startOf = async ({ inspect, name }: Scene, container: string): Promise<unknown> =>
  (await inspect(`${name}-${container}`)).at('State', 'StartedAt')

await behaviors('networks', '26', async (behave) => {
  await behave(
    'a network whose subnet changed must be made again, its containers stay and be addressed anew',
    { 'compose.yaml': addressed('1') },
    async (scene) => {
      const { bulkhead, write, ids, states, docker, name, t } = scene
      await bulkhead('up', '-d')
      const before = await ids()
      const web = await startOf(scene, 'web-1')
      // A changed address is another service; the network's change alone would keep the container.
      await write('compose.yaml', addressed('2'))
      await bulkhead('up', '-d', '-t', '5')
      t.equal((await ids())[`${name}-web-1`], before[`${name}-web-1`], 'who only is on it stays itself')
      t.not(await startOf(scene, 'web-1'), web, 'and starts anew')
      t.strictSame(Object.values(await states()), ['running', 'running'])
      t.equal(await addressOn(scene, 'db-1', `${name}_back`), '10.231.2.10')
      t.match(await docker('exec', `${name}-web-1`, 'ping', '-c1', '-W2', 'store'), /10\.231\.2\.10/)
      t.match((await bulkhead('up', '-d')).stderr, /Nothing to do/)
    },
  )

  await behave(
    'who was taken off a network must be put back with address and names, without a restart',
    { 'compose.yaml': addressed('3') },
    async (scene) => {
      const { bulkhead, ids, docker, name, t } = scene
      await bulkhead('up', '-d')
      const [before, started] = [await ids(), await startOf(scene, 'db-1')]
      await docker('network', 'disconnect', `${name}_back`, `${name}-db-1`)
      await eventually(async () => (await addressOn(scene, 'db-1', `${name}_back`)) === '10.231.3.10')
      t.match(await docker('exec', `${name}-web-1`, 'ping', '-c1', '-W2', 'store'), /10\.231\.3\.10/)
      t.strictSame(await ids(), before)
      t.equal(await startOf(scene, 'db-1'), started)
    },
  )

  await behave(
    'a network that somebody removed must come back with those that were on it',
    { 'compose.yaml': addressed('4') },
    async ({ bulkhead, ids, docker, name, t }) => {
      await bulkhead('up', '-d')
      const before = await ids()
      await docker('stop', '-t', '5', `${name}-web-1`, `${name}-db-1`)
      await docker('network', 'rm', `${name}_back`)
      await bulkhead('up', '-d')
      t.match(await docker('exec', `${name}-web-1`, 'ping', '-c1', '-W2', 'db'), /10\.231\.4\.10/)
      t.strictSame(await ids(), before)
    },
  )

  await behave(
    'a network that was renamed must be replaced, and the former one be gone',
    { 'compose.yaml': plain },
    async ({ bulkhead, write, docker, name, t }) => {
      await bulkhead('up', '-d')
      await write('compose.yaml', `${plain}\nnetworks: { default: { name: ${name}-lan } }`)
      await bulkhead('up', '-d', '-t', '5')
      const names = (
        await docker('network', 'ls', '--filter', `name=${name}`, '--format', '{{.Name}}')
      ).split('\n')
      t.strictSame(names, [`${name}-lan`])
      await bulkhead('down', '-t', '5')
      t.equal(await docker('network', 'ls', '-q', '--filter', `name=${name}`), '')
    },
  )

  await behave(
    'a network on which others are must be refused before anything is stopped',
    { 'compose.yaml': plain },
    async (scene) => {
      const { bulkhead, attempt, write, docker, name, t } = scene
      await bulkhead('up', '-d')
      const started = await startOf(scene, 'web-1')
      await docker(
        'run',
        '-d',
        '--name',
        `${name}-guest`,
        '--network',
        `${name}_default`,
        'bb:1',
        'sleep',
        '1000',
      )
      t.teardown(() => docker('rm', '-f', `${name}-guest`).catch(() => undefined))
      await write('compose.yaml', `${plain}\nnetworks: { default: { internal: true } }`)
      const { code, stderr } = await attempt('up', '-d', '-t', '5')
      t.equal(code, 1)
      t.match(stderr, `${name}-guest`)
      t.equal(await startOf(scene, 'web-1'), started)
      await docker('rm', '-f', `${name}-guest`)
      await bulkhead('up', '-d', '-t', '5')
      t.equal(await docker('network', 'inspect', '-f', '{{.Internal}}', `${name}_default`), 'true')
    },
  )

  await behave(
    'an external network that is another by now must be joined anew',
    { 'compose.yaml': `${plain}\nnetworks: { default: { name: far, external: true } }` },
    async ({ bulkhead, attempt, write, docker, ids, name, t }) => {
      const far = `${name}-far`
      const text = plain.replace('web: {', 'web: { networks: [far],')
      await write(
        'compose.yaml',
        `${text.replace(/ }$/, `, free: { image: 'bb:1', command: ${sleep} } }`)}\nnetworks: { far: { name: ${far}, external: true } }`,
      )
      t.equal((await attempt('up', '-d')).code, 1, 'a missing one fails its users')
      await bulkhead('up', '-d', 'free')
      await docker('network', 'create', far)
      t.teardown(() => docker('network', 'rm', far).catch(() => undefined))
      await bulkhead('up', '-d')
      const before = await ids()
      await docker('stop', '-t', '5', `${name}-web-1`)
      await docker('network', 'rm', far)
      await docker('network', 'create', far)
      await bulkhead('up', '-d')
      t.strictSame(await ids(), before)
      const on = await docker('network', 'inspect', '-f', '{{range .Containers}}{{.Name}}{{end}}', far)
      t.equal(on, `${name}-web-1`)
      await bulkhead('down', '-t', '5')
      t.equal(await docker('network', 'ls', '--filter', `name=${far}`, '--format', '{{.Name}}'), far)
    },
  )

  await behave(
    'aliases, links, MAC addresses and ranges of exposed ports must reach the container',
    {
      'compose.yaml': `
services:
  db: { image: 'bb:1', command: ${sleep}, networks: { back: { aliases: [store] } }, expose: ['3000-3001'] }
  web: { image: 'bb:1', command: ${sleep}, links: ['db:base'], networks: { back: { mac_address: '02:42:ac:11:00:99' } } }
networks: { back: {} }
`,
    },
    async ({ bulkhead, docker, inspect, name, t }) => {
      await bulkhead('up', '-d')
      for (const alias of ['store', 'base', 'db', `${name}-db-1`])
        await t.resolves(docker('exec', `${name}-web-1`, 'ping', '-c1', '-W2', alias), alias)
      t.match(await docker('exec', `${name}-web-1`, 'ip', 'link'), /02:42:ac:11:00:99/)
      t.strictSame((await inspect(`${name}-db-1`)).at('Config', 'ExposedPorts'), {
        '3000/tcp': {},
        '3001/tcp': {},
      })
    },
  )

  await behave(
    'links must resolve on the default bridge, and who has them follow when the other is replaced',
    {
      'compose.yaml': `
services:
  db: { image: 'bb:1', command: ${sleep}, network_mode: bridge }
  web: { image: 'bb:1', command: ${sleep}, network_mode: bridge, links: ['db:base'] }
`,
    },
    async ({ bulkhead, write, docker, name, t }) => {
      await bulkhead('up', '-d')
      await t.resolves(docker('exec', `${name}-web-1`, 'ping', '-c1', '-W2', 'base'))
      await write(
        'compose.yaml',
        `
services:
  db: { image: 'bb:1', command: ${sleep}, network_mode: bridge, environment: { CHANGED: '1' } }
  web: { image: 'bb:1', command: ${sleep}, network_mode: bridge, links: ['db:base'] }
`,
      )
      await bulkhead('up', '-d', '-t', '5')
      await t.resolves(docker('exec', `${name}-web-1`, 'ping', '-c1', '-W2', 'base'))
    },
  )

  await behave(
    'a fixed address of either family must be that of the container, and no change the second time',
    {
      'compose.yaml': `
services:
  web: { image: 'bb:1', command: ${sleep}, networks: { back: { ipv4_address: 10.231.7.10, ipv6_address: 'fd00:b:7::10' } } }
networks:
  back: { enable_ipv6: true, ipam: { config: [{ subnet: 10.231.7.0/24 }, { subnet: 'fd00:b:7::/64' }] } }
`,
    },
    async ({ bulkhead, docker, inspect, name, t }) => {
      await bulkhead('up', '-d')
      const network = (await inspect(`${name}-web-1`)).at('NetworkSettings', 'Networks', `${name}_back`)
      t.match(network, { IPAddress: '10.231.7.10', GlobalIPv6Address: 'fd00:b:7::10' })
      t.match(await docker('exec', `${name}-web-1`, 'ip', '-6', 'addr'), /inet6 fd00:b:7::10\/64/)
      t.match((await bulkhead('up', '-d')).stderr, /Nothing to do/)
    },
  )

  await behave(
    'a one-off and a container from elsewhere must share namespaces as the file says',
    {
      'compose.yaml': `
services:
  vpn: { image: 'bb:1', command: ${sleep} }
  tool: { image: 'bb:1', command: ${sleep}, network_mode: 'service:vpn', ipc: 'container:\${GUEST}' }
`,
    },
    async ({ bulkhead, docker, write, name, t }) => {
      const guest = `${name}-guest`
      await write('.env', `GUEST=${guest}`)
      await docker('run', '-d', '--init', '--name', guest, '--ipc', 'shareable', 'bb:1', 'sleep', '1000')
      t.teardown(() => docker('rm', '-f', guest).catch(() => undefined))
      const namespaces = ['sh', '-c', 'cd /proc/self/ns && readlink net && readlink ipc']
      const { stdout } = await bulkhead('run', '--rm', '-T', 'tool', ...namespaces)
      const [net, ipc] = stdout.trim().split('\n')
      t.equal(
        net,
        (await docker('exec', `${name}-vpn-1`, ...namespaces)).split('\n')[0],
        'it was started for it',
      )
      t.equal(ipc, (await docker('exec', guest, ...namespaces)).split('\n')[1])
    },
  )

  await behave(
    'who lives in the namespaces of another must be there again after that was restarted, killed or removed',
    {
      'compose.yaml': `
services:
  vpn: { image: 'bb:1', command: ${sleep}, ipc: shareable }
  app: { image: 'bb:1', command: ${sleep}, network_mode: 'service:vpn', ipc: 'service:vpn' }
`,
    },
    async ({ bulkhead, docker, ids, name, t }) => {
      const shared = async (): Promise<boolean> => {
        const of = (container: string): Promise<string> =>
          docker('exec', container, 'sh', '-c', 'cd /proc/self/ns && readlink net && readlink ipc').catch(
            () => `${container} is away`,
          )
        return (await of(`${name}-vpn-1`)) === (await of(`${name}-app-1`))
      }
      await bulkhead('up', '-d')
      t.ok(await shared())
      const before = await ids()
      await docker('restart', '-t', '5', `${name}-vpn-1`)
      await eventually(shared)
      t.strictSame(await ids(), before)
      await docker('rm', '-f', `${name}-vpn-1`)
      await eventually(shared)
    },
  )

  await behave(
    'networks and volumes that no service uses must be made with --all-resources only',
    { 'compose.yaml': `${plain}\nnetworks: { spare: {} }\nvolumes: { data: {} }` },
    async ({ bulkhead, docker, name, t }) => {
      const list = async (): Promise<string> =>
        `${await docker('network', 'ls', '-q', '--filter', `name=${name}_spare`)}${await docker('volume', 'ls', '-q', '--filter', `name=${name}_data`)}`
      await bulkhead('up', '-d')
      t.equal(await list(), '')
      await bulkhead('--all-resources', 'up', '-d')
      t.match(await list(), new RegExp(`^[0-9a-f]{12}${name}_data$`))
    },
  )

  await behave(
    'a rebuilding that dies with the daemon must be taken up by the next, at whatever step',
    { 'compose.yaml': addressed('5') },
    async (scene) => {
      const { bulkhead, write, ids, docker, house, name, t } = scene
      await bulkhead('up', '-d')
      const before = await ids()
      let internal = false
      // After which call it dies is gone through on an engine in memory; here at two moments of a real one.
      for (const delay of [100, 260]) {
        internal = !internal
        await write(
          'compose.yaml',
          addressed('5').replace('back: { ipam', `back: { internal: ${internal}, ipam`),
        )
        const asking = scene.attempt('up', '-d', '-t', '5')
        await new Promise((resolve) => {
          setTimeout(resolve, delay)
        })
        await house.killDaemon()
        await house.startDaemon()
        await asking
        await bulkhead('up', '-d', '-t', '5')
        t.strictSame(await ids(), before, `killed after ${delay} ms`)
        t.equal(await docker('network', 'inspect', '-f', '{{.Internal}}', `${name}_back`), String(internal))
        t.equal(await addressOn(scene, 'db-1', `${name}_back`), '10.231.5.10')
      }
    },
  )
})
