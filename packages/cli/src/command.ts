import type { Command } from 'commander'
import type { Context } from './context.ts'
import type { Globals } from './globals.ts'

/** A command as the list of commands knows it, before its module is loaded. */
export interface CommandEntry {
  readonly name: string
  readonly aliases?: readonly string[]
  /** One line, without a full stop. */
  readonly summary: string
  /** Heading in the list of commands. */
  readonly group: string
  load(): Promise<CommandModule>
}

export interface CommandModule {
  /** More than the summary says; shown on top of the command's own help. */
  readonly description?: string
  /** Command line and what it does. */
  readonly examples?: readonly (readonly [string, string])[]
  /** Adds arguments and options. */
  declare?(command: Command): void
  readonly subcommands?: readonly CommandEntry[]
  /** @returns the exit code. Problems are thrown as BulkheadError. */
  run?(invocation: Invocation, context: Context): Promise<number>
}

export interface Invocation {
  readonly globals: Globals
  /** Positional arguments. */
  readonly args: readonly string[]
  /** As commander names them: `--wait-timeout` is `waitTimeout`. */
  readonly options: Readonly<Record<string, unknown>>
}
