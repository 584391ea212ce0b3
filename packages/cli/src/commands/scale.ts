import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { loadProject } from '../project/load.ts'
import { askWithFiles } from '../project/ask.ts'
import type { AskedWithFiles } from '../project/ask.ts'
import { carryOut } from '../request.ts'
import { replicas } from './replicas.ts'
import { checkServices } from './services.ts'

export const scale: CommandModule = {
  description: `Runs as many containers of services as you say, until the next \`up\` of them without \`--scale\`. Numbers and
names of those that stay are kept; what has changed leaves first, then the highest numbers.`,
  examples: [['bulkhead scale web=3 worker=0', 'three of web, none of worker']],
  declare: (command: Command) =>
    command
      .argument('<service=number...>', 'how many of which')
      .option('--no-deps', 'leave what the services depend on as it is'),
  ask: askScale,
  run: runScale,
}

async function askScale(
  { globals, args, options: raw }: Invocation,
  context: Context,
): Promise<AskedWithFiles> {
  const { deps } = raw as unknown as { readonly deps: boolean }
  const wanted = replicas('scale', args) ?? {}
  const names = Object.keys(wanted)
  const loaded = await loadProject(globals, context, names)
  const { name, services, disabledServices } = loaded.project
  checkServices(names, Object.keys({ ...services, ...disabledServices }), name)
  const noDependencies = deps ? undefined : true
  const ours = { allResources: globals.allResources || undefined, parallel: globals.parallel }
  return askWithFiles(
    loaded,
    { action: 'scale', services: names, scale: wanted, noDependencies, ...ours },
    context,
  )
}

async function runScale(invocation: Invocation, context: Context): Promise<number> {
  const asked = await askScale(invocation, context)
  const errand = { nothing: 'Nothing to do: so many run.', pulls: asked.project }
  return carryOut(asked, errand, invocation.globals, context)
}
