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
})
