import { createClient, formatAddress, parseAddress } from '@bulkhead/client'
import type { Client } from '@bulkhead/client'
import { BulkheadError } from '@bulkhead/model'
import type { Context } from '../context.ts'
import type { Globals } from '../globals.ts'
import { launchDaemon } from './launch.ts'
import { answers } from './launch.ts'
import { knownSockets, logFile, ownPlaces } from './places.ts'

/** Milliseconds that a daemon found by its socket has to answer in. */
const answerMs = 5000

/**
 * The daemon that answers: the one that was named, and no other; else the
 * system's, else the user's own. Undefined: none of those that weren't named.
 *
 * @throws BulkheadError BH_DAEMON_UNREACHABLE when the named one doesn't answer.
 */
export async function findDaemon({ host }: Globals, context: Context): Promise<Client | undefined> {
  if (host !== undefined) {
    const client = createClient(parseAddress(host))
    await client.version(answerMs)
    return client
  }
  for (const socketPath of knownSockets(context)) {
    const client = createClient({ socketPath })
    if (await answers(client)) return client
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

/** For commands that only look: starting a daemon would be no help. */
export async function requireDaemon(globals: Globals, context: Context): Promise<Client> {
  const found = await findDaemon(globals, context)
  if (found !== undefined) return found
  const at = knownSockets(context).map((socketPath) => formatAddress({ socketPath }))
  throw new BulkheadError('BH_DAEMON_UNREACHABLE', `No daemon answers at ${at.join(' or ')}.`, {
    hint: 'Start one with `bulkhead daemon start`, or with `bulkhead up`.',
  })
}
