import { eventually } from '../end-to-end/harness.ts'
import { behaviors } from './scene.ts'

const pair = (job: string): string => `
services:
  job: { image: 'bb:1', command: ["sh", "-c", "${job}"] }
  other: { image: 'bb:1', command: ["sh", "-c", "trap 'exit 143' TERM; echo steady; while :; do sleep 0.1; done"] }
`

await behaviors('attached', '26', async (behave) => {
  await behave(
    'the first exit must stop the project when asked for, and 0 be the exit code',
    { 'compose.yaml': pair('sleep 0.5; exit 3') },
    async ({ attempt, states, name, t }) => {
      const { code, stdout } = await attempt('up', '--abort-on-container-exit')
      t.equal(code, 0)
      t.match(stdout, /job-1 exited with code 3/)
      t.match(stdout, /steady/)
      t.same(await states(), { [`${name}-job-1`]: 'exited', [`${name}-other-1`]: 'exited' })
    },
  )

  await behave(
    'the exit code must be that of the service asked for: its own, or 143 when it was stopped',
    { 'compose.yaml': pair('sleep 0.5; exit 3') },
    async ({ attempt, states, name, t }) => {
      t.equal((await attempt('up', '--exit-code-from', 'job')).code, 3)
      t.equal((await attempt('up', '--exit-code-from', 'other')).code, 143)
      t.same(await states(), { [`${name}-job-1`]: 'exited', [`${name}-other-1`]: 'exited' })
    },
  )

  await behave(
    'a failure must stop the project when asked for, with its exit code',
    { 'compose.yaml': pair('sleep 0.5; exit 5') },
    async ({ attempt, states, name, t }) => {
      t.equal((await attempt('up', '--abort-on-container-failure')).code, 5)
      t.equal((await states())[`${name}-other-1`], 'exited')
    },
  )

  await behave(
    'only what is asked for must be shown',
    {
      'compose.yaml': `${pair('echo noise; sleep 0.5; exit 0')}
  muted: { image: 'bb:1', command: sh -c 'echo hidden; sleep 1000', init: true, attach: false }
`,
    },
    async ({ attempt, docker, name, t }) => {
      const { stdout } = await attempt('up', '--abort-on-container-exit', '--no-attach', 'job')
      t.match(stdout, /steady/)
      t.notMatch(stdout, /noise|hidden/)
      t.equal(await docker('logs', `${name}-muted-1`), 'hidden', 'it said something')
      const { code, stderr } = await attempt('up', '-d', '--abort-on-container-exit')
      t.equal(code, 16)
      t.match(stderr, /--detach excludes/)
    },
  )

  await behave(
    'what the restart policy starts again must be followed, each of its ends told, its streams kept apart',
    {
      'compose.yaml': `
services:
  flaky:
    image: 'bb:1'
    restart: on-failure:2
    init: true
    command: ["sh", "-c", "echo out; while [ ! -e /tmp/go ]; do sleep 0.05; done; rm /tmp/go; echo err >&2; exit 4"]
`,
    },
    async ({ begin, docker, name, t }) => {
      const up = begin(['up'])
      for (const time of [1, 2, 3]) {
        await up.until(new RegExp(`(\\| out[^]*){${time}}`))
        await docker('exec', `${name}-flaky-1`, 'touch', '/tmp/go')
      }
      const { code, stdout, stderr } = await up.outcome
      t.equal(code, 0)
      t.equal(stdout.split('flaky-1 exited with code 4\n').length, 4, stdout)
      t.equal(stdout.match(/\| out$/gm)?.length, 3, stdout)
      t.equal(stderr.match(/\| err$/gm)?.length, 3, stderr)
      t.notMatch(stdout, /\| err$/m)
    },
  )

  await behave(
    'Ctrl-C must stop what was asked for, show what it and its hooks still say, and leave what it depends on',
    {
      'compose.yaml': `
services:
  db: { image: 'bb:1', command: sleep 1000, init: true }
  app:
    image: 'bb:1'
    command: ["sh", "-c", "trap 'echo last words; exit' TERM; echo ready; while :; do sleep 0.05; done"]
    depends_on: [db]
    pre_stop: [{ command: [echo, hook says so] }]
`,
    },
    async ({ bulkhead, begin, states, name, t }) => {
      const up = begin(['up', 'app'])
      await up.until(/ready/)
      await bulkhead('restart', 'app')
      await up.until(/ready[^]*last words[^]*ready/)
      await bulkhead('run', '--rm', '--no-deps', '-T', 'app', 'true')
      up.interrupt()
      const { code, stdout } = await up.outcome
      t.equal(code, 130)
      t.match(up.printed(), /Gracefully stopping[^]*hook says so[^]*last words/)
      t.match(stdout, /app-1 exited with code 0/)
      t.same(await states(), { [`${name}-app-1`]: 'exited', [`${name}-db-1`]: 'running' })
      const both = begin(['up', '--attach-dependencies', 'app'])
      await both.until(/ready/)
      both.interrupt()
      t.equal((await both.outcome).code, 130)
      t.same(await states(), { [`${name}-app-1`]: 'exited', [`${name}-db-1`]: 'exited' })
    },
  )

  await behave(
    'the end of a one-off must not end an up that ends with the first container',
    { 'compose.yaml': pair('while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 6') },
    async ({ bulkhead, attempt, begin, docker, states, name, t }) => {
      const up = begin(['up', '--abort-on-container-failure'])
      await up.until(/steady/)
      t.equal((await attempt('run', '--rm', '--no-deps', '-T', 'other', 'false')).code, 1)
      await bulkhead('ps')
      t.same(await states(), { [`${name}-job-1`]: 'running', [`${name}-other-1`]: 'running' })
      await docker('exec', `${name}-job-1`, 'touch', '/tmp/go')
      t.equal((await up.outcome).code, 6)
      await eventually(async () => (await states())[`${name}-other-1`] === 'exited')
    },
  )
})
