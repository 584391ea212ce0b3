import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { upIntent } from '@bulkhead/model'
import type { Bundle } from '@bulkhead/model'
import Database from 'libsql'
import t from 'tap'
import { migrations } from '../src/store/migrations.ts'
import { openStore } from '../src/store/store.ts'
import type { Store } from '../src/store/store.ts'

const bundle: Bundle = {
  workingDir: '/app',
  configFiles: ['/app/compose.yaml'],
  profiles: [],
  environmentFiles: [],
  files: { '/app/compose.yaml': 'services: {}' },
  environment: {},
  contexts: {},
}

const open = (folder: string): Store =>
  openStore({ folder, now: () => new Date('2026-01-02T03:04:05Z'), contextLimit: 1 })

/** Which version brought a table, or a column, that the rows below fill. */
const since = (what: RegExp): number => migrations.findIndex((step) => what.test(step)) + 1

/**
 * A data folder as a daemon of an earlier version left it: its shape by the
 * migrations of that time, its rows by statements of that time.
 */
function leave(folder: string, version: number): void {
  mkdirSync(folder, { mode: 0o700 })
  // Makes the key, and what a bundle is sealed to.
  const maker = open(folder)
  maker.projects.save({ name: 'app', revision: undefined, intent: upIntent })
  maker.projects.addRevision('app', bundle)
  maker.close()
  const file = join(folder, 'bulkhead.db')
  const made = new Database(file)
  const sealed = made.prepare('SELECT digest, bundle FROM revisions').get() as {
    readonly digest: string
    readonly bundle: Buffer
  }
  made.close()
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })

  const old = new Database(file)
  for (const step of migrations.slice(0, version)) old.exec(step)
  old.pragma(`user_version = ${version}`)
  const has = (what: RegExp): boolean => version >= since(what)
  const intent = JSON.stringify({ ...upIntent, scale: { web: 3 } })
  old.prepare("INSERT INTO settings (name, value) VALUES ('owner', 'me')").run()
  old.prepare('INSERT INTO projects (name, revision, intent) VALUES (?, 1, ?)').run('app', intent)
  old
    .prepare("INSERT INTO revisions (project, number, digest, bundle, created_at) VALUES ('app', 1, ?, ?, ?)")
    .run(sealed.digest, Buffer.from(sealed.bundle), '2025-01-01T00:00:00.000Z')
  old
    .prepare(
      `INSERT INTO deployments (id, project, action, revision, build, state, created_at, operations)
       VALUES ('d1', 'app', 'up', 1, 1, 'running', '2025-01-01T00:00:00.000Z', 4)`,
    )
    .run()
  const event = JSON.stringify({ time: '2025-01-01T00:00:01.000Z', type: 'planned', operations: 4 })
  old.prepare("INSERT INTO deployment_events (deployment, id, event) VALUES ('d1', 1, ?)").run(event)
  if (has(/CREATE TABLE hooks_run/))
    old.exec("INSERT INTO hooks_run VALUES ('c1', 'app', '2025-01-01T00:00:00.000Z', 2)")
  if (has(/ADD COLUMN suspended/)) old.exec("UPDATE projects SET suspended = '2025-02-01T00:00:00.000Z'")
  if (has(/ADD COLUMN notes/))
    old.exec(`UPDATE projects SET notes = '{"held":{"web":"2025-03-01T00:00:00.000Z"}}'`)
  old.close()
}

for (let version = 1; version <= migrations.length; version += 1) {
  t.test(`what version ${version} kept must be whole after the upgrade`, async (t) => {
    const folder = join(t.testdir(), 'data')
    leave(folder, version)
    const store = open(folder)
    const isSince = (what: RegExp): boolean => version >= since(what)
    t.match(store.projects.get('app'), {
      revision: 1,
      intent: { ...upIntent, scale: { web: 3 } },
      suspended: isSince(/ADD COLUMN suspended/) ? '2025-02-01T00:00:00.000Z' : undefined,
    })
    t.same(store.projects.bundle('app', 1), bundle)
    t.equal(store.owner, 'me')
    t.match(store.deployments.active('app'), {
      id: 'd1',
      action: 'up',
      options: { build: true },
      begun: false,
    })
    t.match(store.deployments.get('d1'), { state: 'running', operations: 4, revision: 1 })
    t.match(store.deployments.events('d1', 0), [{ id: 1, type: 'planned', operations: 4 }])
    t.same([...store.projects.hooksRun('app').keys()], isSince(/CREATE TABLE hooks_run/) ? ['c1'] : [])
    const held = isSince(/ADD COLUMN notes/) ? { web: '2025-03-01T00:00:00.000Z' } : {}
    t.same(store.projects.notes('app')?.held, held)

    // What the present version does works on it, and is there when it is opened again.
    t.equal(store.deployments.finish('d1', 'succeeded', 5, undefined), true)
    t.equal(store.projects.addRevision('app', { ...bundle, profiles: ['more'] }, { author: 'ann' }).number, 2)
    store.audit.append({ operation: 'createDeployment', project: 'app', outcome: '202' })
    store.close()
    const again = open(folder)
    t.teardown(() => again.close())
    t.match(again.projects.history('app'), [{ number: 2, author: 'ann' }, { number: 1 }])
    t.match(again.deployments.get('d1'), { state: 'succeeded', operations: 5 })
    t.match(again.events.after(0, {}, 10), [{ type: 'deployment', action: 'succeeded', id: 'd1' }])
    t.match(
      again.audit.list({ limit: 10 }).map(({ operation, outcome }) => `${operation} ${outcome}`),
      ['createDeployment 202', 'deploymentEnded succeeded'],
    )
  })
}

t.test('an upgrade that breaks off must leave the version before it, whole', async (t) => {
  const folder = join(t.testdir(), 'data')
  leave(folder, 1)
  const file = join(folder, 'bulkhead.db')
  const old = new Database(file)
  // The second step finds what it is to make.
  old.exec('ALTER TABLE deployments ADD COLUMN options TEXT')
  old.close()
  t.throws(() => open(folder), { code: 'BH_STORE_FAILED' })
  const left = new Database(file)
  t.teardown(() => left.close())
  t.match(left.prepare('PRAGMA user_version').get(), { user_version: 1 })
  t.match(left.prepare('SELECT name FROM projects').get(), { name: 'app' })
})

t.test('a store of a newer version must be refused, told why, and left as it is', async (t) => {
  const folder = join(t.testdir(), 'data')
  open(folder).close()
  const newer = new Database(join(folder, 'bulkhead.db'))
  newer.pragma(`user_version = ${migrations.length + 1}`)
  newer.close()
  t.throws(() => open(folder), {
    code: 'BH_STORE_FAILED',
    message: 'The data folder was written by a newer Bulkhead.',
    hint: /Install that version/,
  })
  const left = new Database(join(folder, 'bulkhead.db'))
  t.teardown(() => left.close())
  t.match(left.prepare('PRAGMA user_version').get(), { user_version: migrations.length + 1 })
})
