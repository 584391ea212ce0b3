import { behaviors } from './scene.ts'

const pair = `
services:
  db: { image: 'bb:1', command: sleep 1000 }
  web: { image: 'bb:1', command: sleep 1000, depends_on: [db] }
`

await behaviors('up', '26', async (behave) => {
  await behave(
    'a changed service must be replaced while its neighbors are left alone',
    { 'compose.yaml': pair },
    async ({ bulkhead, write, ids, inspect, name, t }) => {
      await bulkhead('up', '-d', '-t', '0')
      const before = await ids()
      await write('compose.yaml', pair.replace('web: {', 'web: { hostname: changed,'))
      await bulkhead('up', '-d', '-t', '0')
      const after = await ids()
      t.equal(after[`${name}-db-1`], before[`${name}-db-1`])
      t.not(after[`${name}-web-1`], before[`${name}-web-1`])
      t.same(Object.keys(after), Object.keys(before))
      t.equal((await inspect(`${name}-web-1`)).at('Config', 'Hostname'), 'changed')
    },
  )

  await behave(
    'services of one container name must be refused together before anything is touched, and run one at a time',
    {
      'compose.yaml': `
services:
  blue: { image: 'bb:1', command: sleep 1000, init: true, container_name: "\${NAME}" }
  green: { image: 'bb:1', command: sleep 1000, init: true, container_name: "\${NAME}" }
`,
    },
    async ({ attempt, bulkhead, docker, write, states, inspect, name, t }) => {
      await write('.env', `NAME=${name}-one`)
      const serviceOf = async () =>
        (await inspect(`${name}-one`)).at('Config', 'Labels', 'com.docker.compose.service')
      const refused = await attempt('up', '-d')
      t.equal(refused.code, 1)
      t.match(refused.stderr, /compose\.yaml:4:\d+/)
      t.match(refused.stderr, /"blue" and "green"/)
      t.equal(await docker('network', 'ls', '-q', '--filter', `name=${name}_default`), '')
      await bulkhead('up', '-d', 'blue')
      t.equal(await serviceOf(), 'blue')
      t.equal((await attempt('up', '-d', 'green')).code, 1, 'the name is taken')
      t.same(await states(), { [`${name}-one`]: 'running' })
      await bulkhead('rm', '-sf', 'blue')
      await bulkhead('up', '-d', 'green')
      t.equal(await serviceOf(), 'green')
    },
  )
})
