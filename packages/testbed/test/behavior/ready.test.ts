import { behaviors } from './scene.ts'

const sleeps = `image: 'bb:1', command: sleep 1000, init: true, stop_grace_period: 0s`
const healthy = `healthcheck: { test: 'true', interval: 50ms, start_period: 5s, start_interval: 50ms }`
const sick = `healthcheck: { test: 'false', interval: 50ms, retries: 1 }`
const logged = (size: string): string => `
services:
  plain: { image: 'bb:1', command: sleep 1000, init: true, environment: { A: b } }
  web: { ${sleeps}, env_file: [web.env], logging: { driver: json-file, options: { max-size: ${size} } } }
`

await behaviors('ready', '26', async (behave) => {
  await behave(
    'up --wait must return once all run and are healthy, and jobs that others wait for have ended well',
    {
      'compose.yaml': `
services:
  job: { image: 'bb:1', command: sleep 0.2 }
  db: { ${sleeps}, ${healthy} }
  web: { ${sleeps}, depends_on: { job: { condition: service_completed_successfully }, db: { condition: service_healthy } } }
`,
    },
    async ({ bulkhead, states, inspect, name, t }) => {
      await bulkhead('up', '--wait')
      t.same(await states(), {
        [`${name}-db-1`]: 'running',
        [`${name}-job-1`]: 'exited',
        [`${name}-web-1`]: 'running',
      })
      t.equal((await inspect(`${name}-db-1`)).at('State', 'Health', 'Status'), 'healthy')
      t.match((await bulkhead('top', 'web')).stdout, /^SERVICE +# +UID.*\nweb +1 .*sleep 1000/)
      t.match((await bulkhead('config', '--hash', 'web')).stdout, /^web [0-9a-f]{64}$/m)
    },
  )

  await behave(
    'up --wait must fail when one is never healthy, when one ends, and when its time is over',
    {
      'compose.yaml': `
services:
  sick: { ${sleeps}, ${sick} }
  ends: { image: 'bb:1', command: 'true' }
  slow: { ${sleeps}, healthcheck: { test: 'false', interval: 60s } }
`,
    },
    async ({ attempt, states, name, t }) => {
      t.match(await attempt('up', '--wait', 'sick'), { code: 1, stderr: /sick-1.*unhealthy/ })
      t.match(await attempt('up', '--wait', 'ends'), { code: 1, stderr: /ends-1/ })
      t.match(await attempt('up', '--wait', '--wait-timeout', '1', 'slow'), { code: 1, stderr: /slow-1/ })
      t.match(await states(), { [`${name}-slow-1`]: 'running' }, 'it is only not waited for any longer')
    },
  )

  await behave(
    'a dependency that ends before it is healthy, or fails where it is to complete, must fail the up',
    {
      'compose.yaml': `
services:
  gone: { image: 'bb:1', command: 'false', healthcheck: { test: 'true', interval: 60s } }
  job: { image: 'bb:1', command: sh -c 'exit 3' }
  web: { ${sleeps}, depends_on: { gone: { condition: service_healthy } } }
  app: { ${sleeps}, depends_on: { job: { condition: service_completed_successfully } } }
  free: { ${sleeps}, depends_on: { job: { condition: service_completed_successfully, required: false } } }
`,
    },
    async ({ attempt, bulkhead, states, name, t }) => {
      t.match(await attempt('up', '-d', 'web'), { code: 1, stderr: /gone/ })
      t.match(await attempt('up', '-d', 'app'), { code: 1, stderr: /job.*exit(ed with)?( code)? 3/ })
      await bulkhead('up', '-d', 'free')
      const now = await states()
      t.equal(now[`${name}-free-1`], 'running')
      t.not(now[`${name}-web-1`], 'running')
      t.not(now[`${name}-app-1`], 'running')
    },
  )

  await behave(
    'what config calls the hash of a service must be on its container; a service must follow its logging and env_file',
    {
      'web.env': 'GREETING="a b"\n',
      'compose.yaml': logged('1m'),
    },
    async ({ bulkhead, write, ids, inspect, name, t }) => {
      await bulkhead('up', '-d')
      const hash = (await bulkhead('config', '--hash', 'plain')).stdout.trim().split(' ')[1]
      const label = ['Config', 'Labels', 'com.docker.compose.config-hash']
      t.equal((await inspect(`${name}-plain-1`)).at(...label), hash)
      const before = await ids()
      await write('compose.yaml', logged('2m'))
      await bulkhead('up', '-d')
      const after = await ids()
      t.not(after[`${name}-web-1`], before[`${name}-web-1`])
      t.equal((await inspect(`${name}-web-1`)).at('HostConfig', 'LogConfig', 'Config', 'max-size'), '2m')
      await write('web.env', 'GREETING=c\n')
      await bulkhead('up', '-d')
      t.not((await ids())[`${name}-web-1`], after[`${name}-web-1`])
      t.equal((await ids())[`${name}-plain-1`], before[`${name}-plain-1`])
    },
  )

  await behave(
    'names with underscores must be those that --compatibility asks for, and stay without the flag',
    { 'compose.yaml': `services: { web: { ${sleeps}, scale: 2 } }` },
    async ({ bulkhead, states, docker, name, t }) => {
      const all = { [`${name}_web_1`]: 'running', [`${name}_web_2`]: 'running' }
      await bulkhead('--compatibility', 'up', '-d')
      t.same(await states(), all)
      await bulkhead('stop')
      await bulkhead('start')
      t.same(await states(), all)
      await bulkhead('-p', name, 'down')
      t.equal(await docker('ps', '-aq', '--filter', `name=${name}`), '')
    },
  )

  await behave(
    'the same image for two services, or a platform from outside, must be no change the second time',
    {
      'compose.yaml': `
services:
  pinned: { ${sleeps}, platform: linux/amd64 }
  other: { ${sleeps} }
`,
    },
    async ({ bulkhead, begin, ids, t }) => {
      await bulkhead('up', '-d')
      const before = await ids()
      t.match((await bulkhead('up', '-d')).stderr, /Nothing to do/)
      const env = { DOCKER_DEFAULT_PLATFORM: 'linux/amd64' }
      const { code } = await begin(['create'], { env }).outcome
      t.equal(code, 0)
      const made = await ids()
      t.match((await begin(['create'], { env }).outcome).stderr, /Nothing to do/)
      t.same(await ids(), made)
      t.same(Object.keys(made), Object.keys(before))
    },
  )

  await behave(
    'restart must leave alone what no active profile enables, and bring it when it is named',
    {
      'compose.yaml': `services:\n  web: { ${sleeps} }\n  tool: { ${sleeps}, profiles: [tools] }\n`,
    },
    async ({ bulkhead, inspect, states, name, t }) => {
      await bulkhead('--profile', 'tools', 'up', '-d')
      t.same(await states(), { [`${name}-tool-1`]: 'running', [`${name}-web-1`]: 'running' })
      await bulkhead('up', '-d')
      t.equal((await states())[`${name}-tool-1`], 'running', 'it is no orphan')
      const began = async (): Promise<unknown> => (await inspect(`${name}-tool-1`)).at('State', 'StartedAt')
      const first = await began()
      await bulkhead('restart', 'web')
      t.equal(await began(), first)
      await bulkhead('restart', 'tool')
      t.not(await began(), first)
    },
  )
})
