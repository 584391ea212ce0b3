import { Option } from 'commander'
import type { Command } from 'commander'
import type { Asked, CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes, usageError } from '../exit.ts'
import { writePlan } from '../plan/file.ts'
import { planFormats, printPlan, tellProblems } from '../plan/show.ts'
import type { PlanFormat } from '../plan/show.ts'
import { changesSomething } from '../plan/text.ts'
import { createProgress } from '../progress/index.ts'
import { sendContexts } from '../project/contexts.ts'

interface PlanOptions {
  readonly for: string
  readonly out?: string
  readonly format?: PlanFormat
  readonly exitCode?: boolean
}

/** Exit code of `--exit-code` for a plan that would change something. */
const wouldChange = 2

export const plan: CommandModule = {
  description: `Shows what would be done and why, and does nothing: no image is pulled, no network and no container is touched. The daemon keeps the plan for a week, so that exactly it can be applied.

Options of the planned command are given after --: bulkhead plan --for down -- -v`,
  examples: [
    ['bulkhead plan', 'what `bulkhead up` would do'],
    ['bulkhead plan --exit-code', '0: nothing to do, 2: changes, 1: a problem'],
    ['bulkhead plan -o shop.plan && bulkhead apply shop.plan', 'look at it, then have exactly that done'],
    ['bulkhead plan --for down -- --volumes', 'of another command, with its own options'],
    ['bulkhead plan --format dot | dot -Tsvg > plan.svg', 'as a picture'],
  ],
  onlyReads: true,
  declare: (command: Command) =>
    command
      .argument('[args...]', 'services and, after --, options of the planned command')
      .option('--for <command>', 'the command to plan', 'up')
      .option('-o, --out <file>', 'write the plan to a file, for `bulkhead apply`')
      .addOption(new Option('--format <format>', 'how to print it').choices(planFormats))
      .option('--exit-code', 'end with 2 when there is something to do'),
  run: runPlan,
}

async function runPlan(invocation: Invocation, context: Context): Promise<number> {
  const { globals, options: raw } = invocation
  const options = raw as unknown as PlanOptions
  const asked = await askOf(options.for, invocation, context)
  const client = await findOrStartDaemon(globals, context)
  const progress = createProgress('plan', globals, context)
  try {
    await sendContexts(asked.contexts, client, progress)
  } finally {
    progress.close()
  }
  const made = await client.makePlan(asked.request)
  tellProblems('plan', asked, made, globals, context)
  const format = options.format ?? (globals.json ? 'json' : 'text')
  printPlan(made, format, globals, context)
  if (options.out !== undefined) writePlan(made, options.out, context.cwd)
  if (format === 'text' && changesSomething(made)) {
    context.terminal.out(
      `Have exactly this done with: bulkhead apply ${options.out ?? made.id.slice(0, 12)}\n`,
    )
  }
  return options.exitCode === true && changesSomething(made) ? wouldChange : exitCodes.ok
}

/** What the planned command would ask for, its own options read by itself. */
async function askOf(name: string, invocation: Invocation, context: Context): Promise<Asked> {
  const module = await invocation.find(name)
  if (module?.ask === undefined)
    throw usageError(`There is no plan of "${name}".`, 'See --help for the commands.')
  const { Command } = await import('commander')
  const { terminal } = context
  const command = new Command(name).exitOverride().configureOutput({
    writeOut: (text) => terminal.out(text),
    writeErr: (text) => terminal.err(text),
  })
  module.declare?.(command)
  command.parse(invocation.args, { from: 'user' })
  return module.ask({ ...invocation, args: command.args, options: command.opts() }, context)
}
