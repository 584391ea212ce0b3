import { randomUUID } from 'node:crypto'
import { closeSync, copyFileSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { BulkheadError } from '@bulkhead/model'
import Database from 'libsql'
import type { StoreDatabase } from './database.ts'
import { prepareDataFolder } from './folder.ts'
import { lockDataFolder } from './lock.ts'
import { migrations } from './migrations.ts'
import { openSeal } from './seal.ts'

/**
 * Writes a snapshot of the database into the data folder, whole and consistent
 * though the daemon works on, and returns its path: whoever asked removes it.
 * The key is not in it.
 */
export function snapshotOf(database: StoreDatabase, folder: string): string {
  const file = join(folder, `backup-${randomUUID()}.db`)
  // Made by us, so that it is readable by nobody else; SQLite writes into an empty file.
  closeSync(openSync(file, 'wx', 0o600))
  database.run('VACUUM INTO ?', file)
  return file
}

export interface Restored {
  /** Where what was there before is kept; undefined: there was nothing. */
  readonly kept: string | undefined
  readonly projects: number
}

/**
 * Puts a backup in the place of the database of a data folder that no daemon
 * uses. The backup is proven first: whole, of a version that we know, and
 * sealed with the key of the folder. What was there is kept beside it.
 *
 * @throws BulkheadError BH_DAEMON_RUNNING, BH_STORE_FAILED; nothing was changed then.
 */
export function restore(backup: string, data: string, now: Date): Restored {
  if (!existsSync(backup))
    throw unfit(`There is no file ${backup}.`, 'Name the file that a backup was written to.')
  const folder = prepareDataFolder(data)
  const lock = lockDataFolder(folder.lock)
  try {
    const fresh = `${folder.database}.restoring`
    copyFileSync(backup, fresh)
    try {
      const projects = prove(fresh, folder.key)
      sync(fresh)
      const kept = setAside(folder.database, now)
      renameSync(fresh, folder.database)
      sync(folder.path)
      return { kept, projects }
    } finally {
      for (const end of ['', '-wal', '-shm']) rmSync(`${fresh}${end}`, { force: true })
    }
  } finally {
    lock.release()
  }
}

/** The number of projects in it. */
function prove(file: string, key: string): number {
  let database: Database.Database
  try {
    database = new Database(file)
    if (scalar(database, 'PRAGMA integrity_check') !== 'ok') throw new Error('it is damaged')
  } catch (cause) {
    throw unfit('The file is no whole backup.', 'Name another backup.', cause)
  }
  try {
    const version = Number(scalar(database, 'PRAGMA user_version'))
    if (version < 1) throw unfit('The file is no backup of Bulkhead.', 'Name another backup.')
    if (version > migrations.length)
      throw unfit('The backup was written by a newer Bulkhead.', 'Install that version or a newer one.')
    const sealed = scalar(database, 'SELECT bundle FROM revisions ORDER BY created_at DESC LIMIT 1')
    // Opens it, or says that the key is another one.
    if (sealed !== undefined) openSeal(key, false).open(Buffer.from(sealed as ArrayBuffer))
    return Number(scalar(database, 'SELECT count(*) FROM projects'))
  } finally {
    database.close()
  }
}

function scalar(database: Database.Database, sql: string): unknown {
  const row = database.prepare(sql).get() as Readonly<Record<string, unknown>> | undefined
  return row === undefined ? undefined : Object.values(row)[0]
}

function setAside(database: string, now: Date): string | undefined {
  if (!existsSync(database)) return undefined
  // What its log still holds goes into it, so that one file is all of it.
  const present = new Database(database)
  present.pragma('wal_checkpoint(TRUNCATE)')
  present.close()
  const kept = `${database}.${now.toISOString().replaceAll(':', '')}`
  renameSync(database, kept)
  for (const end of ['-wal', '-shm']) rmSync(`${database}${end}`, { force: true })
  return kept
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

function unfit(message: string, hint: string, cause?: unknown): BulkheadError {
  return new BulkheadError('BH_STORE_FAILED', message, { hint, cause })
}
