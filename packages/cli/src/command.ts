import type { DeployRequest } from '@bulkhead/client'
import type { Problem } from '@bulkhead/model'
import type { Command } from 'commander'
import type { Context } from './context.ts'
import type { Globals } from './globals.ts'
import type { ServiceContext } from './project/contexts.ts'

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
  /** What it asks of the daemon: `--dry-run` prints the plan of it in place of `run`. */
  ask?(invocation: Invocation, context: Context): Promise<Asked>
  /** Changes nothing: it does under `--dry-run` what it always does. What neither asks nor only reads is refused. */
  readonly onlyReads?: boolean
  readonly subcommands?: readonly CommandEntry[]
  /** @returns the exit code. Problems are thrown as BulkheadError. */
  run?(invocation: Invocation, context: Context): Promise<number>
}

/** What a command asks of the daemon, before anything is sent. */
export interface Asked {
  readonly request: DeployRequest
  /** Build contexts that the request's bundle names. */
  readonly contexts: readonly ServiceContext[]
  readonly warnings: readonly Problem[]
}

export interface Invocation {
  readonly globals: Globals
  /** Positional arguments. */
  readonly args: readonly string[]
  /** Another command by its name or alias. */
  readonly find: (name: string) => Promise<CommandModule | undefined>
  /** As commander names them: `--wait-timeout` is `waitTimeout`. */
  readonly options: Readonly<Record<string, unknown>>
}
