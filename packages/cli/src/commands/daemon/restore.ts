import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../../command.ts'
import type { Context } from '../../context.ts'
import { exitCodes } from '../../exit.ts'
import { placesOf } from './options.ts'

export const restore: CommandModule = {
  description:
    'Puts a backup in the place of what a stopped daemon keeps. The backup is proven first: whole, of a known version, and sealed with the key of the data folder. What was there is kept beside it.',
  examples: [['bulkhead daemon stop && bulkhead daemon restore /backups/bulkhead.db', 'back to the backup']],
  declare: (command: Command) =>
    command
      .argument('<file>', 'what `bulkhead daemon backup` wrote')
      .option('--data <folder>', "the daemon's data folder (default: $BULKHEAD_DATA)"),
  async run({ globals, args, options }: Invocation, context: Context): Promise<number> {
    const { data } = placesOf(options, globals, context)
    const entry = context.daemonEntry()
    // The daemon knows its data, this command does not.
    process.argv.splice(1, Infinity, entry, '--data', data, '--restore', resolve(context.cwd, args[0] ?? ''))
    await import(pathToFileURL(entry).href)
    return Number(process.exitCode ?? exitCodes.ok)
  },
}
