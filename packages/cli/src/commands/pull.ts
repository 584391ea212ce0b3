import { Option } from 'commander'
import type { Command } from 'commander'
import type { PullPolicy } from '@bulkhead/model'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { askForImages } from '../project/ask.ts'
import type { AskedWithFiles } from '../project/ask.ts'
import { loadProject } from '../project/load.ts'
import { carryOut } from '../request.ts'
import { quietly } from './quietly.ts'
import { checkServices } from './services.ts'

interface PullOptions {
  readonly policy?: PullPolicy
  readonly includeDeps?: boolean
  readonly ignoreBuildable?: boolean
  readonly ignorePullFailures?: boolean
  readonly quiet?: boolean
}

export const pull: CommandModule = {
  description: `Pulls the images of services, however old those on the engine are. What has no \`image\` is left out, and so is
what \`pull_policy\` says never to pull. No container is touched: \`up\` takes the new image.`,
  examples: [
    ['bulkhead pull', 'all of them'],
    ['bulkhead pull --policy missing', 'only what is not there'],
    ['bulkhead pull --ignore-buildable', 'not what can be built'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these')
      .option('--include-deps', 'also what the services depend on')
      .option('--ignore-buildable', 'leave out what can be built')
      .option('--ignore-pull-failures', 'pull what can be pulled, and only warn of the rest')
      .addOption(
        new Option('--policy <policy>', "in place of the services' own pull_policy").choices([
          'always',
          'missing',
        ]),
      )
      .option('-q, --quiet', 'print nothing of how it is done'),
  ask: askPull,
  run: runPull,
}

async function askPull(
  { globals, args, options: raw }: Invocation,
  context: Context,
): Promise<AskedWithFiles> {
  const options = raw as unknown as PullOptions
  const loaded = await loadProject(globals, context, args)
  const { name, services, disabledServices } = loaded.project
  checkServices(args, Object.keys({ ...services, ...disabledServices }), name)
  return askForImages(
    loaded,
    {
      action: 'pull',
      services: args,
      includeDependencies: options.includeDeps,
      ignoreBuildable: options.ignoreBuildable,
      ignoreFailures: options.ignorePullFailures,
      pull: options.policy,
      parallel: globals.parallel,
    },
    context,
  )
}

async function runPull(invocation: Invocation, context: Context): Promise<number> {
  const { quiet = false } = invocation.options as unknown as PullOptions
  const asked = await askPull(invocation, context)
  const errand = { nothing: 'Nothing to do: no image is to be pulled.', pulls: asked.project }
  return carryOut(asked, errand, quietly(invocation.globals, quiet), context)
}
