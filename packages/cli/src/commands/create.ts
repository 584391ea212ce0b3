import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { loadProject } from '../project/load.ts'
import { askWithFiles, named } from '../project/ask.ts'
import type { AskedWithFiles } from '../project/ask.ts'
import { carryOut } from '../request.ts'
import { bringRequest, declareBringing, unseen, type BringOptions } from './bring.ts'
import { checkServices } from './services.ts'

export const create: CommandModule = {
  description: `Makes networks, volumes and containers as the files say, and starts nothing: \`start\` does. What runs already
goes on, unless it has changed: then it is replaced by what doesn't run yet.`,
  examples: [['bulkhead create', 'all services; then bulkhead start']],
  declare: (command: Command) =>
    declareBringing(command.argument('[services...]', 'only these, and what they depend on')),
  ask: askCreate,
  run: runCreate,
}

async function askCreate(
  { globals, args, options: raw }: Invocation,
  context: Context,
): Promise<AskedWithFiles> {
  const flags = bringRequest(raw as unknown as BringOptions, context)
  const loaded = await loadProject(globals, context, args)
  const { name, services, disabledServices } = loaded.project
  checkServices(args, Object.keys({ ...services, ...disabledServices }), name)
  const ours = { allResources: globals.allResources || undefined, parallel: globals.parallel }
  return askWithFiles(loaded, { action: 'create', ...named(args), ...flags, ...ours }, context)
}

async function runCreate(invocation: Invocation, context: Context): Promise<number> {
  const nothing = 'Nothing to do: everything is up to date.'
  const asked = await askCreate(invocation, context)
  const errand = {
    nothing,
    unseen: unseen(invocation.options),
    pulls: asked.project,
  }
  return carryOut(asked, errand, invocation.globals, context)
}
