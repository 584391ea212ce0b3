import type { Command } from 'commander'
import type { Asked, CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { isOn } from '../globals.ts'
import { projectName } from '../project/load.ts'
import { askByName, named } from '../project/ask.ts'
import { carryOut } from '../request.ts'

interface KillOptions {
  readonly signal: string
  readonly removeOrphans?: boolean
}

export const kill: CommandModule = {
  description: `Sends a signal to containers that run, at once and to all of them. After one that ends processes (KILL, TERM,
INT, QUIT, ABRT) their services count as stopped: nothing brings them back but \`start\`, \`restart\` or \`up\`.`,
  examples: [
    ['bulkhead kill', 'end the whole project at once'],
    ['bulkhead kill -s HUP web', 'have web read its configuration again'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these')
      .option('-s, --signal <signal>', 'the signal to send', 'SIGKILL')
      .option('--remove-orphans', 'also containers of services that the files no longer have'),
  ask: askKill,
  run: runKill,
}

async function askKill({ globals, args, options: raw }: Invocation, context: Context): Promise<Asked> {
  const options = raw as unknown as KillOptions
  const removeOrphans = options.removeOrphans ?? isOn(context.env.COMPOSE_REMOVE_ORPHANS)
  const project = await projectName(globals, context)
  return askByName(
    project,
    { action: 'kill', ...named(args), signal: options.signal, removeOrphans },
    context,
  )
}

async function runKill(invocation: Invocation, context: Context): Promise<number> {
  return carryOut(
    await askKill(invocation, context),
    { nothing: 'Nothing to do: nothing of it runs.', mayBeUnknown: true },
    invocation.globals,
    context,
  )
}
