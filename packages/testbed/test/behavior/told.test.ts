import { eventually } from '../end-to-end/harness.ts'
import { behaviors } from './scene.ts'

const ill = `
services:
  db:
    image: bb:1
    command: sleep 1000
    init: true
    healthcheck: { test: ["CMD-SHELL", "echo no disk; exit 7"], interval: 100ms, retries: 1 }
  web:
    image: bb:1
    command: sleep 1000
    init: true
    depends_on: { db: { condition: service_healthy } }
  tool: { image: 'bb:1', profiles: [tools] }
`

interface Cause {
  readonly kind: string
  readonly since?: string
  readonly detail?: string
  readonly causes: readonly Cause[]
}

await behaviors('told', '26', async (behave) => {
  await behave(
    'why a service does not run must be told down to the probe that fails, what happened, and what was said by what is gone',
    { 'compose.yaml': ill },
    async ({ bulkhead, attempt, docker, ids, name, write, t }) => {
      const since = new Date().toISOString()
      t.equal((await attempt('up', '-d')).code, 1)
      const explain = async (service: string) => {
        const { stdout } = await bulkhead('--json', 'explain', service)
        return JSON.parse(stdout) as { readonly well: boolean; readonly causes: readonly Cause[] }
      }
      const { well, causes } = await explain('web')
      t.equal(well, false)
      const waiting = causes.find(({ kind }) => kind === 'waits')
      t.match(waiting?.causes, [
        { kind: 'unhealthy', since: /^20/, detail: 'the last probe ended with 7: no disk' },
      ])
      t.match(
        (await bulkhead('explain', 'web')).stdout,
        /^web does not run\n[^]*waits for db to be healthy\n {4}/,
      )
      t.match((await explain('tool')).causes, [{ kind: 'profile' }])

      await docker('stop', '-t', '0', `${name}-db-1`)
      await eventually(async () => (await explain('db')).causes[0]?.kind === 'held')

      const past = await bulkhead('events', '--json', '--since', since, '--until', '0s')
      const events = past.stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { type: string; action: string; service?: string; id?: string })
      const of = (type: string) => events.filter((one) => one.type === type).map(({ action }) => action)
      t.same(of('deployment'), ['queued', 'running', 'failed'])
      t.same(of('hold'), ['held'])
      const db = (await ids())[`${name}-db-1`]
      const its = events
        .filter(({ type, id }) => type === 'container' && id === db)
        .map(({ action }) => action)
      t.same(its.slice(0, 3), ['create', 'start', 'health_status'])
      // An engine may tell the stop before the end.
      t.same(its.slice(-3).toSorted(), ['die', 'kill', 'stop'])
      const text = await bulkhead('events', '--type', 'container', '--since', since, '--until', '0s', 'db')
      t.match(
        text.stdout,
        new RegExp(`^\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6} container create ${db} \\(`),
      )
      t.equal((await attempt('events', 'wbe')).code, 1)

      await write('compose.yaml', 'services: { web: { image: "bb:1", command: echo first life } }')
      await bulkhead('up', '-d', '--remove-orphans')
      await write('compose.yaml', 'services: { web: { image: "bb:1", command: echo second life } }')
      await bulkhead('up', '-d')
      const gone = await bulkhead('logs', '--previous', '--no-log-prefix', 'web')
      t.match(gone.stdout, /^first life$/m)
      t.notMatch(gone.stdout, /second life/)
    },
  )
})
