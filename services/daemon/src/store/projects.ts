import { noNotes, upIntent } from '@bulkhead/model'
import type { Bundle, Intent, Notes, Provision } from '@bulkhead/model'
import type { HooksRun } from '@bulkhead/planner'
import type { StoreDatabase } from './database.ts'
import type { Seal } from './seal.ts'

/** A project that was asked for: what is wanted of it, and by which revision. */
export interface KeptProject {
  readonly name: string
  /** Undefined: known from the engine only, kept while it is stopped or taken down. */
  readonly revision: number | undefined
  readonly intent: Intent
  /** Since when reconciling rests, ISO 8601; undefined: it does not. */
  readonly suspended: string | undefined
}

export interface StoredRevision {
  readonly number: number
  /** False when the newest revision was of the same bundle. */
  readonly created: boolean
}

/** Where a revision comes from, as its client says. */
export interface Origin {
  readonly author?: string | undefined
  readonly note?: string | undefined
}

export interface RevisionEntry extends Origin {
  readonly number: number
  /** ISO 8601. */
  readonly createdAt: string
}

export interface ProjectStore {
  names(): readonly string[]
  get(name: string): KeptProject | undefined
  list(): readonly KeptProject[]
  bundle(name: string, revision: number): Bundle | undefined
  /** Digests of the build contexts that current and newest revisions need. */
  contextsInUse(): ReadonlySet<string>
  /** Sets what is wanted of a project, and by which revision. */
  save(project: Omit<KeptProject, 'suspended'>): void
  /** Has reconciling rest from now on, or go on. Says nothing new where it is so already. */
  suspend(name: string, rests: boolean): void
  /** Number of the newest revision, which is not the current one while it was only stored. */
  latest(name: string): number | undefined
  /** Numbers of the revisions that are kept, newest first. */
  revisions(name: string): readonly number[]
  /** The same with where they come from. */
  history(name: string): readonly RevisionEntry[]
  /** Stores a bundle. The same bundle as the newest revision is that revision. The project must be there. */
  addRevision(name: string, bundle: Bundle, origin?: Origin): StoredRevision
  remove(name: string): boolean
  /** Which `post_start` hooks have run, by container id. */
  hooksRun(name: string): ReadonlyMap<string, HooksRun>
  hookRan(name: string, container: string, run: HooksRun): void
  /** What the loop noted; undefined: the project is not kept. */
  notes(name: string): Notes | undefined
  note(name: string, notes: Notes): void
  /** What providers and models were asked for and gave, by kind and name. */
  provisions(name: string): readonly Provision[]
  provisioned(name: string, provision: Provision): void
  released(name: string, service: string): void
  /** Forgets what is kept of a container. */
  containerGone(container: string): void
}

export interface ProjectStoreOptions {
  readonly now: () => Date
  /** Revisions kept of each project, the current one besides. */
  readonly historyLength: number
}

export function createProjectStore(
  database: StoreDatabase,
  seal: Seal,
  { now, historyLength }: ProjectStoreOptions,
): ProjectStore {
  const get = (name: string): KeptProject | undefined => {
    const row = database.get('SELECT revision, intent, suspended FROM projects WHERE name = ?', name)
    return row === undefined ? undefined : toKept(name, row)
  }
  const list = (): readonly KeptProject[] =>
    database
      .all('SELECT name, revision, intent, suspended FROM projects ORDER BY name')
      .map((row) => toKept(String(row['name']), row))
  const bundle = (name: string, revision: number): Bundle | undefined => {
    const row = database.get('SELECT bundle FROM revisions WHERE project = ? AND number = ?', name, revision)
    return row === undefined ? undefined : (JSON.parse(seal.open(row['bundle'] as Buffer)) as Bundle)
  }
  const last = (name: string): { readonly number: number; readonly digest: string } | undefined => {
    const row = database.get(
      'SELECT number, digest FROM revisions WHERE project = ? ORDER BY number DESC LIMIT 1',
      name,
    )
    return row === undefined ? undefined : { number: Number(row['number']), digest: String(row['digest']) }
  }

  return {
    get,
    list,
    bundle,
    names: () => database.all('SELECT name FROM projects ORDER BY name').map(({ name }) => String(name)),
    contextsInUse() {
      const bundles = list().flatMap(({ name, revision }) =>
        [revision, last(name)?.number].map((number) =>
          number === undefined ? undefined : bundle(name, number),
        ),
      )
      return new Set(bundles.flatMap((found) => Object.values(found?.contexts ?? {})))
    },
    save({ name, revision, intent }) {
      database.run(
        `INSERT INTO projects (name, revision, intent) VALUES (?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, intent = excluded.intent`,
        name,
        revision,
        JSON.stringify(intent),
      )
    },
    suspend(name, rests) {
      database.run(
        'UPDATE projects SET suspended = ? WHERE name = ? AND (suspended IS NULL) = ?',
        rests ? now().toISOString() : undefined,
        name,
        rests ? 1 : 0,
      )
    },
    latest: (name) => last(name)?.number,
    revisions: (name) =>
      database
        .all('SELECT number FROM revisions WHERE project = ? ORDER BY number DESC', name)
        .map(({ number }) => Number(number)),
    history: (name) =>
      database
        .all(
          'SELECT number, created_at, author, note FROM revisions WHERE project = ? ORDER BY number DESC',
          name,
        )
        .map(({ number, created_at: createdAt, author, note }) => ({
          number: Number(number),
          createdAt: String(createdAt),
          ...(typeof author === 'string' ? { author } : {}),
          ...(typeof note === 'string' ? { note } : {}),
        })),
    addRevision: (name, bundle, origin = {}) =>
      database.transaction(() => {
        const text = canonical(bundle)
        const digest = seal.digest(text)
        const before = last(name)
        if (before?.digest === digest) return { number: before.number, created: false }
        const number = (before?.number ?? 0) + 1
        database.run(
          'INSERT INTO revisions (project, number, digest, bundle, created_at, author, note) VALUES (?, ?, ?, ?, ?, ?, ?)',
          name,
          number,
          digest,
          seal.seal(text),
          now().toISOString(),
          origin.author,
          origin.note,
        )
        database.run(
          `DELETE FROM revisions WHERE project = ? AND number <= ? AND number NOT IN
             (SELECT coalesce(revision, 0) FROM projects WHERE name = ?)`,
          name,
          number - historyLength,
          name,
        )
        return { number, created: true }
      }),
    remove: (name) => database.run('DELETE FROM projects WHERE name = ?', name) > 0,
    hooksRun: (name) =>
      new Map(
        database
          .all('SELECT container, started_at, count FROM hooks_run WHERE project = ?', name)
          .map(({ container, started_at: startedAt, count }) => [
            String(container),
            { startedAt: String(startedAt), count: Number(count) },
          ]),
      ),
    hookRan(name, container, { startedAt, count }) {
      database.run(
        `INSERT INTO hooks_run (container, project, started_at, count) VALUES (?, ?, ?, ?)
         ON CONFLICT (container) DO UPDATE SET started_at = excluded.started_at, count = excluded.count`,
        container,
        name,
        startedAt,
        count,
      )
    },
    notes(name) {
      const row = database.get('SELECT notes FROM projects WHERE name = ?', name)
      if (row === undefined) return undefined
      const kept = row['notes']
      return typeof kept === 'string' ? { ...noNotes, ...(JSON.parse(kept) as Partial<Notes>) } : noNotes
    },
    note(name, notes) {
      database.run('UPDATE projects SET notes = ? WHERE name = ?', JSON.stringify(notes), name)
    },
    provisions: (name) =>
      database.all('SELECT provision FROM provisions WHERE project = ? ORDER BY kind, name', name).map(
        // Of many rows, blobs come as plain array buffers.
        ({ provision }) => JSON.parse(seal.open(Buffer.from(provision as ArrayBuffer))) as Provision,
      ),
    provisioned(project, provision) {
      database.run(
        `INSERT INTO provisions (project, kind, name, provision) VALUES (?, ?, ?, ?)
         ON CONFLICT (project, kind, name) DO UPDATE SET provision = excluded.provision`,
        project,
        provision.kind,
        provision.name,
        seal.seal(JSON.stringify(provision)),
      )
    },
    released(project, service) {
      database.run(
        "DELETE FROM provisions WHERE project = ? AND kind = 'provider' AND name = ?",
        project,
        service,
      )
    },
    containerGone(container) {
      database.run('DELETE FROM hooks_run WHERE container = ?', container)
    },
  }
}

function toKept(
  name: string,
  { revision, intent, suspended }: Readonly<Record<string, unknown>>,
): KeptProject {
  return {
    name,
    revision: typeof revision === 'number' ? revision : undefined,
    suspended: typeof suspended === 'string' ? suspended : undefined,
    // What is undefined is not in the JSON, nor is what a later version added.
    intent: { ...upIntent, ...(JSON.parse(String(intent)) as Partial<Intent>) },
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
