import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CommandModule, Invocation } from '../../command.ts'
import type { Context } from '../../context.ts'
import { daemonArguments } from '../../daemon/launch.ts'
import { guardSocketFolder } from '../../daemon/places.ts'
import { exitCodes } from '../../exit.ts'
import { declareDaemonOptions, placesOf } from './options.ts'
import type { DaemonOptions } from './options.ts'

export const runDaemon: CommandModule = {
  description:
    'Runs the daemon in the foreground, for a service manager or to watch its log. SIGTERM stops it.',
  examples: [
    ['bulkhead daemon run --socket /run/x.sock --data /var/lib/x', 'a second daemon beside another'],
  ],
  declare: declareDaemonOptions,
  async run({ globals, options: raw }: Invocation, context: Context): Promise<number> {
    const options: DaemonOptions = raw
    const places = placesOf(options, globals, context)
    const entry = context.daemonEntry()
    guardSocketFolder(dirname(places.socket), context)
    // In this very process, so that whoever ends it ends the daemon and no child is left behind.
    process.argv.splice(1, Infinity, entry, ...daemonArguments({ ...places, group: options.group }))
    await import(pathToFileURL(entry).href)
    return Number(process.exitCode ?? exitCodes.ok)
  },
}
