import { eventually } from '../end-to-end/harness.ts'
import { behaviors, type Scene } from './scene.ts'

const sleeps = `image: 'bb:1', command: sleep 1000, init: true, stop_grace_period: 0s`
const pair = `
services:
  db: { ${sleeps} }
  web: { ${sleeps}, depends_on: [db] }
`
const changed = (text: string): string => text.replace('web: {', 'web: { hostname: changed,')

/** Ids of the replicas of `web` by number. */
async function webs({ ids, name }: Scene): Promise<Readonly<Record<string, string>>> {
  const prefix = `${name}-web-`
  return Object.fromEntries(
    Object.entries(await ids())
      .filter(([container]) => container.startsWith(prefix))
      .map(([container, id]) => [container.slice(prefix.length), id]),
  )
}

await behaviors('scale', '26', async (behave, house) => {
  await behave(
    'scaling must add and remove up to the count, touch no other replica, and use numbers again',
    { 'compose.yaml': pair },
    async (scene) => {
      const { bulkhead, docker, states, name, t } = scene
      await bulkhead('up', '-d')
      const [one] = Object.values(await webs(scene))
      await bulkhead('up', '-d', '--scale', 'web=3')
      const three = await webs(scene)
      t.strictSame(Object.keys(three), ['1', '2', '3'])
      t.equal(three['1'], one)
      await bulkhead('scale', 'web=2')
      t.strictSame(await webs(scene), { '1': three['1'], '2': three['2'] })
      await docker('rm', '-f', `${name}-web-1`)
      await eventually(async () => (await states())[`${name}-web-1`] === 'running')
      await bulkhead('scale', 'web=4')
      const four = await webs(scene)
      t.strictSame(Object.keys(four), ['1', '2', '3', '4'], 'no number is left out')
      t.equal(four['2'], three['2'])
      t.match((await bulkhead('scale', 'web=4')).stderr, /Nothing to do/)
      await bulkhead('scale', 'web=0')
      t.strictSame(await webs(scene), {})
      t.same(await states(), { [`${name}-db-1`]: 'running' })
    },
  )

  await behave(
    'scale must put right what the service depends on, and leave it as it is with --no-deps',
    { 'compose.yaml': pair },
    async (scene) => {
      const { bulkhead, write, ids, states, name, t } = scene
      await bulkhead('scale', '--no-deps', 'web=2')
      t.same(await states(), { [`${name}-web-1`]: 'running', [`${name}-web-2`]: 'running' })
      await bulkhead('scale', 'web=1')
      t.same(await states(), { [`${name}-db-1`]: 'running', [`${name}-web-1`]: 'running' })
      const before = await ids()
      await write('compose.yaml', pair.replace('db: {', 'db: { hostname: changed,'))
      await bulkhead('scale', '--no-deps', 'web=2')
      t.equal((await ids())[`${name}-db-1`], before[`${name}-db-1`])
      await bulkhead('scale', 'web=3')
      t.not((await ids())[`${name}-db-1`], before[`${name}-db-1`])
      t.equal((await ids())[`${name}-web-1`], before[`${name}-web-1`])
    },
  )

  await behave(
    'what is up to date must stay on the way down, whatever its number; --no-recreate adds beside what is not',
    { 'compose.yaml': pair },
    async (scene) => {
      const { bulkhead, write, t } = scene
      await bulkhead('up', '-d', '--scale', 'web=2')
      const old = await webs(scene)
      await write('compose.yaml', changed(pair))
      await bulkhead('up', '-d', '--scale', 'web=4', '--no-recreate')
      const mixed = await webs(scene)
      t.strictSame(Object.keys(mixed), ['1', '2', '3', '4'])
      t.match(mixed, old, 'those that are there stay')
      await house.stopDaemon()
      await house.startDaemon()
      await bulkhead('up', '-d', '--scale', 'web=2', '--no-recreate')
      t.strictSame(await webs(scene), { '3': mixed['3'], '4': mixed['4'] }, 'the stale ones leave first')
      await bulkhead('up', '-d', '--scale', 'web=3', '--no-recreate')
      t.strictSame(Object.keys(await webs(scene)), ['1', '3', '4'], 'a number that is free is used')
    },
  )

  await behave(
    'a range of ports must give each replica one, also when all are replaced, and too few be refused at their place',
    {
      'compose.yaml': pair.replace('depends_on: [db]', "ports: ['8460-8462:80'], deploy: { replicas: 3 }"),
    },
    async (scene) => {
      const { bulkhead, attempt, begin, write, name, t } = scene
      const port = async (number: number): Promise<unknown> =>
        (await scene.inspect(`${name}-web-${number}`)).at('NetworkSettings', 'Ports', '80/tcp', 0, 'HostPort')
      const published = async (): Promise<ReadonlySet<unknown>> =>
        new Set(await Promise.all([1, 2, 3].map(port)))
      const all = new Set(['8460', '8461', '8462'])
      await bulkhead('up', '-d')
      t.same(await published(), all)
      const before = await webs(scene)
      const { code, stderr } = await attempt('scale', 'web=4')
      t.equal(code, 1)
      t.match(stderr, /compose\.yaml:4:\d+/)
      t.match(stderr, /4 replicas, and 3 ports/)
      t.strictSame(await webs(scene), before)
      const text = pair.replace('depends_on: [db]', "ports: ['8460-8462:80'], deploy: { replicas: 3 }")
      await write('compose.yaml', changed(text))
      await begin(['up', '-d', '-t', '0']).outcome
      t.same(await published(), all)
      t.notSame(await webs(scene), before)
    },
  )
})
