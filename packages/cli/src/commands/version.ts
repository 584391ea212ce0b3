import { Option } from 'commander'
import type { Command } from 'commander'
import type { Client, Version } from '@bulkhead/client'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findDaemon } from '../daemon/find.ts'
import { exitCodes } from '../exit.ts'
import { version } from '../version.ts'

interface VersionOptions {
  readonly format?: 'pretty' | 'json'
  readonly short?: boolean
}

export const versionCommand: CommandModule = {
  onlyReads: true,
  description:
    'Shows the versions of bulkhead, of the daemon that answers and of its engine. Starts no daemon.',
  declare: (command: Command) =>
    command
      .addOption(new Option('-f, --format <format>', 'how to print').choices(['pretty', 'json']))
      .option('--short', "print bulkhead's own version number only"),
  async run({ globals, options: raw }: Invocation, context: Context): Promise<number> {
    const options: VersionOptions = raw
    if (options.short === true) {
      context.terminal.out(`${version}\n`)
      return exitCodes.ok
    }
    const client = await findDaemon(globals, context)
    const daemon = await client?.version().catch(() => undefined)
    const json = options.format === 'json' || (options.format === undefined && globals.json)
    context.terminal.out(json ? `${JSON.stringify({ version, daemon })}\n` : pretty(client, daemon))
    return exitCodes.ok
  },
}

function pretty(client: Client | undefined, daemon: Version | undefined): string {
  const engine = daemon?.engine
  const lines = [
    `Bulkhead version ${version}`,
    daemon === undefined ? ' Daemon: none answers' : ` Daemon: ${daemon.version} at ${client?.address}`,
    ...(daemon === undefined
      ? []
      : [
          engine === undefined
            ? ' Engine: none answers'
            : ` Engine: ${engine.version} (API ${engine.apiVersion})`,
        ]),
  ]
  return lines.map((line) => `${line}\n`).join('')
}
