import type { Bundle, Intent } from '@bulkhead/model'
import type { StoreDatabase } from './database.ts'
import type { Seal } from './seal.ts'

/** A project that was asked for: what is wanted of it, and by which revision. */
export interface KeptProject {
  readonly name: string
  /** Undefined: known from the engine only, kept while it is stopped or taken down. */
  readonly revision: number | undefined
  readonly intent: Intent
}

export interface StoredRevision {
  readonly number: number
  /** False when the current revision was of the same bundle. */
  readonly created: boolean
}

export interface ProjectStore {
  names(): readonly string[]
  get(name: string): KeptProject | undefined
  list(): readonly KeptProject[]
  bundle(name: string, revision: number): Bundle | undefined
  /** Digests of the build contexts that current revisions need. */
  contextsInUse(): ReadonlySet<string>
  saveIntent(name: string, intent: Intent): void
  /** Stores a bundle as the current revision. The same bundle again is the same revision. */
  saveRevision(name: string, bundle: Bundle, intent: Intent): StoredRevision
  remove(name: string): boolean
}

export function createProjectStore(database: StoreDatabase, seal: Seal, now: () => Date): ProjectStore {
  const get = (name: string): KeptProject | undefined => {
    const row = database.get('SELECT revision, intent FROM projects WHERE name = ?', name)
    return row === undefined ? undefined : toKept(name, row)
  }
  const list = (): readonly KeptProject[] =>
    database
      .all('SELECT name, revision, intent FROM projects ORDER BY name')
      .map((row) => toKept(String(row['name']), row))
  const bundle = (name: string, revision: number): Bundle | undefined => {
    const row = database.get('SELECT bundle FROM revisions WHERE project = ? AND number = ?', name, revision)
    return row === undefined ? undefined : (JSON.parse(seal.open(row['bundle'] as Buffer)) as Bundle)
  }

  return {
    get,
    list,
    bundle,
    names: () => database.all('SELECT name FROM projects ORDER BY name').map(({ name }) => String(name)),
    contextsInUse() {
      const bundles = list().map(({ name, revision }) =>
        revision === undefined ? undefined : bundle(name, revision),
      )
      return new Set(bundles.flatMap((found) => Object.values(found?.contexts ?? {})))
    },
    saveIntent(name, intent) {
      database.run(
        `INSERT INTO projects (name, intent) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET intent = excluded.intent`,
        name,
        JSON.stringify(intent),
      )
    },
    saveRevision(name, bundle, intent) {
      return database.transaction(() => {
        const text = canonical(bundle)
        const digest = seal.digest(text)
        const last = database.get(
          'SELECT number, digest FROM revisions WHERE project = ? ORDER BY number DESC LIMIT 1',
          name,
        )
        const same = last?.['digest'] === digest
        const number = Number(last?.['number'] ?? 0) + (same ? 0 : 1)
        database.run(
          `INSERT INTO projects (name, revision, intent) VALUES (?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, intent = excluded.intent`,
          name,
          number,
          JSON.stringify(intent),
        )
        if (!same) {
          database.run(
            'INSERT INTO revisions (project, number, digest, bundle, created_at) VALUES (?, ?, ?, ?, ?)',
            name,
            number,
            digest,
            seal.seal(text),
            now().toISOString(),
          )
        }
        return { number, created: !same }
      })
    },
    remove: (name) => database.run('DELETE FROM projects WHERE name = ?', name) > 0,
  }
}

function toKept(name: string, { revision, intent }: Readonly<Record<string, unknown>>): KeptProject {
  return {
    name,
    revision: typeof revision === 'number' ? revision : undefined,
    intent: JSON.parse(String(intent)) as Intent,
  }
}

/** JSON with keys in order, so that the same bundle gives the same text whatever order a client sent. */
function canonical(bundle: Bundle): string {
  return JSON.stringify(bundle, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
}
