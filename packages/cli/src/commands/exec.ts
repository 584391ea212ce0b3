import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes, usageError } from '../exit.ts'
import { projectName } from '../project/load.ts'
import { collect } from './collect.ts'
import { wholeNumber } from './seconds.ts'

interface ExecOptions {
  readonly detach?: boolean
  readonly env: readonly string[]
  readonly index?: string
  readonly privileged?: boolean
  readonly user?: string
  readonly tty: boolean
  readonly workdir?: string
}

export const exec: CommandModule = {
  description: `Runs a command in a running container of a service. Its exit code becomes that of bulkhead. A terminal is
allocated when this is called from one; -T does without, as scripts want it.`,
  examples: [
    ['bulkhead exec web sh', 'a shell'],
    ['bulkhead exec -T db pg_dump app > app.sql', 'output to a file'],
  ],
  declare: (command: Command) =>
    command
      .argument('<service>', 'whose container')
      .argument('<command...>', 'program and arguments')
      .passThroughOptions()
      .option('-d, --detach', 'start it and return')
      .option('-e, --env <name=value>', 'set a variable; NAME alone takes it from here', collect, [])
      .option('--index <number>', 'in this replica')
      .option('--privileged', 'with all capabilities')
      .option('-u, --user <user>', 'as this user')
      .option('-T, --no-tty', 'without a terminal')
      .option('-w, --workdir <folder>', 'in this folder of the container'),
  run: runExec,
}

async function runExec({ globals, args, options: raw }: Invocation, context: Context): Promise<number> {
  const options = raw as unknown as ExecOptions
  const [service, ...command] = args
  if (service === undefined || command.length === 0) throw usageError('exec needs a service and a command.')
  const index = options.index === undefined ? undefined : wholeNumber('--index', options.index, 'a number')
  const project = await projectName(globals, context)
  const client = await findOrStartDaemon(globals, context)
  const { terminal: screen } = context
  const terminal = options.tty && options.detach !== true && screen.inIsTty && screen.outIsTty
  const session = await client.exec(project, {
    service,
    command,
    terminal,
    input: options.detach !== true,
    ...(index === undefined ? {} : { index }),
    ...(options.env.length === 0 ? {} : { environment: withValues(options.env, context) }),
    ...(options.user === undefined ? {} : { user: options.user }),
    ...(options.workdir === undefined ? {} : { workingDir: options.workdir }),
    ...(options.privileged === true ? { privileged: true } : {}),
    ...(options.detach === true ? { detach: true } : {}),
    ...(terminal ? sizeOf(screen) : {}),
  })
  const { id } = session
  if (id === undefined) return exitCodes.ok
  const { interact } = await import('../interact.ts')
  return interact({ client, session: { ...session, id }, context, input: true, forwardSignals: false })
}

/** A terminal that nobody has given a size tells 0. */
function sizeOf(screen: Context['terminal']): { size?: { columns: number; rows: number } } {
  const [columns, rows] = [screen.columns(), screen.rows()]
  return columns > 0 && rows > 0 ? { size: { columns, rows } } : {}
}

/** `NAME` alone stands for the caller's own; one that is not set is left out. */
function withValues(given: readonly string[], { env }: Context): string[] {
  return given.flatMap((entry) => {
    if (entry.includes('=')) return [entry]
    const value = env[entry]
    return value === undefined ? [] : [`${entry}=${value}`]
  })
}
