import type { Revision, RevisionDetails } from '@bulkhead/client'
import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes, usageError } from '../exit.ts'
import { projectName } from '../project/load.ts'
import { renderTable } from '../render/table.ts'

export const history: CommandModule = {
  onlyReads: true,
  description: `Lists what was asked for of a project, newest first: every accepted change of the files is a numbered
revision, with who asked for it and how its deployment ended. With a number: what that revision changed.`,
  examples: [
    ['bulkhead history', 'the revisions that are kept'],
    ['bulkhead history 7', 'what revision 7 changed'],
    ['bulkhead rollback 6', 'go back to revision 6'],
  ],
  declare: (command: Command) => command.argument('[revision]', 'show what this one changed'),
  async run({ globals, args }: Invocation, context: Context): Promise<number> {
    const number = args[0] === undefined ? undefined : revisionNumber(args[0])
    const project = await projectName(globals, context)
    const client = await findOrStartDaemon(globals, context)
    const found =
      number === undefined ? await client.revisions(project) : await client.revision(project, number)
    context.terminal.out(
      globals.json ? `${JSON.stringify(found)}\n` : isOne(found) ? details(found) : table(found),
    )
    return exitCodes.ok
  },
}

export function revisionNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw usageError(`"${text}" is no number of a revision.`)
}

function isOne(found: readonly Revision[] | RevisionDetails): found is RevisionDetails {
  return 'changes' in found
}

function table(revisions: readonly Revision[]): string {
  return renderTable(
    ['REVISION', 'CREATED', 'BY', 'DEPLOYMENT', 'NOTE'],
    revisions.map(({ number, current, createdAt, author, outcome, note }) => [
      `${number}${current ? ' *' : ''}`,
      createdAt,
      author ?? '',
      outcome ?? '',
      note ?? '',
    ]),
  )
}

function details({ number, createdAt, author, note, since, changes, configFiles }: RevisionDetails): string {
  const lines = [
    `Revision ${number}, ${createdAt}${author === undefined ? '' : `, by ${author}`}`,
    ...(note === undefined ? [] : [note]),
    `Files: ${configFiles.join(', ')}`,
    since === undefined ? 'The oldest that is kept.' : `Against revision ${since}:`,
    ...changes.map(({ path, ...values }) => `  ${path}${change(values)}`),
    ...(since !== undefined && changes.length === 0 ? ['  nothing that services are made of'] : []),
  ]
  return `${lines.join('\n')}\n`
}

function change(values: { readonly old?: unknown; readonly new?: unknown }): string {
  if (!('old' in values) && !('new' in values)) return ': changed'
  const shown = (value: unknown): string => (value === undefined ? '(none)' : JSON.stringify(value))
  return `: ${shown(values.old)} → ${shown(values.new)}`
}
