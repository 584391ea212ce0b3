import type { Command } from 'commander'
import type { Asked, CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { projectName } from '../project/load.ts'
import { askByName, named } from '../project/ask.ts'
import { carryOut } from '../request.ts'
import { seconds } from './seconds.ts'

interface RestartOptions {
  readonly timeout?: string
  readonly deps: boolean
}

export const restart: CommandModule = {
  description: `Stops the containers of services and starts them again, the same ones, in the order of \`depends_on\` and once
its conditions hold; those that have ended are started too. Services with \`restart: true\` in their \`depends_on\`
restart with what they depend on. Changes in the files are for \`up\`.`,
  examples: [
    ['bulkhead restart', 'the whole project'],
    ['bulkhead restart --no-deps db', 'db alone'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these, and what restarts with them')
      .option('--no-deps', 'leave alone what restarts with them')
      .option('-t, --timeout <seconds>', 'wait this long for a container to stop, then kill it'),
  ask: askRestart,
  run: runRestart,
}

async function askRestart({ globals, args, options: raw }: Invocation, context: Context): Promise<Asked> {
  const options = raw as unknown as RestartOptions
  const timeoutSeconds = seconds('--timeout', options.timeout)
  const noDependencies = options.deps ? undefined : true
  const project = await projectName(globals, context)
  return askByName(project, { action: 'restart', ...named(args), noDependencies, timeoutSeconds }, context)
}

async function runRestart(invocation: Invocation, context: Context): Promise<number> {
  return carryOut(
    await askRestart(invocation, context),
    { nothing: 'Nothing to do: it has no containers.', mayBeUnknown: true },
    invocation.globals,
    context,
  )
}
