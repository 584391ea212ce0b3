import type { Command } from 'commander'
import type { Asked, CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { chosenEngine } from '../daemon/engine.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { deploy } from '../deployment.ts'
import { exitCodes } from '../exit.ts'
import { isOn } from '../globals.ts'
import { createProgress } from '../progress/index.ts'
import { projectName } from '../project/load.ts'
import { seconds } from './seconds.ts'

interface DownOptions {
  readonly volumes?: boolean
  readonly removeOrphans?: boolean
  readonly timeout?: string
}

export const down: CommandModule = {
  description: `Stops and removes the containers and networks of a project. Volumes stay, unless -v is given; external
networks and volumes always stay. Works by name alone (-p) where the files are gone.`,
  examples: [
    ['bulkhead down', 'remove containers and networks, keep the data'],
    ['bulkhead down -v', 'remove the data too'],
    ['bulkhead -p shop down', 'by name, from any folder'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these')
      .option('-v, --volumes', "remove the project's volumes and anonymous ones too")
      .option('--remove-orphans', 'remove containers of services that the files no longer have')
      .option('-t, --timeout <seconds>', 'wait this long for a container to stop, then kill it'),
  ask: askDown,
  run: runDown,
}

async function askDown(
  { globals, args, options: raw }: Invocation,
  context: Context,
): Promise<Asked & { readonly project: string }> {
  const options: DownOptions = raw
  const project = await projectName(globals, context)
  return {
    project,
    contexts: [],
    warnings: [],
    request: {
      project,
      action: 'down',
      ...(args.length === 0 ? {} : { services: args }),
      removeVolumes: options.volumes,
      removeOrphans: options.removeOrphans ?? isOn(context.env.COMPOSE_REMOVE_ORPHANS),
      timeoutSeconds: seconds('--timeout', options.timeout),
      engine: chosenEngine(context),
    },
  }
}

async function runDown(invocation: Invocation, context: Context): Promise<number> {
  const { globals } = invocation
  const { request, project } = await askDown(invocation, context)
  const client = await findOrStartDaemon(globals, context)
  const progress = createProgress('down', globals, context)
  const interruption = new AbortController()
  const endInterrupt = context.onInterrupt(() => interruption.abort())
  try {
    const { operations } = await deploy(client, request, progress, interruption.signal)
    if (operations === 0) progress.say(`Nothing to do: nothing of ${project} is there.`)
    return exitCodes.ok
  } catch (error) {
    if (!interruption.signal.aborted) throw error
    progress.say(`Taking down ${project} goes on in the daemon.`)
    return exitCodes.interrupted
  } finally {
    progress.close()
    endInterrupt()
  }
}
