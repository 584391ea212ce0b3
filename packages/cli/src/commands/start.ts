import type { Command } from 'commander'
import type { Asked, CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'
import { loadProject, projectName } from '../project/load.ts'
import { askByName, named } from '../project/ask.ts'
import { carryOut } from '../request.ts'
import { seconds } from './seconds.ts'

interface StartOptions {
  readonly wait?: boolean
  readonly waitTimeout?: string
}

export const start: CommandModule = {
  description: `Starts containers that are there: of the named services and of what they depend on, in order, each once the
conditions of its \`depends_on\` hold. Containers that aren't there are made by \`up\`.`,
  examples: [
    ['bulkhead start', 'the whole project'],
    ['bulkhead start --wait web', 'web and what it depends on; return when it is healthy'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these, and what they depend on')
      .option('--wait', 'wait until the services run, or are healthy where they have a healthcheck')
      .option('--wait-timeout <seconds>', 'give up waiting after this long'),
  ask: askStart,
  run: runStart,
}

async function askStart({ globals, args, options: raw }: Invocation, context: Context): Promise<Asked> {
  waitSeconds(raw)
  const project = await projectName(globals, context)
  return askByName(project, { action: 'start', ...named(args) }, context)
}

function waitSeconds({ wait, waitTimeout }: StartOptions): number | undefined {
  const timeoutSeconds = seconds('--wait-timeout', waitTimeout)
  if (timeoutSeconds === undefined || wait === true) return timeoutSeconds
  throw usageError('--wait-timeout needs --wait.')
}

async function runStart(invocation: Invocation, context: Context): Promise<number> {
  const { globals, args, options }: Invocation & { readonly options: StartOptions } = invocation
  const timeoutSeconds = waitSeconds(options)
  const loaded = options.wait === true ? await loadProject(globals, context, args) : undefined
  return carryOut(
    await askStart(invocation, context),
    {
      nothing: 'Nothing to do: all of it runs.',
      afterwards: async (client, progress) => {
        if (loaded === undefined) return
        const { project } = loaded
        const { waitUntilReady } = await import('../wait.ts')
        await waitUntilReady({ client, project, services: args, timeoutSeconds, progress, context })
      },
    },
    globals,
    context,
  )
}
