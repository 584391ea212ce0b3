import { eventually } from '../end-to-end/harness.ts'
import { behaviors } from './scene.ts'

/** A service that ends when it is told to, and a volume in which hooks leave traces. */
const service = (rest: string, more = ''): string => `
services:
  web:
    image: bb:1
    command: sh -c "trap exit TERM; sleep 1000 & wait"
    volumes: [traces:/traces]
${rest}
${more}
volumes: { traces: {} }
`
/** A hook that holds on until the test has seen it. */
const untilTold = 'until test -e /traces/go; do sleep 0.05; done'
const hook = (phase: string, ...commands: readonly string[]): string =>
  `    ${phase}:\n${commands.map((command) => `      - command: [sh, -c, "${command}"]`).join('\n')}\n`

await behaviors('hooks', '26', async (behave, house) => {
  await behave(
    'post_start hooks must run in order after the start, once, and dependents wait for them',
    {
      'compose.yaml': service(
        hook(
          'post_start',
          'sleep 0.3; echo one >>/traces/log',
          'echo $$WORD $$(id -u) >>/traces/log',
        ).replace(/$/u, '        environment: { WORD: two }\n        user: "1"\n        privileged: true\n'),
        '  front: { image: "bb:1", depends_on: [web], volumes: ["traces:/traces"], command: sh -c "cp /traces/log /traces/seen; sleep 1000", init: true }',
      ).replace('sleep 0.3;', 'chmod 777 /traces; touch /traces/log; chmod 666 /traces/log; sleep 0.3;'),
    },
    async ({ bulkhead, docker, name, t }) => {
      const { stderr } = await bulkhead('up', '-d')
      t.match(stderr, new RegExp(`Container ${name}-web-1 post_start\\[1\\] +Done`))
      const log = () => docker('exec', `${name}-web-1`, 'cat', '/traces/log')
      t.equal(await log(), 'one\ntwo 1')
      await eventually(async () =>
        (await docker('exec', `${name}-front-1`, 'ls', '/traces')).includes('seen'),
      )
      t.equal(await docker('exec', `${name}-front-1`, 'cat', '/traces/seen'), 'one\ntwo 1')
      await bulkhead('up', '-d')
      t.equal(await log(), 'one\ntwo 1', 'not on an up that changes nothing')
      await docker('restart', '-t', '0', `${name}-web-1`)
      await eventually(async () => (await log()) === 'one\ntwo 1\none\ntwo 1')
    },
  )

  await behave(
    'a failing post_start hook must fail the deployment, hold back dependents, and be tried again',
    {
      'compose.yaml': service(
        hook('post_start', 'echo the reason; test -e /traces/ok'),
        '  front: { image: "bb:1", depends_on: [web], command: sleep 1000, init: true }',
      ),
    },
    async ({ attempt, docker, states, name, t }) => {
      const { code, stderr } = await attempt('up', '-d')
      t.equal(code, 1)
      t.match(stderr, /post_start\[0\] of service "web" ended with exit code 1:\n.*the reason/)
      t.equal((await states())[`${name}-web-1`], 'running')
      t.not((await states())[`${name}-front-1`], 'running')
      await docker('exec', `${name}-web-1`, 'touch', '/traces/ok')
      await eventually(async () => (await states())[`${name}-front-1`] === 'running')
    },
  )

  await behave(
    'a daemon killed between start and hook must run the hook in its next life',
    {
      'compose.yaml': service(
        hook('post_start', `echo ran >>/traces/log; ${untilTold}; echo done >>/traces/log`),
      ),
    },
    async ({ attempt, docker, name, t }) => {
      const up = attempt('up', '-d')
      const log = async (): Promise<string> =>
        (await house.engine.docker('exec', `${name}-web-1`, 'cat', '/traces/log')).stdout
      await eventually(async () => (await log()) === 'ran\n')
      await house.killDaemon()
      await house.startDaemon()
      await eventually(async () => (await log()) === 'ran\nran\n')
      await docker('exec', `${name}-web-1`, 'touch', '/traces/go')
      await up
      await eventually(async () => (await log()).endsWith('done\n'))
      await eventually(async () => (await house.get(`/v1/projects/${name}`)).converged === true)
      t.equal((await log()).split('ran').length, 3, 'once more, and no oftener')
      t.equal((await docker('ps', '-q', '--filter', `name=${name}-web-1`)).split('\n').length, 1)
    },
  )

  await behave(
    'pre_stop hooks must run before a stop by scale-down, replacement, orphan removal, stop and down, and not when nothing runs',
    { 'compose.yaml': service(`    scale: 2\n${hook('pre_stop', 'echo $$HOSTNAME >>/traces/log')}`) },
    async ({ bulkhead, docker, write, ids, name, t }) => {
      const volume = `${name}_traces:/traces`
      const log = async (): Promise<readonly string[]> =>
        (await docker('run', '--rm', '-v', volume, 'bb:1', 'sh', '-c', 'cat /traces/log || true'))
          .split('\n')
          .filter(Boolean)
      const short = async (number: number): Promise<string> =>
        ((await ids())[`${name}-web-${number}`] ?? '').slice(0, 12)
      const one = `    scale: 1\n${hook('pre_stop', 'echo $$HOSTNAME >>/traces/log')}`
      await bulkhead('up', '-d')
      const [first, second] = [await short(1), await short(2)]
      await write('compose.yaml', service(one))
      await bulkhead('up', '-d')
      t.strictSame(await log(), [second], 'scale-down')
      await write('compose.yaml', service(`    hostname: changed\n    scale: 1\n`))
      await bulkhead('up', '-d')
      t.strictSame(await log(), [second, first], 'replacement, by the hooks it was made with')
      await write('compose.yaml', service(one))
      await bulkhead('up', '-d')
      const third = await short(1)
      await write('compose.yaml', 'services: { other: { image: "bb:1", command: sleep 1000, init: true } }')
      await bulkhead('up', '-d', '--remove-orphans')
      t.strictSame(await log(), [second, first, third], 'orphan')
      await write('compose.yaml', service(one))
      await bulkhead('up', '-d', '--remove-orphans')
      const fourth = await short(1)
      await bulkhead('down')
      t.strictSame(await log(), [second, first, third, fourth], 'down')
      await bulkhead('up', '-d')
      const fifth = await short(1)
      await bulkhead('stop', 'web')
      t.strictSame((await log()).slice(4), [fifth], 'the stop of one service')
      await bulkhead('down')
      t.equal((await log()).length, 5, 'nothing runs, nothing to tell')
    },
  )

  await behave(
    'a failing pre_stop hook must fail the down and leave the container running; without it the down succeeds',
    { 'compose.yaml': service(hook('pre_stop', 'echo too busy; exit 3')) },
    async ({ bulkhead, attempt, docker, states, name, t }) => {
      await bulkhead('up', '-d')
      const { code, stderr } = await attempt('down')
      t.equal(code, 1)
      t.match(stderr, /pre_stop\[0\] of service "web" ended with exit code 3:\n.*too busy/)
      t.equal((await states())[`${name}-web-1`], 'running')
      await docker('stop', `${name}-web-1`)
      await bulkhead('down')
      t.strictSame(await states(), {})
    },
  )

  await behave(
    'pre_start hooks must run one after another before the first start, once for all replicas, in containers that go',
    {
      'compose.yaml': service(
        `    scale: 2\n${hook('pre_start', 'echo one >>/traces/log', 'echo two >>/traces/log; echo said')}`,
      ),
    },
    async ({ bulkhead, docker, write, states, name, t }) => {
      const log = () => docker('exec', `${name}-web-1`, 'cat', '/traces/log')
      const { stderr } = await bulkhead('up', '-d')
      t.match(stderr, /said/)
      t.equal(await log(), 'one\ntwo')
      await bulkhead('up', '-d')
      t.equal(await log(), 'one\ntwo', 'not when nothing changed')
      const more = `    scale: 3\n${hook('pre_start', 'echo one >>/traces/log', 'echo two >>/traces/log; echo said')}`
      await write('compose.yaml', service(more))
      await bulkhead('up', '-d')
      t.equal(await log(), 'one\ntwo', 'not on scale-up')
      t.equal(Object.keys(await states()).length, 3)
      await write('compose.yaml', service(`${more}    hostname: changed\n`))
      await bulkhead('up', '-d')
      t.equal(await log(), 'one\ntwo\none\ntwo', 'again when the service changed')
      await bulkhead('up', '-d', '--force-recreate')
      t.equal(await log(), 'one\ntwo\n'.repeat(3).trim(), 'and when it is made anew')
      t.equal(Object.keys(await states()).length, 3, 'no container of a hook is left')
    },
  )

  await behave(
    'a failing pre_start hook must leave what ran running and the new container not started',
    { 'compose.yaml': service(hook('pre_start', 'echo never; exit 5')) },
    async ({ attempt, bulkhead, write, states, inspect, name, t }) => {
      const { code, stderr } = await attempt('up', '-d')
      t.equal(code, 1)
      t.match(stderr, /pre_start\[0\] of service "web" ended with exit code 5:\n.*never/)
      t.equal((await states())[`${name}-web-1`], 'created')
      await write('compose.yaml', service(''))
      await bulkhead('up', '-d')
      const id = (await inspect(`${name}-web-1`)).at('Id')
      await write('compose.yaml', service(hook('pre_start', 'exit 5')))
      t.equal((await attempt('up', '-d')).code, 1)
      t.equal((await inspect(`${name}-web-1`)).at('Id'), id)
      t.equal((await states())[`${name}-web-1`], 'running')
    },
  )

  await behave(
    'what a killed round left of a pre_start hook must go with the next, and the hook run again',
    { 'compose.yaml': service(hook('pre_start', `echo ran >>/traces/log; ${untilTold}`)) },
    async ({ attempt, states, docker, name }) => {
      const up = attempt('up', '-d')
      await eventually(async () => (await states())[`${name}-web-pre_start-0`] === 'running')
      await house.killDaemon()
      await docker('run', '--rm', '-v', `${name}_traces:/traces`, 'bb:1', 'touch', '/traces/go')
      await house.startDaemon()
      await up
      await eventually(async () => {
        const now = await states()
        return Object.keys(now).length === 1 && now[`${name}-web-1`] === 'running'
      })
      await eventually(
        async () => (await docker('exec', `${name}-web-1`, 'cat', '/traces/log')) === 'ran\nran',
      )
    },
  )

  await behave(
    'a pre_start hook must run in the image that the service builds, or in one of its own',
    {
      Dockerfile: 'FROM bb:1\nRUN echo built >/built\n',
      'compose.yaml': service(
        `${hook('pre_start', 'cat /built >>/traces/log', 'test ! -e /built && echo plain >>/traces/log')}        image: bb:1\n`,
      ).replace('image: bb:1\n    command', 'build: .\n    command'),
    },
    async ({ bulkhead, docker, name, t }) => {
      await bulkhead('up', '-d')
      t.equal(await docker('exec', `${name}-web-1`, 'cat', '/traces/log'), 'built\nplain')
      await docker('rmi', '-f', `${name}-web`)
    },
  )
})

await behaviors('hooks', '20', async (behave) => {
  await behave(
    'hooks of all kinds must run on an engine of old, each at its moment',
    {
      'compose.yaml': service(
        ['pre_start', 'post_start', 'pre_stop']
          .map((phase) => hook(phase, `echo ${phase} >>/traces/log`))
          .join(''),
      ),
    },
    async ({ bulkhead, docker, states, name, t }) => {
      await bulkhead('up', '-d')
      t.equal(await docker('exec', `${name}-web-1`, 'cat', '/traces/log'), 'pre_start\npost_start')
      t.same(await states(), { [`${name}-web-1`]: 'running' })
      await bulkhead('stop')
      const log = await docker('run', '--rm', '-v', `${name}_traces:/traces`, 'bb:1', 'cat', '/traces/log')
      t.equal(log, 'pre_start\npost_start\npre_stop')
    },
  )
})
