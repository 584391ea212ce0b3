import { join } from 'node:path'
import { AuditListSchema } from '@bulkhead/api'
import { upIntent } from '@bulkhead/model'
import type { AuditRecord } from '@bulkhead/model'
import Database from 'libsql'
import t from 'tap'
import { Value } from 'typebox/value'
import { openStore } from '../src/store/store.ts'
import { bundleOf, serve } from './fixtures/served.ts'

const secret = bundleOf(
  'name: app\nservices:\n  web:\n    image: web:1\n    environment: { DB_PASSWORD: hunter2hunter2 }\n',
)

t.test('who asked for what, and what came of it, must be written down before it is answered', async (t) => {
  const { app, ledger, log } = await serve(t)
  const headers = { 'bulkhead-actor': encodeURIComponent('ann@désk'), 'user-agent': 'curl/8' }
  const ask = (payload: object) => app.inject({ method: 'POST', url: '/v1/deployments', headers, payload })
  const records = async (query = ''): Promise<readonly AuditRecord[]> => {
    const answer = (await app.inject(`/v1/audit${query}`)).json<{ records: readonly AuditRecord[] }>()
    t.equal(Value.Check(AuditListSchema, answer), true)
    return answer.records
  }
  const up = await ask({
    action: 'up',
    bundle: secret,
    services: ['web'],
    credentials: {
      'registry.test': { username: 'ann', password: 'swordfish-4711', serverAddress: 'registry.test' },
    },
  })
  const { id } = up.json<{ id: string }>()
  t.match(await records(), [
    {
      actor: 'ann@désk',
      from: 'socket, curl/8',
      operation: 'createDeployment',
      project: 'app',
      deployment: id,
      request: { action: 'up', services: ['web'], revision: 1 },
      outcome: '202',
    },
  ])
  ledger.deploymentFinished(id, 'failed', 1, undefined)
  t.match((await records())[0], {
    operation: 'deploymentEnded',
    actor: 'ann@désk',
    deployment: id,
    outcome: 'failed',
  })

  await ask({ action: 'stop', project: 'nobody' })
  await ask({ action: 'nonsense' })
  await app.inject({ method: 'PUT', url: '/v1/projects/app/suspension' })
  await app.inject('/v1/projects/app')
  await app.inject({ method: 'POST', url: '/v1/config', payload: { bundle: secret } })
  await app.inject('/v1/backup')
  const said = (await records()).map(({ operation, outcome }) => `${operation} ${outcome}`)
  t.same(said.slice(0, 4), [
    'getBackup 200',
    'suspendProject 204',
    'createDeployment 400 BH_BAD_REQUEST',
    'createDeployment 404 BH_PROJECT_NOT_FOUND',
  ])
  t.equal(said.length, 6, 'what changes nothing is not written down')
  t.same(
    (await records('?project=app&limit=1')).map(({ operation }) => operation),
    ['suspendProject'],
  )
  const [newest] = await records()
  t.equal((await records(`?before=${newest?.sequence}`)).length, 5)
  t.notMatch(JSON.stringify(await records()), /hunter2|swordfish/)
  t.notMatch(log.join('\n'), /hunter2|swordfish/)
})

t.test('what a request says must be masked where it repeats a secret', async (t) => {
  const { app } = await serve(t)
  await app.inject({ method: 'POST', url: '/v1/deployments', payload: { action: 'up', bundle: secret } })
  const payload = { action: 'up', project: 'app', services: ['hunter2hunter2'] }
  await app.inject({ method: 'POST', url: '/v1/deployments', payload })
  const { records } = (await app.inject('/v1/audit')).json<{ records: readonly AuditRecord[] }>()
  t.match(records[0], { request: { services: ['********'] } })
})

t.test('the audit log must only ever grow, and lose by age alone', async (t) => {
  const folder = join(t.testdir(), 'data')
  const open = (time: string) =>
    openStore({ folder, now: () => new Date(time), contextLimit: 1, retention: { auditDays: 30 } })
  const first = open('2026-01-01T00:00:00Z')
  first.audit.append({ operation: 'one', outcome: '202' })
  first.close()
  const second = open('2026-01-20T00:00:00Z')
  second.audit.append({ operation: 'two', outcome: '202' })
  second.close()
  const raw = new Database(join(folder, 'bulkhead.db'))
  t.throws(() => raw.exec("UPDATE audit SET record = '{}'"), /never changed/)
  t.throws(() => raw.exec('DELETE FROM audit WHERE sequence = 2'), /at its beginning only/)
  raw.close()
  const third = open('2026-02-10T00:00:00Z')
  t.teardown(() => third.close())
  third.audit.append({ operation: 'three', outcome: '202' })
  t.same(
    third.audit.list({ limit: 10 }).map(({ operation }) => operation),
    ['three', 'two'],
  )
  t.same(
    third.audit.list({ limit: 10, since: '2026-02-01T00:00:00.000Z' }).map(({ operation }) => operation),
    ['three'],
  )
})

t.test('no more revisions must be kept than were asked for, and the current one always', async (t) => {
  const folder = join(t.testdir(), 'data')
  const store = openStore({ folder, now: () => new Date(), contextLimit: 1, retention: { revisions: 2 } })
  t.teardown(() => store.close())
  store.projects.save({ name: 'app', revision: undefined, intent: upIntent })
  for (const profile of ['a', 'b', 'c', 'd', 'e']) {
    const { number } = store.projects.addRevision('app', { ...secret, profiles: [profile] })
    if (profile === 'a') store.projects.save({ name: 'app', revision: number, intent: upIntent })
  }
  t.same(store.projects.revisions('app'), [5, 4, 1])
})
