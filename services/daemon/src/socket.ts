import { once } from 'node:events'
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import type { Server } from 'node:http'
import { dirname } from 'node:path'
import { BulkheadError } from '@bulkhead/model'

export interface SocketOptions {
  readonly path: string
  /** Group that may use the socket, by name or number; undefined: `bulkhead`, where the daemon is root and there is one. */
  readonly group: string | undefined
  /** Descriptor of a socket that somebody else made and keeps: only listened on. */
  readonly inherited: number | undefined
}

/** Linux keeps a socket's path in 108 bytes, the last of them zero. */
const longestPath = 107
const defaultGroup = 'bulkhead'

/**
 * Listens on a Unix socket that nobody else can use for a moment even: it is
 * made under a umask (0600), and opened to its group (0660) after it has it.
 * A socket that a dead daemon left is replaced.
 *
 * @throws BulkheadError BH_DAEMON_RUNNING when a live daemon has it, BH_DAEMON_START_FAILED when it cannot be made.
 */
export async function listenOnSocket(server: Server, options: SocketOptions): Promise<void> {
  const { path, group, inherited } = options
  if (inherited !== undefined) return listenOn(server, inherited)
  if (Buffer.byteLength(path) > longestPath) {
    throw failed(`The path of the socket is longer than ${longestPath} bytes: ${path}.`)
  }
  const gid = groupOf(group)
  makeFolder(dirname(path), gid === undefined ? 0o700 : 0o755)
  await clearStale(path)
  const umask = process.umask(0o177)
  const listening = once(server, 'listening')
  try {
    server.listen(path)
  } finally {
    process.umask(umask)
  }
  await listening.catch((cause: unknown) => {
    throw failed(`The socket ${path} cannot be made: ${text(cause)}.`, cause)
  })
  if (gid === undefined) return
  try {
    chownSync(path, -1, gid)
    chmodSync(path, 0o660)
  } catch (cause) {
    server.close()
    throw failed(
      `The socket ${path} cannot be given to group ${group ?? defaultGroup}: ${text(cause)}.`,
      cause,
    )
  }
}

async function listenOn(server: Server, fd: number): Promise<void> {
  const listening = once(server, 'listening')
  server.listen({ fd })
  await listening.catch((cause: unknown) => {
    throw failed(`The socket of the service manager cannot be used: ${text(cause)}.`, cause)
  })
}

async function clearStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isSocket()) throw failed(`${path} exists and is not a socket.`)
  if (await isAlive(path)) {
    throw new BulkheadError('BH_DAEMON_RUNNING', `Another daemon listens on ${path}.`, {
      hint: 'Use that one, stop it with `bulkhead daemon stop`, or name another path with `--socket`.',
    })
  }
  rmSync(path, { force: true })
}

/** Only a refused connection means that nobody is there; any other failure is taken for life. */
async function isAlive(path: string): Promise<boolean> {
  const socket = connect(path)
  try {
    await once(socket, 'connect')
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code !== 'ECONNREFUSED' && code !== 'ENOENT'
  } finally {
    socket.destroy()
  }
}

function groupOf(group: string | undefined): number | undefined {
  if (group === undefined) return process.getuid?.() === 0 ? groupId(defaultGroup) : undefined
  const id = /^\d+$/.test(group) ? Number(group) : groupId(group)
  if (id === undefined) {
    throw failed(`There is no group "${group}".`, undefined, `Make it with \`groupadd ${group}\`.`)
  }
  return id
}

function groupId(name: string): number | undefined {
  let groups: string
  try {
    groups = readFileSync('/etc/group', 'utf8')
  } catch {
    return undefined
  }
  const line = groups.split('\n').find((entry) => entry.startsWith(`${name}:`))
  const id = line?.split(':')[2]
  return id === undefined || id === '' ? undefined : Number(id)
}

function makeFolder(path: string, mode: number): void {
  try {
    const made = mkdirSync(path, { recursive: true, mode })
    if (made !== undefined) chmodSync(path, mode)
  } catch (cause) {
    throw failed(`The folder of the socket cannot be made: ${text(cause)}.`, cause)
  }
}

function failed(
  message: string,
  cause?: unknown,
  hint = 'Name another path with `--socket`.',
): BulkheadError {
  return new BulkheadError('BH_DAEMON_START_FAILED', message, { hint, cause })
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
