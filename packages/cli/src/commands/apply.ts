import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { chosenEngine } from '../daemon/engine.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { follow } from '../deployment.ts'
import { exitCodes } from '../exit.ts'
import { checkWritten, namedPlan } from '../plan/file.ts'
import { createProgress } from '../progress/index.ts'
import { findLoginsOfPlan } from '../project/logins.ts'

export const apply: CommandModule = {
  description: `Carries out a plan that \`bulkhead plan\` made: that and nothing else. It is refused when what was asked for, or
what is on the engine, moved since the plan was made.`,
  examples: [
    ['bulkhead apply shop.plan', 'the plan in a file'],
    ['bulkhead apply 3f2a9c41d07e', 'a plan that the daemon keeps, by its id or the beginning of it'],
  ],
  declare: (command: Command) => command.argument('<plan>', 'file of a plan, or its id'),
  run: runApply,
}

async function runApply({ globals, args: [argument = ''] }: Invocation, context: Context): Promise<number> {
  const name = namedPlan(argument, context.cwd)
  const client = await findOrStartDaemon(globals, context)
  const plan = await client.plan(name.id)
  checkWritten(name, plan)
  const progress = createProgress('apply', globals, context)
  const interruption = new AbortController()
  const endInterrupt = context.onInterrupt(() => interruption.abort())
  try {
    const credentials = await findLoginsOfPlan(plan, context)
    const deployment = await client.applyPlan(plan.id, { engine: chosenEngine(context), credentials })
    const { operations } = await follow(client, deployment.id, progress, interruption.signal)
    if (operations === 0) progress.say('Nothing to do: everything is as the plan has it.')
    return exitCodes.ok
  } catch (error) {
    if (!interruption.signal.aborted) throw error
    progress.say(`The deployment of ${plan.project} goes on in the daemon.`)
    return exitCodes.interrupted
  } finally {
    progress.close()
    endInterrupt()
  }
}
