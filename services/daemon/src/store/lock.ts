import { closeSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { BulkheadError } from '@bulkhead/model'
import Database from 'libsql'

export interface FolderLock {
  release(): void
}

/**
 * Takes the data folder for this process: one daemon a folder.
 *
 * The lock is an exclusive SQLite transaction that is never committed, which is
 * a lock of the kernel on an open file: it goes when the process goes, however
 * that dies, and there is no process id on disk that another process could get.
 * It is on a file of its own, so that a backup can read the database meanwhile.
 *
 * @throws BulkheadError BH_DAEMON_RUNNING when another process holds it.
 */
export function lockDataFolder(file: string): FolderLock {
  closeSync(openSync(file, 'a', 0o600))
  const database = new Database(file, { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    throw new BulkheadError('BH_DAEMON_RUNNING', `Another daemon uses the data folder ${dirname(file)}.`, {
      hint: 'Use that one, stop it with `bulkhead daemon stop`, or name another folder with `--data`.',
      cause,
    })
  }
  return {
    release() {
      database.exec('ROLLBACK')
      database.close()
    },
  }
}
