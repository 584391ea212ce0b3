import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { createOutput, printLogs } from '../output.ts'
import { exitCodes } from '../exit.ts'
import { projectName } from '../project/load.ts'
import { wholeNumber } from './seconds.ts'
import { checkServices, serviceNames } from './services.ts'

interface LogsOptions {
  readonly follow?: boolean
  readonly previous?: boolean
  readonly tail?: string
  readonly timestamps?: boolean
  readonly since?: string
  readonly until?: string
  readonly color: boolean
  readonly logPrefix: boolean
}

export const logs: CommandModule = {
  onlyReads: true,
  description: 'Shows what the containers of a project have printed, each on the stream that it used.',
  examples: [
    ['bulkhead logs -f web', 'follow one service, over restarts and replacements'],
    ['bulkhead logs --previous web', 'the last words of the containers before this one'],
    ['bulkhead logs --since 10m --tail 100', 'the last hundred lines of each container, ten minutes back'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these')
      .option('-f, --follow', 'go on with what comes')
      .option('--previous', 'of containers that were removed or replaced, as far as that is kept')
      .option('-n, --tail <lines>', 'lines from the end of each container', 'all')
      .option('-t, --timestamps', 'show when each line was printed')
      .option('--since <time>', 'only from this time on: 2026-01-31T12:00:00Z, or 10m for ten minutes back')
      .option('--until <time>', 'only up to this time')
      .option('--no-color', 'print without colors')
      .option('--no-log-prefix', 'print without the names of the containers'),
  run: runLogs,
}

async function runLogs({ globals, args, options: raw }: Invocation, context: Context): Promise<number> {
  const options = raw as unknown as LogsOptions
  const tail = options.tail === 'all' ? undefined : wholeNumber('--tail', options.tail, 'lines, or "all"')
  const project = await projectName(globals, context)
  const client = await findOrStartDaemon(globals, context)
  const status = await client.project(project, { all: true })
  checkServices(args, serviceNames(status), project)

  const shown = status.services.filter(({ name }) => args.length === 0 || args.includes(name))
  const print = createOutput({
    project,
    globals,
    context,
    color: options.color,
    prefix: options.logPrefix,
    timestamps: options.timestamps ?? false,
    containers: shown.flatMap(({ replicas }) => replicas.map(({ name }) => name)),
  })
  const leaving = new AbortController()
  const endInterrupt = context.onInterrupt(() => leaving.abort())
  try {
    const { follow, previous, timestamps, since, until } = options
    const query = { service: args, follow, previous, tail, timestamps, since, until }
    await printLogs({ client, project, query, print, signal: leaving.signal, globals, context })
  } finally {
    endInterrupt()
  }
  return leaving.signal.aborted ? exitCodes.interrupted : exitCodes.ok
}
