import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes, usageError } from '../exit.ts'
import { projectName } from '../project/load.ts'
import { wholeNumber } from './seconds.ts'

interface AttachOptions {
  readonly detachKeys?: string
  readonly index?: string
  readonly stdin: boolean
  readonly sigProxy?: string | boolean
}

export const attachCommand: CommandModule = {
  description: `Connects standard input, output and error with a running container of a service. Signals go to it; from a
terminal, Ctrl-P Ctrl-Q leaves it running.`,
  examples: [['bulkhead attach web', 'the first container of web']],
  declare: (command: Command) =>
    command
      .argument('<service>', 'whose container')
      .option('--detach-keys <keys>', 'the keys that leave it, as ctrl-p,ctrl-q')
      .option('--index <number>', 'this replica')
      .option('--no-stdin', 'hand on no input')
      .option('--sig-proxy [bool]', 'hand on signals', 'true'),
  run: runAttach,
}

async function runAttach({ globals, args, options: raw }: Invocation, context: Context): Promise<number> {
  const options = raw as unknown as AttachOptions
  const [service] = args
  if (service === undefined) throw usageError('attach needs a service.')
  const index = options.index === undefined ? undefined : wholeNumber('--index', options.index, 'a number')
  const project = await projectName(globals, context)
  const client = await findOrStartDaemon(globals, context)
  const session = await client.attach(project, {
    service,
    input: options.stdin,
    ...(index === undefined ? {} : { index }),
    ...(options.detachKeys === undefined ? {} : { detachKeys: options.detachKeys }),
  })
  const { id } = session
  if (id === undefined) return exitCodes.ok
  const { interact } = await import('../interact.ts')
  const forwardSignals = String(options.sigProxy) !== 'false'
  return interact({ client, session: { ...session, id }, context, input: options.stdin, forwardSignals })
}
