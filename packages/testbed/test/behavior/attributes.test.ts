import { behaviors } from './scene.ts'

const newer = `
services:
  web:
    image: 'bb:1'
    command: sleep 1000
    healthcheck: { test: 'true', start_interval: 1s }
    networks:
      back:
        interface_name: eth9
networks:
  back:
`

await behaviors('attributes', '20', async (behave) => {
  await behave(
    'what the engine cannot do must be refused at its line before anything is touched',
    { 'compose.yaml': newer },
    async ({ attempt, docker, name, t }) => {
      const { code, stderr } = await attempt('up', '-d')
      t.equal(code, 1)
      t.match(stderr, /compose\.yaml:9:\d+/)
      t.match(stderr, /network interface, which comes with Docker 28\.1 \(API 1\.49\)/)
      t.equal(await docker('ps', '-aq', '--filter', `name=${name}`), '')
      t.equal(await docker('network', 'ls', '-q', '--filter', `name=${name}`), '')
    },
  )
})

await behaviors('attributes', '26', async (behave) => {
  await behave(
    'what the engine leaves out must be told, and a seccomp profile and links must work',
    {
      'profile.json': JSON.stringify({
        defaultAction: 'SCMP_ACT_ALLOW',
        syscalls: [{ names: ['mkdir', 'mkdirat'], action: 'SCMP_ACT_ERRNO' }],
      }),
      'compose.yaml': `
services:
  db:
    image: 'bb:1'
    command: sleep 1000
    init: true
  web:
    image: 'bb:1'
    command: sleep 1000
    init: true
    environment: [PATH=/bin, LEFT_OUT]
    links: ['db:store']
    cpu_count: 1
    security_opt: ['seccomp:./profile.json']
`,
    },
    async ({ bulkhead, docker, name, t }) => {
      const { stderr } = await bulkhead('up', '-d')
      t.match(stderr, /cpu_count, which a Linux engine ignores/)
      const web = `${name}-web-1`
      t.match(await docker('exec', web, 'nslookup', 'store'), /Address/)
      await t.rejects(docker('exec', web, 'mkdir', '/made'), /not permitted/i)
      t.equal(await docker('exec', web, 'sh', '-c', 'echo ${LEFT_OUT-absent}'), 'absent')
    },
  )
})
