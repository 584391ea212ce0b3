import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { statSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { upIntent } from '@bulkhead/model'
import type { Bundle } from '@bulkhead/model'
import Database from 'libsql'
import t from 'tap'
import { restore } from '../src/store/backup.ts'
import { openStore } from '../src/store/store.ts'
import type { Store } from '../src/store/store.ts'

const open = (folder: string, contextLimit = 1000): Store =>
  openStore({ folder, now: () => new Date('2026-01-02T03:04:05Z'), contextLimit })

const bundle: Bundle = {
  workingDir: '/home/me/app',
  configFiles: ['/home/me/app/compose.yaml'],
  profiles: [],
  environmentFiles: [],
  files: { '/home/me/app/compose.yaml': 'services: {}', '/home/me/app/secret': 'swordfish-4711' },
  environment: { DB_PASSWORD: 'correct-horse' },
  contexts: {},
}

/** As a deployment does: the row first, then its revision. */
function keep(store: Store, name: string, project: Bundle): number {
  return store.transaction(() => {
    store.projects.save({ name, revision: store.projects.get(name)?.revision, intent: upIntent })
    const { number } = store.projects.addRevision(name, project)
    store.projects.save({ name, revision: number, intent: upIntent })
    return number
  })
}

const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8)

t.test('what was stored must be there after the store is opened again', async (t) => {
  const folder = join(t.testdir(), 'data')
  const first = open(folder)
  keep(first, 'app', bundle)
  first.deployments.create({ id: 'd1', project: 'app', action: 'up', revision: 1, options: { build: true } })
  first.deployments.running('d1')
  first.deployments.append('d1', { type: 'planned', operations: 2 })
  const { owner, hashKey } = first
  first.close()

  const second = open(folder)
  t.teardown(() => second.close())
  t.same(second.projects.get('app'), { name: 'app', revision: 1, intent: upIntent })
  t.same(second.projects.bundle('app', 1), bundle)
  t.match(second.deployments.get('d1'), { state: 'running', action: 'up', operations: 0 })
  t.same(second.deployments.active('app'), {
    id: 'd1',
    action: 'up',
    createdAt: '2026-01-02T03:04:05.000Z',
    options: { build: true },
    begun: true,
  })
  t.match(second.deployments.events('d1', 0), [{ id: 1, type: 'planned', operations: 2 }])
  t.equal(second.owner, owner)
  t.equal(second.hashKey, hashKey)
})

t.test('a committed deployment must survive the death of the process', async (t) => {
  const folder = join(t.testdir(), 'data')
  const child = spawn(
    process.execPath,
    [
      '--conditions=@bulkhead/source',
      '--import=tsx',
      fileURLToPath(new URL('fixtures/holder.ts', import.meta.url)),
      folder,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
  t.equal(line, 'held')

  await t.test('and while it lives, nobody else must get the folder', async (t) => {
    t.throws(() => open(folder), { code: 'BH_DAEMON_RUNNING' })
  })

  child.kill('SIGKILL')
  await once(child, 'exit')
  const store = open(folder)
  t.teardown(() => store.close())
  t.match(store.deployments.active('app'), { id: 'd1' })
})

t.test(
  'nothing in the data folder must be readable by others, nor a secret be readable at all',
  async (t) => {
    const folder = join(t.testdir(), 'data')
    const umask = process.umask(0)
    const store = open(folder)
    keep(store, 'app', bundle)
    t.equal(mode(folder), '700')
    for (const name of readdirSync(folder)) {
      const path = join(folder, name)
      t.equal(mode(path), name === 'contexts' ? '700' : '600', name)
    }
    process.umask(umask)
    store.close()
    for (const name of readdirSync(folder).filter((name) => name !== 'contexts')) {
      const text = readFileSync(join(folder, name), 'latin1')
      t.notMatch(text, /swordfish-4711|correct-horse/, name)
    }
  },
)

t.test('a stored bundle must not open without its own key', async (t) => {
  const folder = join(t.testdir(), 'data')
  const store = open(folder)
  keep(store, 'app', bundle)
  store.close()
  writeFileSync(join(folder, 'key'), Buffer.alloc(32, 7))
  t.throws(() => open(folder), { code: 'BH_STORE_FAILED', hint: /key file/ })
  rmSync(join(folder, 'key'))
  t.throws(() => open(folder), { code: 'BH_STORE_FAILED', message: /missing/ })
})

t.test('the folder of somebody else must be refused and left as it is', async (t) => {
  const folder = t.testdir({ 'their.txt': 'hello' })
  chmodSync(folder, 0o755)
  t.throws(() => open(folder), { code: 'BH_DAEMON_START_FAILED' })
  t.equal(mode(folder), '755')
  t.same(readdirSync(folder), ['their.txt'])
})

t.test('a database of a newer version must be refused', async (t) => {
  const folder = join(t.testdir(), 'data')
  open(folder).close()
  const database = new Database(join(folder, 'bulkhead.db'))
  database.exec('PRAGMA user_version = 99')
  database.close()
  t.throws(() => open(folder), { code: 'BH_STORE_FAILED', message: /newer/ })
})

t.test('the same bundle must be the same revision, whatever the order of its keys', async (t) => {
  const store = open(join(t.testdir(), 'data'))
  t.teardown(() => store.close())
  t.equal(keep(store, 'app', bundle), 1)
  const { contexts, files, ...rest } = bundle
  t.equal(keep(store, 'app', { contexts, files: { ...files }, ...rest }), 1)
  t.equal(keep(store, 'app', { ...bundle, profiles: ['debug'] }), 2)
  t.equal(store.projects.latest('app'), 2)
})

t.test('only the newest revisions must be kept, and the current one', async (t) => {
  const store = open(join(t.testdir(), 'data'))
  t.teardown(() => store.close())
  keep(store, 'app', bundle)
  for (let number = 2; number <= 30; number += 1) {
    store.projects.addRevision('app', { ...bundle, profiles: [String(number)] })
  }
  t.same(store.projects.bundle('app', 1), bundle, 'the current one')
  t.equal(store.projects.bundle('app', 10), undefined)
  t.match(store.projects.bundle('app', 11), { profiles: ['11'] })
  t.equal(store.projects.latest('app'), 30)
})

t.test('a revision must never change', async (t) => {
  const folder = join(t.testdir(), 'data')
  const store = open(folder)
  keep(store, 'app', bundle)
  store.close()
  const database = new Database(join(folder, 'bulkhead.db'))
  t.teardown(() => database.close())
  t.throws(() => database.exec("UPDATE revisions SET digest = 'other'"), /never changed/)
})

t.test('a transaction that fails must leave nothing', async (t) => {
  const store = open(join(t.testdir(), 'data'))
  t.teardown(() => store.close())
  const fails = () =>
    store.transaction(() => {
      keep(store, 'app', bundle)
      throw new Error('in the middle')
    })
  t.throws(fails, /in the middle/)
  t.equal(store.projects.get('app'), undefined)
  t.equal(keep(store, 'app', bundle), 1)
})

t.test('a new deployment must supersede the one that has not finished, and only that', async (t) => {
  const { deployments, ...store } = open(join(t.testdir(), 'data'))
  t.teardown(() => store.close())
  const create = (id: string, project = 'app') =>
    deployments.create({ id, project, action: 'up', revision: 1, options: {} })
  t.same(create('d1'), [])
  t.same(create('other', 'else'), [])
  t.same(create('d2'), ['d1'])
  t.match(deployments.get('d1'), { state: 'superseded', finishedAt: '2026-01-02T03:04:05.000Z' })
  t.match(deployments.events('d1', 0), [{ id: 1, type: 'finished', outcome: 'superseded' }])
  t.equal(deployments.append('d1', { type: 'planned', operations: 1 }), false)
  t.equal(deployments.finish('d1', 'succeeded', 1, undefined), false)
  t.equal(deployments.get('d1')?.state, 'superseded')
  t.equal(deployments.get('other')?.state, 'queued')
  t.same(
    deployments.list('app').map(({ id }) => id),
    ['d2', 'd1'],
  )
})

t.test('operations must be counted over all rounds, waiting left out', async (t) => {
  const { deployments, ...store } = open(join(t.testdir(), 'data'))
  t.teardown(() => store.close())
  deployments.create({ id: 'd1', project: 'app', action: 'up', revision: 1, options: {} })
  const operation = { node: 1, subject: 'container a', service: 'a', cause: 'not found' }
  deployments.append('d1', {
    type: 'done',
    operation: { ...operation, type: 'createContainer' },
    milliseconds: 1,
  })
  deployments.append('d1', {
    type: 'done',
    operation: { ...operation, type: 'awaitCondition' },
    milliseconds: 1,
  })
  t.equal(deployments.get('d1')?.operations, 1)
  deployments.finish('d1', 'succeeded', 0, undefined)
  t.match(deployments.get('d1'), { operations: 1, state: 'succeeded' })
})

t.test('only the newest finished deployments of a project must be kept', async (t) => {
  const { deployments, ...store } = open(join(t.testdir(), 'data'))
  t.teardown(() => store.close())
  for (let number = 1; number <= 60; number += 1) {
    const id = `d${number}`
    deployments.create({ id, project: 'app', action: 'up', revision: 1, options: {} })
    deployments.finish(id, 'succeeded', 0, undefined)
  }
  const kept = deployments.list('app')
  t.equal(kept.length, 50)
  t.equal(kept[0]?.id, 'd60')
  t.same(deployments.events('d1', 0), [])
})

t.test('build contexts', async (t) => {
  const folder = join(t.testdir(), 'data')
  const { contexts, ...store } = open(folder, 10)
  t.teardown(() => store.close())
  const digestOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
  const body = async function* (text: string) {
    for (const letter of text) yield Buffer.from(letter)
  }
  const files = () => readdirSync(join(folder, 'contexts'))

  await t.test('one must be kept and read back by its digest', async (t) => {
    await contexts.save(digestOf('archive'), body('archive'))
    t.equal(contexts.has(digestOf('archive')), true)
    const chunks: Buffer[] = []
    for await (const chunk of contexts.open(digestOf('archive')) ?? []) chunks.push(chunk as Buffer)
    t.equal(Buffer.concat(chunks).toString(), 'archive')
  })
  await t.test('another digest, or too many bytes, must leave nothing', async (t) => {
    const before = files()
    await t.rejects(contexts.save(digestOf('a'), body('b')), { code: 'BH_BAD_REQUEST' })
    await t.rejects(contexts.save(digestOf('a'), body('more than ten')), { code: 'BH_BUNDLE_TOO_LARGE' })
    t.equal(contexts.has('sha256:../../bulkhead.db'), false)
    t.same(files(), before)
  })
  await t.test('what no revision needs must go after a day, what one needs must stay', async (t) => {
    const tomorrow = new Date(Date.now() + 25 * 60 * 60 * 1000)
    contexts.prune(new Set([digestOf('archive')]), tomorrow)
    t.equal(files().length, 1)
    contexts.prune(new Set(), new Date())
    t.equal(files().length, 1)
    contexts.prune(new Set(), tomorrow)
    t.same(files(), [])
  })
})

t.test('a folder that cannot be made must be told of', async (t) => {
  const file = join(t.testdir({ file: '' }), 'file')
  t.throws(() => open(join(file, 'data')), { code: 'BH_DAEMON_START_FAILED' })
  mkdirSync(join(t.testdirName, 'empty'), { mode: 0o755 })
  open(join(t.testdirName, 'empty')).close()
  t.equal(mode(join(t.testdirName, 'empty')), '700')
})

t.test('a backup must bring back what was kept, and only under its own key', async (t) => {
  const folder = join(t.testdir(), 'data')
  const now = new Date('2026-01-02T03:04:05Z')
  const first = open(folder)
  keep(first, 'app', bundle)
  const backup = join(t.testdirName, 'backup.db')
  const snapshot = first.snapshot()
  t.equal(mode(snapshot), '600')
  t.notMatch(readFileSync(snapshot, 'latin1'), /swordfish|correct-horse/)
  renameSync(snapshot, backup)
  keep(first, 'later', bundle)
  t.throws(() => restore(backup, folder, now), { code: 'BH_DAEMON_RUNNING' })
  first.close()

  const { kept, projects } = restore(backup, folder, now)
  t.equal(projects, 1)
  const again = open(folder)
  t.same(again.projects.names(), ['app'])
  t.same(again.projects.bundle('app', 1), bundle)
  again.close()
  t.same(restore(kept ?? '', folder, new Date('2026-01-03')).projects, 2, 'what was there was kept')

  const other = join(t.testdirName, 'other')
  open(other).close()
  t.throws(() => restore(backup, other, now), { code: 'BH_STORE_FAILED', message: /key/ })
  writeFileSync(join(t.testdirName, 'noise'), 'noise'.repeat(5000))
  for (const file of ['noise', 'absent'])
    t.throws(() => restore(join(t.testdirName, file), folder, now), { code: 'BH_STORE_FAILED' })
  const still = open(folder)
  t.teardown(() => still.close())
  t.same(still.projects.names(), ['app', 'later'], 'a refused restore changes nothing')
  t.same(
    readdirSync(folder).filter((name) => name.includes('restoring') || name.startsWith('backup')),
    [],
  )
})
