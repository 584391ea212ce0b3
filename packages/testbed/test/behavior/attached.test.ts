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
    { 'compose.yaml': pair('echo noise; sleep 0.5; exit 0') },
    async ({ attempt, t }) => {
      const { stdout } = await attempt('up', '--abort-on-container-exit', '--no-attach', 'job')
      t.match(stdout, /steady/)
      t.notMatch(stdout, /noise/)
      const { code, stderr } = await attempt('up', '-d', '--abort-on-container-exit')
      t.equal(code, 16)
      t.match(stderr, /--detach excludes/)
    },
  )
})
