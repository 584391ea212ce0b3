import { Option } from 'commander'
import type { Command } from 'commander'
import type { ProjectSummary } from '@bulkhead/client'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { collect } from '../globals.ts'
import { exitCodes, usageError } from '../exit.ts'
import { renderTable } from '../render/table.ts'

interface LsOptions {
  readonly all?: boolean
  readonly quiet?: boolean
  readonly format?: string
  readonly filter?: readonly string[]
}

export const ls: CommandModule = {
  onlyReads: true,
  description: 'Lists the projects that run on the engine, also those that Docker Compose started.',
  examples: [
    ['bulkhead ls', 'projects with running containers'],
    ['bulkhead ls -a --format json', 'all of them, for a program'],
  ],
  declare: (command: Command) =>
    command
      .option('-a, --all', 'show projects that do not run too')
      .option('-q, --quiet', 'print names only')
      .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json']))
      .option('--filter <filter>', 'name=PART', collect),
  run: runLs,
}

async function runLs({ globals, options: raw }: Invocation, context: Context): Promise<number> {
  const options: LsOptions = raw
  const parts = (options.filter ?? []).map(namePart)
  const client = await findOrStartDaemon(globals, context)
  const found = await client.projects({ all: options.all ?? false })
  const shown = found
    .filter(({ name }) => parts.every((part) => name.includes(part)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  context.terminal.out(render(shown, options, globals.json))
  return exitCodes.ok
}

function render(projects: readonly ProjectSummary[], { quiet, format }: LsOptions, json: boolean): string {
  if (quiet === true) return projects.map(({ name }) => `${name}\n`).join('')
  const rows = projects.map((project) => [project.name, statesText(project), filesText(project)] as const)
  if (format === 'json' || (format === undefined && json)) {
    return `${JSON.stringify(rows.map(([Name, Status, ConfigFiles]) => ({ Name, Status, ConfigFiles })))}\n`
  }
  return renderTable(['NAME', 'STATUS', 'CONFIG FILES'], rows)
}

/** `running(2), exited(1)`, as Compose prints it. */
function statesText({ states, suspended, owner }: ProjectSummary): string {
  const counted = Object.entries(states)
    .filter(([, count]) => count > 0)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([state, count]) => `${state}(${count})`)
  return [
    ...counted,
    ...(suspended === undefined ? [] : ['suspended']),
    ...(owner === undefined ? [] : [`of another Bulkhead (${owner.place})`]),
  ].join(', ')
}

function filesText({ configFiles }: ProjectSummary): string {
  return configFiles.length === 0 ? 'N/A' : configFiles.join(',')
}

function namePart(filter: string): string {
  if (filter.startsWith('name=')) return filter.slice('name='.length)
  throw usageError(`--filter takes name=PART, not "${filter}".`)
}
