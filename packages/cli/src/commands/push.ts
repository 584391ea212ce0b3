import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { askForImages } from '../project/ask.ts'
import type { AskedWithFiles } from '../project/ask.ts'
import { loadProject } from '../project/load.ts'
import { carryOut } from '../request.ts'
import { quietly } from './quietly.ts'
import { checkServices } from './services.ts'

interface PushOptions {
  readonly includeDeps?: boolean
  readonly ignorePushFailures?: boolean
  readonly quiet?: boolean
}

export const push: CommandModule = {
  description: `Sends the images of services that have both \`build\` and \`image\` to the registries of their names, under
\`build.tags\` too. What is only pulled, or has no name of its own, is left out.`,
  examples: [['bulkhead build && bulkhead push', 'build all, and send them']],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these')
      .option('--include-deps', 'also what the services depend on')
      .option('--ignore-push-failures', 'push what can be pushed, and only warn of the rest')
      .option('-q, --quiet', 'print nothing of how it is done'),
  ask: askPush,
  run: runPush,
}

async function askPush(
  { globals, args, options: raw }: Invocation,
  context: Context,
): Promise<AskedWithFiles> {
  const options = raw as unknown as PushOptions
  const loaded = await loadProject(globals, context, args)
  const { name, services, disabledServices } = loaded.project
  checkServices(args, Object.keys({ ...services, ...disabledServices }), name)
  return askForImages(
    loaded,
    {
      action: 'push',
      services: args,
      includeDependencies: options.includeDeps,
      ignoreFailures: options.ignorePushFailures,
      parallel: globals.parallel,
    },
    context,
  )
}

async function runPush(invocation: Invocation, context: Context): Promise<number> {
  const { quiet = false } = invocation.options as unknown as PushOptions
  const asked = await askPush(invocation, context)
  const errand = { nothing: 'Nothing to do: no service has both build and image.', pulls: asked.project }
  return carryOut(asked, errand, quietly(invocation.globals, quiet), context)
}
