import { Command, CommanderError, Option } from 'commander'
import { isBulkheadError, toProblem } from '@bulkhead/model'
import type { CommandEntry, CommandModule, Invocation } from './command.ts'
import { commands } from './commands/index.ts'
import type { Context } from './context.ts'
import { exitCodes, usageError } from './exit.ts'
import { withEnvironmentFiles } from './environment.ts'
import { declareGlobals, projectFlags, readGlobals } from './globals.ts'
import { colorsFor } from './render/color.ts'
import { version } from './version.ts'

/**
 * Runs one command line (`argv`: what stands after the program's name).
 *
 * @returns the exit code; everything else has been printed.
 */
export async function run(argv: readonly string[], context: Context): Promise<number> {
  let exitCode: number = exitCodes.ok
  const program = createProgram(context, (code) => (exitCode = code))
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    return printFailure(program, context, error)
  }
}

/** The whole command line, with nothing of its commands loaded yet. */
export function createProgram(context: Context, setExitCode: (code: number) => void): Command {
  const { terminal } = context
  const program = new Command('bulkhead')
    .description('Keeps containers running as Compose files say, each service behind the wall it asks for.')
    .usage('[options] COMMAND')
    .enablePositionalOptions()
    .configureHelp({ showGlobalOptions: false, sortOptions: false })
    .showHelpAfterError('Run with --help to see what there is.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      getOutHelpWidth: () => Math.min(terminal.columns(), 110),
      getErrHelpWidth: () => Math.min(terminal.columns(), 110),
      getOutHasColors: () => colorsFor('auto', context.env, terminal.outIsTty).isColorSupported,
      getErrHasColors: () => colorsFor('auto', context.env, terminal.errIsTty).isColorSupported,
    })
  declareGlobals(program)
    .version(version, '-v, --version', 'show the version')
    .addHelpOption(new Option('-h, --help', 'show help').helpGroup('Other:'))
    .helpCommand(false)
  addCommands(program, commands, async (module, command, args, options) => {
    if (module.run === undefined) return command.help({ error: true })
    const { dryRun = false, ...own } = options
    const env = await withEnvironmentFiles(context, projectFlags(program))
    const surrounded = { ...context, env }
    const before = readGlobals(program, env)
    const globals = { ...before, dryRun: before.dryRun || dryRun === true }
    const invocation = { globals, args, options: own, find: moduleNamed }
    const running = globals.dryRun
      ? rehearse(module, command, invocation, surrounded)
      : module.run(invocation, surrounded)
    setExitCode(await running)
  })
  program
    .command('help')
    .argument('[command...]')
    .summary('Show help of a command')
    .helpGroup('Bulkhead itself:')
    .action(async (names: readonly string[]) => setExitCode(await run([...names, '--help'], context)))
  program.addHelpText(
    'after',
    `
Examples:
  bulkhead up -d                    start the project of this folder, and return
  bulkhead ps                       what runs, and behind which wall
  bulkhead logs -f web              follow the output of one service
  bulkhead down                     stop and remove it

Global options stand before the command, as with docker compose.`,
  )
  return program
}

function moduleNamed(wanted: string): Promise<CommandModule | undefined> {
  const entry = commands.find(({ name, aliases }) => name === wanted || aliases?.includes(wanted))
  return entry === undefined ? Promise.resolve(undefined) : entry.load()
}

/** What `--dry-run` makes of a command: the plan of what it asks for; nothing is done that is not known to do nothing. */
async function rehearse(
  module: CommandModule,
  command: Command,
  invocation: Invocation,
  context: Context,
): Promise<number> {
  if (module.ask !== undefined) {
    const { dryRun } = await import('./plan/show.ts')
    return dryRun(await module.ask(invocation, context), invocation.globals, context)
  }
  if (module.onlyReads === true && module.run !== undefined) return module.run(invocation, context)
  throw usageError(`${command.name()} has no dry run.`, 'Leave out --dry-run to have it done.')
}

type Act = (
  module: CommandModule,
  command: Command,
  args: readonly string[],
  options: Readonly<Record<string, unknown>>,
) => Promise<void>

function addCommands(parent: Command, entries: readonly CommandEntry[], act: Act): void {
  for (const entry of entries) {
    const command = parent.command(entry.name).summary(entry.summary).helpGroup(entry.group)
    for (const alias of entry.aliases ?? []) command.alias(alias)
  }
  parent.hook('preSubcommand', async (_parent, command) => {
    const entry = entries.find(({ name }) => name === command.name())
    if (entry !== undefined) await fill(command, entry, act)
  })
}

/** Loads the module of a command and tells commander of its arguments and options. */
async function fill(command: Command, entry: CommandEntry, act: Act): Promise<void> {
  const module = await entry.load()
  command.description(module.description ?? `${entry.summary}.`)
  module.declare?.(command)
  if (module.ask !== undefined) {
    command.option('--dry-run', 'print the plan of what would be done, and do nothing')
  }
  if (module.examples !== undefined) command.addHelpText('after', examplesText(module.examples))
  if (module.subcommands !== undefined) {
    command.helpCommand(false)
    addCommands(command, module.subcommands, act)
  }
  command.action(() => act(module, command, command.args, command.opts()))
}

function examplesText(examples: NonNullable<CommandModule['examples']>): string {
  const width = Math.max(...examples.map(([line]) => line.length))
  return ['', 'Examples:', ...examples.map(([line, says]) => `  ${line.padEnd(width)}   ${says}`)].join('\n')
}

async function printFailure(program: Command, context: Context, error: unknown): Promise<number> {
  const { terminal, env, cwd } = context
  // That it is wrong may be what is to be told.
  const globals = readGlobals(program, { ...env, COMPOSE_PARALLEL_LIMIT: undefined })
  const failure = isBulkheadError(error) ? error : undefined
  if (failure === undefined) {
    terminal.err(`${unexpected(error, env.BULKHEAD_DEBUG !== undefined)}\n`)
    return exitCodes.failed
  }
  const { renderProblems, renderProblemsAsJson } = await import('./render/problems.ts')
  const { withExcerpt } = await import('./render/excerpt.ts')
  const found = failure.problems.length > 0 ? failure.problems : [toProblem(failure)]
  const problems = found.map(withExcerpt)
  const colors = colorsFor(globals.ansi, env, terminal.errIsTty)
  terminal.err(
    globals.progress === 'json' ? renderProblemsAsJson(problems) : renderProblems(problems, { colors, cwd }),
  )
  return failure.code === 'BH_USAGE' ? exitCodes.usage : exitCodes.failed
}

function unexpected(error: unknown, withStack: boolean): string {
  const text =
    error instanceof Error ? ((withStack ? error.stack : undefined) ?? error.message) : String(error)
  return `error: ${text}\n  This is a fault of bulkhead itself. Set BULKHEAD_DEBUG=1 to see where it comes from.`
}
