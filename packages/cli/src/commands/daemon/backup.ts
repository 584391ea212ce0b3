import { createWriteStream, renameSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { createClient, formatAddress } from '@bulkhead/client'
import { BulkheadError } from '@bulkhead/model'
import type { CommandModule, Invocation } from '../../command.ts'
import type { Context } from '../../context.ts'
import { exitCodes } from '../../exit.ts'
import { placesOf } from './options.ts'

export const backup: CommandModule = {
  description:
    "Writes what the daemon keeps (projects, revisions, deployments) to a file, while it works on. Files and variables of projects are sealed in it; the key that opens them is not: keep the data folder's file `key` apart from it. Uploaded build contexts are left out, the next `up --build` sends them again.",
  examples: [['bulkhead daemon backup /backups/bulkhead.db', 'then restore it with bulkhead daemon restore']],
  declare: (command: Command) =>
    command
      .argument('<file>', 'where to write it')
      .option('--socket <path>', 'Unix socket that the daemon listens on'),
  async run({ globals, args, options }: Invocation, context: Context): Promise<number> {
    const { socket } = placesOf(options, globals, context)
    const file = resolve(context.cwd, args[0] ?? '')
    const partial = `${file}.part`
    try {
      const stream = await createClient({ socketPath: socket }).backup()
      await pipeline(stream, createWriteStream(partial, { mode: 0o600, flush: true }))
      renameSync(partial, file)
    } catch (error) {
      rmSync(partial, { force: true })
      throw error instanceof Error && 'code' in error && 'syscall' in error ? unwritten(file, error) : error
    }
    context.terminal.out(`Backup of the daemon at ${formatAddress({ socketPath: socket })}: ${file}\n`)
    return exitCodes.ok
  },
}

function unwritten(file: string, cause: Error): BulkheadError {
  return new BulkheadError('BH_STORE_FAILED', `The backup ${file} cannot be written: ${cause.message}.`, {
    hint: 'Name another place.',
    cause,
  })
}
