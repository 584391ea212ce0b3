import type { Command } from 'commander'
import type { AuditRecord } from '@bulkhead/model'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes, usageError } from '../exit.ts'
import { renderTable } from '../render/table.ts'
import { wholeNumber } from './seconds.ts'

interface AuditOptions {
  readonly since?: string
  readonly until?: string
  readonly limit?: string
}

export const audit: CommandModule = {
  onlyReads: true,
  description: `Lists who asked the daemon for what and what came of it, newest first: every request that could change something,
and how each deployment ended. Of all projects, or of the one that \`-p\` names. The log is only ever added to.`,
  examples: [
    ['bulkhead audit --since 24h', 'all requests of the last day'],
    ['bulkhead -p shop audit', 'those about one project'],
  ],
  declare: (command: Command) =>
    command
      .option('--since <time>', 'only from this time on: 2026-01-31T12:00:00Z, or 10m for ten minutes back')
      .option('--until <time>', 'only up to this time')
      .option('-n, --limit <records>', 'records to list', '100'),
  run: runAudit,
}

async function runAudit({ globals, options: raw }: Invocation, context: Context): Promise<number> {
  const { since, until, limit: given } = raw as unknown as AuditOptions
  const limit = wholeNumber('--limit', given, 'records')
  if (limit === undefined || limit < 1 || limit > 1000) throw usageError('--limit goes from 1 to 1000.')
  const client = await findOrStartDaemon(globals, context)
  const records = await client.audit({ project: globals.projectName, since, until, limit })
  context.terminal.out(globals.json ? `${JSON.stringify(records)}\n` : table(records))
  return exitCodes.ok
}

function table(records: readonly AuditRecord[]): string {
  return renderTable(
    ['TIME', 'WHO', 'PROJECT', 'REQUEST', 'DEPLOYMENT', 'OUTCOME'],
    records.map((record) => [
      record.time,
      record.actor ?? '?',
      record.project ?? '',
      wordsOf(record),
      record.deployment?.slice(0, 8) ?? '',
      record.outcome,
    ]),
  )
}

/** `up web db`, `suspendProject`. */
function wordsOf({ operation, request = {} }: AuditRecord): string {
  const { action, service, services } = request
  const about = Array.isArray(services) ? services : [service]
  const words = [typeof action === 'string' ? action : operation, ...about]
  return words.filter((word) => typeof word === 'string').join(' ')
}
