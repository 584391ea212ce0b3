import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { behaviors } from './scene.ts'

const pair = `
services:
  db: { image: 'bb:1', command: sleep 1000, init: true, environment: { DB_PASSWORD: s3cret-word } }
  web: { image: 'bb:1', command: sleep 1000, init: true, environment: { GREETING: hi } }
`
const changed = pair.replace('GREETING: hi', 'GREETING: hello')

await behaviors('plan', '26', async (behave) => {
  await behave(
    'a plan must tell what would change and do nothing, and applying it must do exactly that, after a restart too',
    { 'compose.yaml': pair },
    async ({ attempt, bulkhead, write, ids, inspect, name, folder, house, t }) => {
      await bulkhead('up', '-d', '-t', '0')
      const before = await ids()
      t.equal((await attempt('plan', '--exit-code')).code, 0)
      await write('compose.yaml', changed)
      const planned = await attempt('plan', '--exit-code', '-o', 'shop.plan')
      t.equal(planned.code, 2, planned.stderr)
      t.match(planned.stdout, new RegExp(`~ replace +container ${name}-web-1`))
      t.match(planned.stdout, 'environment.GREETING: hi → hello')
      t.notMatch(planned.stdout, `${name}-db-1`)
      t.notMatch(await readFile(join(folder, 'shop.plan'), 'utf8'), 's3cret')
      t.same(await ids(), before, 'nothing was done')
      // The files are not asked for again.
      await write('compose.yaml', 'services: {}')
      await house.stopDaemon()
      await house.startDaemon()
      await bulkhead('apply', 'shop.plan')
      const after = await ids()
      t.same(Object.keys(after), Object.keys(before))
      t.equal(after[`${name}-db-1`], before[`${name}-db-1`])
      t.not(after[`${name}-web-1`], before[`${name}-web-1`])
      const env = (await inspect(`${name}-web-1`)).at('Config', 'Env')
      t.ok(Array.isArray(env) && env.includes('GREETING=hello'))
      t.match(await attempt('apply', 'shop.plan'), { code: 1, stderr: /out of date/ }, 'once is enough')
      await write('compose.yaml', changed)
    },
  )

  await behave(
    'a plan must be refused when the engine or what is asked for moved since, and leave all as it is',
    { 'compose.yaml': pair },
    async ({ attempt, bulkhead, docker, write, ids, states, name, t }) => {
      await bulkhead('up', '-d', '-t', '0')
      await write('compose.yaml', changed)
      await bulkhead('plan', '-o', 'first.plan')
      const before = await ids()
      await docker('stop', '-t', '0', `${name}-db-1`)
      const refused = await attempt('--json', 'apply', 'first.plan')
      t.equal(refused.code, 1)
      t.match(refused.stderr, 'BH_PLAN_STALE')
      t.match(refused.stderr, `container ${name}-db-1 changed`)
      t.same(await ids(), before)
      t.match(await states(), { [`${name}-db-1`]: 'exited', [`${name}-web-1`]: 'running' })
      await bulkhead('plan', '-o', 'second.plan')
      await write('compose.yaml', pair.replace('GREETING: hi', 'GREETING: servus'))
      await bulkhead('up', '-d', '-t', '0')
      const others = await ids()
      t.match(await attempt('apply', 'second.plan'), {
        code: 1,
        stderr: /another deployment was accepted \(revision 1 is now 2\)/,
      })
      t.same(await ids(), others)
    },
  )

  await behave(
    'a dry run with an image that is missing must touch nothing of the engine',
    { 'compose.yaml': `services: { web: { image: 'localhost:1/none:1' } }\n` },
    async ({ bulkhead, docker, attempt, write, name, t }) => {
      const since = Date.now() / 1000
      const up = await bulkhead('up', '--dry-run')
      t.match(up.stdout, '+ pull')
      t.match(up.stdout, new RegExp(`\\+ create +container ${name}-web-1`))
      await bulkhead('--dry-run', 'down', '-v')
      const until = Date.now() / 1000
      const events = await docker('events', '--since', String(since), '--until', String(until))
      // Others are at work on the same engine.
      const own = events.split('\n').filter((line) => line.includes(name) || line.includes('none:1'))
      t.same(own, [])
      t.equal(await docker('images', '-q', 'localhost:1/none:1'), '')
      t.match(await attempt('plan', '--for', 'ps'), { code: 16 })
      t.match(await attempt('--dry-run', 'exec', 'web', 'true'), { code: 16, stderr: /has no dry run/ })
      await write('compose.yaml', pair)
    },
  )

  await behave(
    'a project that Compose started must be adopted by a plan that names what would change, and no more',
    { 'compose.yaml': pair },
    async ({ compose, attempt, write, name, t }) => {
      t.equal((await compose('up', '-d')).code, 0)
      await write('compose.yaml', changed)
      const planned = await attempt('plan', '--exit-code')
      t.equal(planned.code, 2, planned.stderr)
      t.match(planned.stdout, new RegExp(`~ replace +container ${name}-web-1`))
      t.match(planned.stdout, 'environment.GREETING: ******** → hello')
      t.notMatch(planned.stdout, 's3cret')
    },
  )
})
