import { Option } from 'commander'
import type { Command } from 'commander'
import type { Asked, CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { isOn } from '../globals.ts'
import { projectName } from '../project/load.ts'
import { askByName, named } from '../project/ask.ts'
import { carryOut } from '../request.ts'
import { takeOver } from './bring.ts'
import { seconds } from './seconds.ts'

interface DownOptions {
  readonly volumes?: boolean
  readonly removeOrphans?: boolean
  readonly takeOver?: boolean
  readonly rmi?: 'local' | 'all'
  readonly timeout?: string
}

export const down: CommandModule = {
  description: `Stops and removes the containers and networks of a project. Volumes stay, unless -v is given; external
networks and volumes always stay. Works by name alone (-p) where the files are gone.`,
  examples: [
    ['bulkhead down', 'remove containers and networks, keep the data'],
    ['bulkhead down -v', 'remove the data too'],
    ['bulkhead down web', 'remove web alone; it stays off until up'],
    ['bulkhead -p shop down', 'by name, from any folder'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these, and networks that nothing else uses')
      .option('-v, --volumes', "remove the project's volumes and anonymous ones too")
      .addOption(
        new Option(
          '--rmi <which>',
          'remove images too: "local" those of services that name none, "all" of every service',
        ).choices(['local', 'all']),
      )
      .option('--remove-orphans', 'remove containers of services that the files no longer have')
      .option('--take-over', takeOver)
      .option('-t, --timeout <seconds>', 'wait this long for a container to stop, then kill it'),
  ask: askDown,
  run: runDown,
}

async function askDown({ globals, args, options: raw }: Invocation, context: Context): Promise<Asked> {
  const options: DownOptions = raw
  const timeoutSeconds = seconds('--timeout', options.timeout)
  const request = {
    action: 'down' as const,
    ...named(args),
    removeVolumes: options.volumes,
    removeImages: options.rmi,
    removeOrphans: options.removeOrphans ?? isOn(context.env.COMPOSE_REMOVE_ORPHANS),
    takeOver: options.takeOver,
    timeoutSeconds,
  }
  return askByName(await projectName(globals, context), request, context)
}

async function runDown(invocation: Invocation, context: Context): Promise<number> {
  const asked = await askDown(invocation, context)
  const nothing = `Nothing to do: nothing of ${String(asked.request.project)} is there.`
  return carryOut(asked, { nothing }, invocation.globals, context)
}
