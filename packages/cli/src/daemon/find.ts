import { createClient, formatAddress, parseAddress } from '@bulkhead/client'
import type { Client } from '@bulkhead/client'
import { BulkheadError } from '@bulkhead/model'
import { actor } from '../actor.ts'
import type { Context } from '../context.ts'
import type { Globals } from '../globals.ts'
import { launchDaemon } from './launch.ts'
import { connect } from 'node:net'
import { knownSockets, logFile, ownPlaces } from './places.ts'

/**
 * A client of the daemon that was named, and of no other, whether it answers
 * or not; else of the system's daemon, else of the user's own, whichever
 * listens. Undefined: neither does.
 */
export async function findDaemon({ host }: Globals, context: Context): Promise<Client | undefined> {
  const asker = { actor: actor(context) }
  if (host !== undefined) return createClient({ ...parseAddress(host), ...asker })
  for (const socketPath of knownSockets(context)) {
    if (await isListening(socketPath)) return createClient({ socketPath, ...asker })
  }
  return undefined
}

/** As `findDaemon`; where none answers and none was named, starts one and says so. */
export async function findOrStartDaemon(globals: Globals, context: Context): Promise<Client> {
  const found = await findDaemon(globals, context)
  if (found !== undefined) return found
  const places = ownPlaces(context)
  const client = await launchDaemon(places, context)
  const { terminal } = context
  if (globals.progress !== 'quiet' && globals.progress !== 'json') {
    terminal.err(`Started the daemon at ${client.address}; its log is ${logFile(places.data)}\n`)
  }
  return client
}

/** For commands about the daemon itself: starting one would be no answer. */
export async function requireDaemon(globals: Globals, context: Context): Promise<Client> {
  const found = await findDaemon(globals, context)
  if (found !== undefined) return found
  const at = knownSockets(context).map((socketPath) => formatAddress({ socketPath }))
  throw new BulkheadError('BH_DAEMON_UNREACHABLE', `No daemon answers at ${at.join(' or ')}.`, {
    hint: 'Start one with `bulkhead daemon start`; other commands do so by themselves.',
  })
}

/** Cheaper than a question: a daemon listens only when it is ready. */
function isListening(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath)
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.once('connect', () => end(true)).once('error', () => end(false))
  })
}
