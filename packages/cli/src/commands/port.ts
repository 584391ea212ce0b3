import { BulkheadError } from '@bulkhead/model'
import type { ReplicaStatus } from '@bulkhead/model'
import { Option } from 'commander'
import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes, usageError } from '../exit.ts'
import { projectName } from '../project/load.ts'
import { wholeNumber } from './seconds.ts'
import { checkServices, serviceNames } from './services.ts'

interface PortOptions {
  readonly index?: string
  readonly protocol: string
}

export const port: CommandModule = {
  onlyReads: true,
  description: `Prints where a port of a service can be reached on the engine's machine: the address and port that it is
published at.`,
  examples: [['bulkhead port --index 2 web 80', 'of the second container of web']],
  declare: (command: Command) =>
    command
      .argument('<service>', 'whose port')
      .argument('<port>', 'of the container')
      .option('--index <number>', 'of this replica')
      .addOption(new Option('--protocol <protocol>', 'of the port').default('tcp')),
  run: runPort,
}

async function runPort({ globals, args, options: raw }: Invocation, context: Context): Promise<number> {
  const { index, protocol } = raw as unknown as PortOptions
  const [service = '', wanted = ''] = args
  const [text = '', its = protocol] = wanted.split('/')
  const target = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (target < 1 || target > 65_535) throw usageError(`"${wanted}" is no port of a container.`)
  const number = index === undefined ? undefined : wholeNumber('--index', index, 'a number')
  const name = await projectName(globals, context)
  const client = await findOrStartDaemon(globals, context)
  const status = await client.project(name, { all: true })
  checkServices([service], serviceNames(status), name)
  const replica = replicaOf(status.services.find((one) => one.name === service)?.replicas ?? [], number)
  if (replica === undefined) throw notRunning(service, number)
  const found = replica.ports.find(
    ({ target: port, protocol: kind, published }) =>
      port === target && kind === its && published !== undefined,
  )
  if (found === undefined) {
    throw new BulkheadError(
      'BH_NOT_FOUND',
      `No port ${target}/${its} of container "${replica.name}" is published.`,
      {
        hint: 'Publish it with `ports`; see `bulkhead ps` for those that are.',
      },
    )
  }
  context.terminal.out(`${hostOf(found.hostIp)}:${String(found.published)}\n`)
  return exitCodes.ok
}

/** The lowest number that runs, or the one asked for. */
function replicaOf(
  replicas: readonly ReplicaStatus[],
  wanted: number | undefined,
): ReplicaStatus | undefined {
  return replicas
    .filter(({ state, number }) => state === 'running' && number !== undefined)
    .toSorted((a, b) => (a.number ?? 0) - (b.number ?? 0))
    .find(({ number }) => wanted === undefined || number === wanted)
}

function notRunning(service: string, number: number | undefined): BulkheadError {
  const which = number === undefined ? '' : ` (container ${number})`
  return new BulkheadError('BH_CONFLICT', `Service "${service}"${which} is not running.`, {
    hint: `Start it with \`bulkhead up -d ${service}\`, or see \`bulkhead ps -a\`.`,
  })
}

function hostOf(address = '0.0.0.0'): string {
  return address.includes(':') ? `[${address}]` : address
}
