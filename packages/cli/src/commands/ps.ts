import { Option } from 'commander'
import type { Command } from 'commander'
import { containerStates } from '@bulkhead/model'
import type { ProjectStatus, ReplicaStatus, ServiceStatus } from '@bulkhead/model'
import type { CommandModule, Invocation } from '../command.ts'
import { collect } from '../globals.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes, usageError } from '../exit.ts'
import { projectName } from '../project/load.ts'
import { containerJson, containerRow, driftText, psHeader } from '../render/container.ts'
import { renderTable } from '../render/table.ts'
import { checkServices, serviceNames } from './services.ts'

interface PsOptions {
  readonly all?: boolean
  readonly quiet?: boolean
  readonly format?: string
  readonly services?: boolean
  readonly filter?: readonly string[]
  readonly status?: readonly string[]
  readonly orphans: boolean
  readonly trunc: boolean
}

export const ps: CommandModule = {
  onlyReads: true,
  description: `Lists the containers of a project. The column ISOLATION shows what the file asks for and what the service
really runs on: \`hyperv → runsc\` is a kernel of its own, \`process → runc\` shares the host's.`,
  examples: [
    ['bulkhead ps', 'what runs'],
    ['bulkhead ps -a --filter status=exited', 'what has ended'],
    ['bulkhead ps --format json', 'one JSON object a line, with the keys of docker compose'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these')
      .option('-a, --all', 'show stopped containers too')
      .option('-q, --quiet', 'print ids only')
      .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json']))
      .option('--services', 'print names of services')
      .option('--filter <filter>', 'status=STATE, the only one so far', collect)
      .addOption(
        new Option('--status <state>', 'only containers in this state; repeatable').argParser(collect),
      )
      .option('--no-orphans', 'leave out containers of services that the files no longer have')
      .option('--no-trunc', 'cut nothing off'),
  run: runPs,
}

async function runPs({ globals, args, options: raw }: Invocation, context: Context): Promise<number> {
  const options = raw as unknown as PsOptions
  const { terminal } = context
  const states = wantedStates(options)
  const name = await projectName(globals, context)
  const client = await findOrStartDaemon(globals, context)
  const status = await client.project(name, { all: options.all === true || states.length > 0 })
  checkServices(args, serviceNames(status), name)
  const shown = select(status, args, states, options)

  if (options.services === true) {
    terminal.out([...new Set(shown.map(({ service }) => `${service.name}\n`))].join(''))
  } else if (options.quiet === true) {
    terminal.out(shown.map(({ replica }) => `${replica.id}\n`).join(''))
  } else if (options.format === 'json' || (options.format === undefined && globals.json)) {
    const lines = shown.map(({ replica, service }) => containerJson(replica, service, name, context.now()))
    terminal.out(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  } else {
    const rows = shown.map(({ replica, service }) =>
      containerRow(replica, service, context.now(), options.trunc),
    )
    terminal.out(renderTable(psHeader, rows))
    const { owner } = status
    if (owner !== undefined)
      terminal.err(`owner: ${name} is kept by another Bulkhead (${owner.place}, since ${owner.since})\n`)
    for (const service of status.services) terminal.err(troubleText(service))
    for (const one of status.drift ?? []) terminal.err(`${driftText(one)}\n`)
  }
  return exitCodes.ok
}

/** A line of what keeps a service from running; empty: nothing does. */
function troubleText({ name, breaker, failing }: ServiceStatus): string {
  if (breaker !== undefined) {
    const next = breaker.next === undefined ? '' : ` (next try at ${breaker.next})`
    return `breaker: ${name} is left alone since ${breaker.since}${next}: ${breaker.reason}\n`
  }
  if (failing === undefined) return ''
  const { attempts, next, reason } = failing
  return `failing: ${name} failed ${attempts === 1 ? 'once' : `${attempts} times`}, next try at ${next}: ${reason}\n`
}

interface Shown {
  readonly service: ServiceStatus
  readonly replica: ReplicaStatus
}

function select(
  status: ProjectStatus,
  services: readonly string[],
  states: readonly string[],
  { orphans }: PsOptions,
): readonly Shown[] {
  return status.services
    .filter(({ name }) => services.length === 0 || services.includes(name))
    .filter(({ wanted }) => orphans || wanted > 0)
    .flatMap((service) => service.replicas.map((replica) => ({ service, replica })))
    .filter(({ replica }) => states.length === 0 || states.includes(replica.state))
    .toSorted((a, b) => (a.replica.name < b.replica.name ? -1 : 1))
}

function wantedStates({ filter = [], status = [] }: PsOptions): readonly string[] {
  const fromFilter = filter.map((text) => {
    if (text.startsWith('status=')) return text.slice('status='.length)
    throw usageError(`--filter takes status=STATE, not "${text}".`)
  })
  const states = [...fromFilter, ...status]
  const unknown = states.find((state) => !(containerStates as readonly string[]).includes(state))
  if (unknown === undefined) return states
  throw usageError(`"${unknown}" is no state of a container.`, `There are: ${containerStates.join(', ')}.`)
}
