import { closeSync, openSync } from 'node:fs'
import { BulkheadError, isBulkheadError } from '@bulkhead/model'
import Database from 'libsql'
import { migrations } from './migrations.ts'

/** What may be bound to a statement. */
type Value = string | number | Buffer | undefined

export type Row = Readonly<Record<string, unknown>>

/** SQLite as the store uses it: synchronous, and every failure a BulkheadError. */
export interface StoreDatabase {
  run(sql: string, ...values: readonly Value[]): number
  get(sql: string, ...values: readonly Value[]): Row | undefined
  all(sql: string, ...values: readonly Value[]): readonly Row[]
  /** All of it or nothing, on disk when it returns. Inside another one: part of that. */
  transaction<T>(body: () => T): T
  close(): void
}

/**
 * Opens the database file (made with mode 0600) and brings it to the present
 * shape. Commits are durable (`synchronous = FULL`) when they return.
 *
 * @throws BulkheadError BH_STORE_FAILED
 */
export function openDatabase(file: string): StoreDatabase {
  return guarded(() => {
    // SQLite gives its journal files the mode of the database file.
    closeSync(openSync(file, 'a', 0o600))
    const database = new Database(file)
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = FULL')
    database.pragma('foreign_keys = ON')
    const store = wrap(database)
    migrate(database, store)
    return store
  })
}

function wrap(database: Database.Database): StoreDatabase {
  const prepared = new Map<string, Database.Statement>()
  const statement = (sql: string): Database.Statement => {
    const known = prepared.get(sql)
    if (known !== undefined) return known
    const made = database.prepare(sql)
    prepared.set(sql, made)
    return made
  }
  const bind = (values: readonly Value[]) => values.map((value) => value ?? null)
  return {
    run: (sql, ...values) => guarded(() => statement(sql).run(...bind(values)).changes),
    get: (sql, ...values) => guarded(() => statement(sql).get(...bind(values)) as Row | undefined),
    all: (sql, ...values) => guarded(() => statement(sql).all(...bind(values)) as Row[]),
    transaction(body) {
      if (database.inTransaction) return body()
      guarded(() => database.exec('BEGIN IMMEDIATE'))
      try {
        const result = body()
        guarded(() => database.exec('COMMIT'))
        return result
      } catch (error) {
        if (database.inTransaction) database.exec('ROLLBACK')
        throw error
      }
    },
    close: () => {
      database.close()
    },
  }
}

function migrate(database: Database.Database, store: StoreDatabase): void {
  const version = Number(store.get('PRAGMA user_version')?.['user_version'] ?? 0)
  if (version > migrations.length) {
    throw new BulkheadError('BH_STORE_FAILED', 'The data folder was written by a newer Bulkhead.', {
      hint: 'Install that version or a newer one, or name another folder with `--data`.',
    })
  }
  for (const [index, step] of migrations.entries()) {
    if (index < version) continue
    store.transaction(() => database.exec(`${step};\nPRAGMA user_version = ${index + 1}`))
  }
}

function guarded<T>(body: () => T): T {
  try {
    return body()
  } catch (cause) {
    if (isBulkheadError(cause)) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    if (isFull(cause)) {
      throw new BulkheadError('BH_STORE_FULL', 'The disk of the data folder is full: nothing was taken.', {
        hint: 'Make space there, then ask again.',
        cause,
      })
    }
    throw new BulkheadError('BH_STORE_FAILED', `The store failed: ${reason}.`, {
      hint: 'Check that the data folder is on a local disk with free space and belongs to the daemon.',
      cause,
    })
  }
}

/** SQLite's own word for it; a failed write elsewhere in the file system has the system's. */
function isFull(cause: unknown): boolean {
  const code = (cause as { readonly code?: unknown } | undefined)?.code
  return code === 'SQLITE_FULL' || code === 'ENOSPC'
}
