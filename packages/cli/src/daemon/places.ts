import { lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { BulkheadError } from '@bulkhead/model'
import type { Context } from '../context.ts'

/** Where a daemon listens and keeps what it has to remember. */
export interface Places {
  readonly socket: string
  readonly data: string
}

/** Of the daemon that this user would start: root's serves the machine, everybody else's the user alone. */
export function ownPlaces(context: Context): Places {
  const { env, user, systemSocket } = context
  if (user.uid === 0) return { socket: systemSocket, data: env.BULKHEAD_DATA ?? '/var/lib/bulkhead' }
  const state = absolute(env.XDG_STATE_HOME) ?? join(user.home, '.local', 'state')
  return { socket: userSocket(context), data: env.BULKHEAD_DATA ?? join(state, 'bulkhead') }
}

/** Sockets at which a daemon may be found, the system's first. */
export function knownSockets(context: Context): readonly string[] {
  return [...new Set([context.systemSocket, ownPlaces(context).socket])]
}

export function logFile(data: string): string {
  return join(data, 'bulkheadd.log')
}

/**
 * Makes the folder of the user's own socket, if it is to be in the folder for
 * temporary files that everybody can write to.
 *
 * @throws BulkheadError BH_DAEMON_START_FAILED when somebody else has made it.
 */
export function guardSocketFolder(folder: string, context: Context): void {
  const { user } = context
  if (folder !== temporaryFolder(context)) return
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const status = lstatSync(folder)
  const owned = status.isDirectory() && status.uid === user.uid && (status.mode & 0o077) === 0
  if (owned) return
  throw new BulkheadError(
    'BH_DAEMON_START_FAILED',
    `${folder} belongs to somebody else, or others may enter it.`,
    {
      hint: 'Remove it, or set XDG_RUNTIME_DIR to a folder of your own.',
    },
  )
}

function userSocket(context: Context): string {
  const runtime = absolute(context.env.XDG_RUNTIME_DIR)
  return runtime === undefined
    ? join(temporaryFolder(context), 'bulkhead.sock')
    : join(runtime, 'bulkhead', 'bulkhead.sock')
}

function temporaryFolder({ user }: Context): string {
  return join(user.temporary, `bulkhead-${user.uid ?? 'user'}`)
}

/** The XDG specification has relative paths ignored. */
function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') === true ? path : undefined
}
