import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { BulkheadError } from '@bulkhead/model'

export interface DataFolder {
  readonly path: string
  readonly database: string
  readonly lock: string
  readonly key: string
  readonly contexts: string
}

/**
 * Makes the data folder, readable by its owner alone (0700).
 *
 * @throws BulkheadError BH_DAEMON_START_FAILED where it cannot be made, or
 * where a folder with other things in it would have to be closed to others.
 */
export function prepareDataFolder(path: string): DataFolder {
  const folder: DataFolder = {
    path,
    database: join(path, 'bulkhead.db'),
    lock: join(path, 'lock.db'),
    key: join(path, 'key'),
    contexts: join(path, 'contexts'),
  }
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    closeToOthers(folder)
    mkdirSync(folder.contexts, { recursive: true, mode: 0o700 })
  } catch (cause) {
    if (cause instanceof BulkheadError) throw cause
    throw new BulkheadError(
      'BH_DAEMON_START_FAILED',
      `The data folder ${path} cannot be used: ${text(cause)}.`,
      {
        hint: 'Name a folder of your own with `--data`.',
        cause,
      },
    )
  }
  return folder
}

function closeToOthers({ path }: DataFolder): void {
  const { mode, uid } = statSync(path)
  const user = process.getuid?.()
  if (user !== undefined && uid !== user) {
    throw new BulkheadError('BH_DAEMON_START_FAILED', `The data folder ${path} belongs to another user.`, {
      hint: 'Name a folder of your own with `--data`.',
    })
  }
  if ((mode & 0o077) === 0) return
  const names = readdirSync(path)
  if (names.length > 0 && !names.includes('bulkhead.db')) {
    throw new BulkheadError(
      'BH_DAEMON_START_FAILED',
      `The folder ${path} can be read by others and holds things that are not Bulkhead's.`,
      { hint: 'Name an empty folder, or one that does not exist yet, with `--data`.' },
    )
  }
  chmodSync(path, 0o700)
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
