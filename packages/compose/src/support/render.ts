import { document } from '../schema/document.ts'
import type { Field, Fields, Shape } from '../schema/shape.ts'
import { differences } from './differences.ts'
import { works, type Support, type SupportState } from '../schema/support.ts'

/** One attribute in the table of support. */
export interface SupportEntry {
  /** Names from the top of the file, joined by dots; `*` stands for a name that the user chose or an item. */
  readonly path: string
  readonly about: string
  readonly support: Support
  /** The support is that of what holds it. */
  readonly inherited: boolean
}

/**
 * Every attribute of the file format with what becomes of it. An attribute that
 * says nothing itself has the support of what holds it.
 */
export function listSupport(): readonly SupportEntry[] {
  const entries: SupportEntry[] = []
  collectFields(document, [], works, entries, new Set())
  return entries
}

/** docs/reference/compose-support.md. */
export function renderSupport(): string {
  const entries = listSupport()
  const sections = groups.map(({ title, prefix, text }) => {
    const own = entries.filter(({ path }) => groupOf(path) === prefix)
    return [`## ${title}`, '', ...(text === undefined ? [] : [text, '']), ...table(own, prefix)].join('\n')
  })
  return `${[heading, summary(entries), ...sections, ...renderDifferences()].join('\n\n')}\n`
}

const heading = `# What Bulkhead does with a Compose file

Made from the definition of the file format; do not edit. \`compose.schema.json\` beside this page is made from
the same: point an editor at it for completion and checks.

- **works**: acted on, or sent to the engine.
- **refused**: the service isn't started; a message says why.
- **ignored**: without effect, as with Compose, on that engine, or on purpose: the note says why.
- **pending**: read, checked and printed, but not acted on so far.

\`*\` stands for a name of yours or an item of a list. \`x-*\` is allowed in every mapping and left alone, but for
\`x-bulkhead\`. Remote files (\`git\`, \`oci\`) in \`include\` and \`extends\` are refused.`

const groups: readonly { readonly title: string; readonly prefix: string; readonly text?: string }[] = [
  { title: 'The file', prefix: '' },
  { title: 'Services', prefix: 'services.*' },
  { title: 'Build', prefix: 'services.*.build' },
  { title: 'Deploy', prefix: 'services.*.deploy' },
  { title: 'Networks', prefix: 'networks.*' },
  { title: 'Volumes', prefix: 'volumes.*' },
  { title: 'Secrets', prefix: 'secrets.*' },
  { title: 'Configs', prefix: 'configs.*' },
  { title: 'Models', prefix: 'models.*' },
  {
    title: 'Bulkhead’s own',
    prefix: 'x-bulkhead',
    text: 'At the top of the file: what holds for services that say nothing themselves. Compose leaves it alone.',
  },
]

function renderDifferences(): readonly string[] {
  const engineNames = { '20': 'Docker 20.10', '26': 'Docker 26.1', windows: 'Windows' }
  const rows = differences.map(({ attribute, compose, bulkhead, why, engines }) => [
    attribute === undefined ? 'every one' : `\`${attribute}\``,
    compose,
    bulkhead,
    why,
    engines === undefined ? 'all' : engines.map((engine) => engineNames[engine]).join(', '),
  ])
  const text = `What \`docker inspect\` shows otherwise than where Docker Compose 2.26 made it of the same file, on purpose. A
test makes every attribute by both, on Docker 26.1 and 20.10, and fails for a difference that is not in this list and for one
in it that does not show.`
  return [
    '## Different from Docker Compose',
    text,
    columns(['attribute', 'Compose', 'Bulkhead', 'why', 'engine'], rows).join('\n'),
  ]
}

function collectFields(
  shape: Fields,
  path: readonly string[],
  inherited: Support,
  entries: SupportEntry[],
  open: Set<Fields>,
): void {
  if (open.has(shape)) return
  open.add(shape)
  for (const key of Object.keys(shape.fields).sort()) {
    const { shape: value, about, support } = shape.fields[key] as Field
    const effective = support ?? inherited
    entries.push({
      path: [...path, key].join('.'),
      about,
      support: effective,
      inherited: support === undefined,
    })
    collect(value, [...path, key], effective, entries, open)
  }
  open.delete(shape)
}

function collect(
  shape: Shape,
  path: readonly string[],
  inherited: Support,
  entries: SupportEntry[],
  open: Set<Fields>,
): void {
  switch (shape.kind) {
    case 'fields':
      collectFields(shape, path, inherited, entries, open)
      return
    case 'list':
      collect(shape.items, [...path, '*'], inherited, entries, open)
      return
    case 'table':
      collect(shape.values, [...path, '*'], inherited, entries, open)
      return
    case 'either':
      for (const option of shape.shapes) collect(option, path, inherited, entries, open)
      return
    case 'text':
    case 'number':
    case 'flag':
    case 'nothing':
    case 'anything':
  }
}

/** The longest prefix of a group that the path lies below. */
function groupOf(path: string): string {
  const below = groups.filter(({ prefix }) => prefix !== '' && path.startsWith(`${prefix}.`))
  return below.sort((left, right) => right.prefix.length - left.prefix.length)[0]?.prefix ?? ''
}

function table(entries: readonly SupportEntry[], prefix: string): readonly string[] {
  const rows = entries.map(({ path, about, support, inherited }) => {
    const name = prefix === '' ? path : path.slice(prefix.length + 1)
    const { linux, windows, note } = support
    return [`\`${name}\``, about, linux, windows, inherited ? '' : (note ?? '')].map((cell) =>
      cell.replaceAll('|', '\\|'),
    )
  })
  return columns(['attribute', 'what it says', 'Linux', 'Windows', 'note'], rows)
}

function columns(header: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = header.map((cell, column) =>
    Math.max(...[header, ...rows].map((row) => (row[column] ?? cell).length)),
  )
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - cell.length)).join(' | ')} |`
  return [line(header), line(widths.map((wide) => '-'.repeat(wide))), ...rows.map(line)]
}

function summary(entries: readonly SupportEntry[]): string {
  const states: readonly SupportState[] = ['works', 'refused', 'ignored', 'pending']
  const rows = states.map((state) => {
    const count = (engine: 'linux' | 'windows'): number =>
      entries.filter(({ support }) => support[engine] === state).length
    return `| ${state.padEnd(7)} | ${String(count('linux')).padEnd(5)} | ${String(count('windows')).padEnd(7)} |`
  })
  return ['| state   | Linux | Windows |', '| ------- | ----- | ------- |', ...rows].join('\n')
}
