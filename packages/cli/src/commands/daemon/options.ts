import { resolve } from 'node:path'
import type { Command } from 'commander'
import { parseAddress } from '@bulkhead/client'
import type { Context } from '../../context.ts'
import { ownPlaces } from '../../daemon/places.ts'
import type { Places } from '../../daemon/places.ts'
import type { Globals } from '../../globals.ts'

export interface DaemonOptions {
  readonly socket?: string
  readonly data?: string
  readonly group?: string
}

export function declareDaemonOptions(command: Command): Command {
  return command
    .option('--socket <path>', 'Unix socket to listen on')
    .option('--data <folder>', 'folder for what the daemon keeps (default: $BULKHEAD_DATA)')
    .option('--group <name>', 'group that may use the socket (default: its owner alone)')
}

/** From the flags, else from `-H`, else the user's own. */
export function placesOf(options: DaemonOptions, { host }: Globals, context: Context): Places {
  const own = ownPlaces(context)
  const socket = options.socket ?? (host === undefined ? own.socket : parseAddress(host).socketPath)
  return {
    socket: resolve(context.cwd, socket),
    data: resolve(context.cwd, options.data ?? own.data),
  }
}
