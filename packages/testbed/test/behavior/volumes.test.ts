import { behaviors, type Scene } from './scene.ts'

const sleep = `[sh, -c, "trap exit TERM; sleep 1000 & wait"]`
const labeled = (label: string): string => `
services:
  db: { image: 'bb:1', command: ${sleep}, volumes: ['data:/data'] }
  backup: { image: 'bb:1', command: ${sleep}, volumes_from: [db] }
  web: { image: 'bb:1', command: ${sleep} }
volumes: { data: { labels: { kind: ${label} } } }
`
const readIn = ({ docker, name }: Scene, container: string, path: string): Promise<string> =>
  docker('exec', `${name}-${container}`, 'cat', path).catch(() => 'nothing')

await behaviors('volumes', '26', async (behave) => {
  await behave(
    'a volume whose definition changed must keep its data, and go with consent only',
    { 'compose.yaml': labeled('one') },
    async (scene) => {
      const { bulkhead, write, ids, docker, states, name, t } = scene
      await bulkhead('up', '-d')
      await docker('exec', `${name}-db-1`, 'sh', '-c', 'echo precious > /data/it')
      const before = await ids()
      await write('compose.yaml', labeled('two'))
      t.match((await bulkhead('up', '-d')).stderr, /stays as it is/)
      t.strictSame(await ids(), before)
      t.equal(await readIn(scene, 'db-1', '/data/it'), 'precious')
      await bulkhead('up', '-d', '-y', '-t', '5')
      const after = await ids()
      t.equal(await readIn(scene, 'db-1', '/data/it'), 'nothing')
      t.not(after[`${name}-backup-1`], before[`${name}-backup-1`], 'who has its volumes from there went too')
      t.equal(after[`${name}-web-1`], before[`${name}-web-1`])
      t.strictSame(Object.values(await states()), ['running', 'running', 'running'])
      t.equal(await docker('volume', 'inspect', '-f', '{{.Labels.kind}}', `${name}_data`), 'two')
      t.match((await bulkhead('up', '-d', '-y')).stderr, /Nothing to do/)
    },
  )

  await behave(
    'a volume that was renamed, or is external now, must be mounted in place of the former one, which stays',
    { 'compose.yaml': labeled('one') },
    async (scene) => {
      const { bulkhead, write, docker, name, t } = scene
      await bulkhead('up', '-d')
      await docker('exec', `${name}-db-1`, 'sh', '-c', 'echo precious > /data/it')
      await write(
        'compose.yaml',
        labeled('one').replace('data: { labels', `data: { name: ${name}-new, labels`),
      )
      await bulkhead('up', '-d', '-t', '5')
      t.equal(await readIn(scene, 'db-1', '/data/it'), 'nothing')
      await write(
        'compose.yaml',
        labeled('one').replace(/data: \{ labels.*/, `data: { name: ${name}_data, external: true } }`),
      )
      await bulkhead('up', '-d', '-t', '5')
      t.equal(await readIn(scene, 'db-1', '/data/it'), 'precious')
      t.equal(await readIn(scene, 'backup-1', '/data/it'), 'precious')
      await bulkhead('down', '-v', '-t', '5')
      t.equal(await docker('volume', 'inspect', '-f', '{{.Name}}', `${name}_data`), `${name}_data`)
      await docker('volume', 'rm', `${name}_data`)
    },
  )

  await behave(
    'binds, driver options, subpaths and nocopy must reach the mount, and be no change the second time',
    {
      'kept/text': 'from the host\n',
      'compose.yaml': `
services:
  web:
    image: 'bb:1'
    command: ${sleep}
    volumes:
      - ./kept:/kept:ro
      - made:/made
      - bound:/bound
      - { type: volume, source: bare, target: /etc, volume: { nocopy: true } }
      - { type: tmpfs, target: /quick, tmpfs: { size: 1m } }
volumes:
  made: { driver_opts: { type: tmpfs, device: tmpfs, o: size=2m } }
  bound: { driver_opts: { type: none, device: '\${PWD_OF_IT}/kept', o: bind } }
  bare: {}
`,
    },
    async (scene) => {
      const { bulkhead, docker, write, folder, ids, name, t } = scene
      await write('.env', `PWD_OF_IT=${folder}`)
      await bulkhead('up', '-d')
      const before = await ids()
      t.equal(await readIn(scene, 'web-1', '/kept/text'), 'from the host')
      t.equal(await readIn(scene, 'web-1', '/bound/text'), 'from the host')
      await t.rejects(docker('exec', `${name}-web-1`, 'touch', '/kept/other'))
      t.match(await docker('exec', `${name}-web-1`, 'mount'), /tmpfs on \/made .*size=2048k/)
      t.equal(await readIn(scene, 'web-1', '/etc/passwd'), 'nothing', 'not filled from the image')
      t.match((await bulkhead('up', '-d')).stderr, /Nothing to do/)
      t.strictSame(await ids(), before)
    },
  )

  await behave(
    'an anonymous volume must go on with its data in a container that replaces another',
    { 'compose.yaml': `services: { web: { image: 'bb:1', command: ${sleep}, volumes: [/data] } }` },
    async (scene) => {
      const { bulkhead, write, docker, ids, name, t } = scene
      await bulkhead('up', '-d')
      const before = await ids()
      await docker('exec', `${name}-web-1`, 'sh', '-c', 'echo precious > /data/it')
      await write(
        'compose.yaml',
        `services: { web: { image: 'bb:1', command: ${sleep}, volumes: [/data], hostname: other } }`,
      )
      await bulkhead('up', '-d', '-t', '5')
      t.not((await ids())[`${name}-web-1`], before[`${name}-web-1`])
      t.equal(await readIn(scene, 'web-1', '/data/it'), 'precious')
    },
  )

  await behave(
    'an image as a volume must be refused with a place where the engine has none',
    {
      'compose.yaml': `services: { web: { image: 'bb:1', volumes: [{ type: image, source: 'bb:1', target: /x }] } }`,
    },
    async ({ attempt, ids, t }) => {
      const { code, stderr } = await attempt('up', '-d')
      t.equal(code, 1)
      t.match(stderr, /compose\.yaml:1:\d+/)
      t.match(stderr, /image/)
      t.strictSame(await ids(), {})
    },
  )
})
