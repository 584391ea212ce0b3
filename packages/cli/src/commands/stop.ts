import type { Command } from 'commander'
import type { Asked, CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { projectName } from '../project/load.ts'
import { askByName, named } from '../project/ask.ts'
import { carryOut } from '../request.ts'
import { seconds } from './seconds.ts'

export const stop: CommandModule = {
  description: `Stops services, those that depend on others first, and keeps their containers. They stay stopped, over
restarts of the daemon too, until \`start\`, \`restart\` or \`up\`.`,
  examples: [
    ['bulkhead stop', 'the whole project'],
    ['bulkhead stop -t 30 web', 'one service, with half a minute to end by itself'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these')
      .option('-t, --timeout <seconds>', 'wait this long for a container to stop, then kill it'),
  ask: askStop,
  run: runStop,
}

async function askStop({ globals, args, options: raw }: Invocation, context: Context): Promise<Asked> {
  const { timeout }: { readonly timeout?: string } = raw
  const timeoutSeconds = seconds('--timeout', timeout)
  const project = await projectName(globals, context)
  return askByName(project, { action: 'stop', ...named(args), timeoutSeconds }, context)
}

async function runStop(invocation: Invocation, context: Context): Promise<number> {
  return carryOut(
    await askStop(invocation, context),
    { nothing: 'Nothing to do: nothing of it runs.', mayBeUnknown: true },
    invocation.globals,
    context,
  )
}
