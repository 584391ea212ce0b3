import { eventually } from '../end-to-end/harness.ts'
import { behaviors } from './scene.ts'

const one = `
services:
  web: { image: 'bb:1', command: sleep 1000, init: true }
`

await behaviors('custody', '26', async (behave) => {
  await behave(
    'a suspended project must be left as it is, over a restart of the daemon too, until it is resumed',
    { 'compose.yaml': one },
    async ({ bulkhead, attempt, docker, house, states, name, t }) => {
      await bulkhead('up', '-d')
      await bulkhead('suspend')
      t.equal((await attempt('up', '-d')).code, 1)
      await docker('rm', '-f', `${name}-web-1`)
      await house.stopDaemon()
      await house.startDaemon()
      // Rounds of another project prove that the loop has had its turn.
      await bulkhead('-p', `${name}-other`, 'up', '-d')
      await bulkhead('-p', `${name}-other`, 'down', '-t', '0')
      t.same(await states(), {})
      t.match(await house.get(`/v1/projects/${name}`), { converged: false, suspended: /^20/ })
      await bulkhead('resume')
      await eventually(async () => (await states())[`${name}-web-1`] === 'running')
    },
  )

  await behave(
    'a released project must run on untouched and be taken back by up without being recreated',
    { 'compose.yaml': one },
    async ({ bulkhead, docker, ids, states, name, t }) => {
      await bulkhead('up', '-d')
      const before = await ids()
      await bulkhead('release')
      t.same(await states(), { [`${name}-web-1`]: 'running' })
      await docker('kill', `${name}-web-1`)
      await bulkhead('-p', `${name}-other`, 'up', '-d')
      await bulkhead('-p', `${name}-other`, 'down', '-t', '0')
      t.same(await states(), { [`${name}-web-1`]: 'exited' })
      await bulkhead('up', '-d')
      t.same(await ids(), before)
      t.same(await states(), { [`${name}-web-1`]: 'running' })
    },
  )
})
