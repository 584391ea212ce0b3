import type { ContainerProcesses } from '@bulkhead/client'
import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes } from '../exit.ts'
import { projectName } from '../project/load.ts'
import { renderTable } from '../render/table.ts'
import { checkServices, serviceNames } from './services.ts'

export const top: CommandModule = {
  onlyReads: true,
  description: `Lists the processes in the containers of a project. Behind a kernel of its own a service has process numbers
that name nothing on this machine, or its runtime shows its own.`,
  examples: [['bulkhead top web', 'what runs in the containers of web']],
  declare: (command: Command) => command.argument('[services...]', 'only these'),
  run: runTop,
}

async function runTop({ globals, args }: Invocation, context: Context): Promise<number> {
  const name = await projectName(globals, context)
  const client = await findOrStartDaemon(globals, context)
  checkServices(args, serviceNames(await client.project(name, { all: true })), name)
  const containers = await client.processes(name, args)
  if (globals.json) context.terminal.out(`${JSON.stringify(containers)}\n`)
  else context.terminal.out(table(containers))
  return exitCodes.ok
}

/** Engines and runtimes have columns of their own: all of them, in the order in which they come. */
function table(containers: readonly ContainerProcesses[]): string {
  const titles = [...new Set(containers.flatMap((one) => one.titles))]
  const rows = containers.flatMap(({ service, number, titles: own, rows: its }) =>
    its.map((row) => [
      service,
      number === undefined ? '-' : String(number),
      ...titles.map((title) => row[own.indexOf(title)] ?? '-'),
    ]),
  )
  return rows.length === 0 ? '' : renderTable(['SERVICE', '#', ...titles], rows)
}
