import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/**
 * The process that listens on a Unix socket, from /proc: unlike a number in a
 * file it can't be another process by now. Undefined: none, another user's, or
 * a system without /proc.
 */
export function listenerOf(socketPath: string): number | undefined {
  const inodes = listeningInodes(socketPath)
  if (inodes.size === 0) return undefined
  return names('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => holdsAny(pid, inodes))
}

/** Flag of a socket that accepts connections, as /proc/net/unix prints it. */
const acceptsConnections = '00010000'

function listeningInodes(socketPath: string): ReadonlySet<string> {
  const table = attempt(() => readFileSync('/proc/net/unix', 'utf8')) ?? ''
  const inodes = new Set<string>()
  for (const line of table.split('\n')) {
    const [, , , flags, , , inode, ...path] = line.trim().split(/\s+/)
    if (flags === acceptsConnections && inode !== undefined && path.join(' ') === socketPath)
      inodes.add(inode)
  }
  return inodes
}

function holdsAny(pid: number, inodes: ReadonlySet<string>): boolean {
  const folder = `/proc/${pid}/fd`
  return names(folder).some((name) => {
    const target = attempt(() => readlinkSync(`${folder}/${name}`))
    const inode = target === undefined ? undefined : /^socket:\[(\d+)\]$/.exec(target)?.[1]
    return inode !== undefined && inodes.has(inode)
  })
}

function names(folder: string): readonly string[] {
  return attempt(() => readdirSync(folder)) ?? []
}

/** Processes come and go, and others' can't be looked into. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
