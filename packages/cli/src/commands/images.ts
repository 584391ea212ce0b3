import { Option } from 'commander'
import type { Command } from 'commander'
import type { ContainerImage } from '@bulkhead/client'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes } from '../exit.ts'
import { projectName } from '../project/load.ts'
import { humanDuration, humanSize } from '../render/age.ts'
import { renderTable } from '../render/table.ts'
import { checkServices } from './services.ts'

interface ImagesOptions {
  readonly format?: 'table' | 'json'
  readonly quiet?: boolean
}

export const images: CommandModule = {
  onlyReads: true,
  description: `Lists the images that the containers of a project were made of, those that don't run too.`,
  examples: [
    ['bulkhead images', 'of all services'],
    ['bulkhead images -q web', 'ids of the images of one'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these')
      .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json']))
      .option('-q, --quiet', 'print ids only'),
  run: runImages,
}

async function runImages({ globals, args, options: raw }: Invocation, context: Context): Promise<number> {
  const { quiet = false, format = globals.json ? 'json' : 'table' } = raw as unknown as ImagesOptions
  const { terminal, now } = context
  const name = await projectName(globals, context)
  const client = await findOrStartDaemon(globals, context)
  const found = await client.images(name)
  checkServices(args, [...new Set(found.map(({ service }) => service))], name)
  const shown = found
    .filter(({ service }) => args.length === 0 || args.includes(service))
    .toSorted((a, b) => (a.container < b.container ? -1 : 1))
  if (quiet) {
    terminal.out([...new Set(shown.map(({ id }) => `${id.replace(/^sha256:/u, '')}\n`))].join(''))
  } else if (format === 'json') {
    terminal.out(`${JSON.stringify(shown.map(asCompose))}\n`)
  } else {
    terminal.out(
      renderTable(
        header,
        shown.map((one) => row(one, now())),
      ),
    )
  }
  return exitCodes.ok
}

const header = ['CONTAINER', 'REPOSITORY', 'TAG', 'PLATFORM', 'IMAGE ID', 'SIZE', 'CREATED']
const unknown = 'N/A'

function row(image: ContainerImage, now: number): readonly string[] {
  const { container, id, size, createdAt } = image
  const { repository, tag } = nameOf(image)
  return [
    container,
    repository === '' ? '<none>' : repository,
    tag === '' ? '<none>' : tag,
    platformOf(image) ?? unknown,
    id.replace(/^sha256:/u, '').slice(0, 12),
    size === undefined ? unknown : humanSize(size),
    createdAt === undefined ? unknown : `${humanDuration(now - Date.parse(createdAt))} ago`,
  ]
}

/** The keys of docker compose. */
function asCompose(image: ContainerImage): Readonly<Record<string, unknown>> {
  const { container, id, size, createdAt, taggedAt } = image
  const { repository, tag } = nameOf(image)
  return {
    ID: id,
    ContainerName: container,
    Repository: repository,
    Tag: tag,
    Platform: platformOf(image),
    Size: size,
    Created: createdAt,
    LastTagTime: taggedAt,
  }
}

function platformOf({ os, architecture }: ContainerImage): string | undefined {
  return os === undefined || architecture === undefined ? undefined : `${os}/${architecture}`
}

/** The name that the container was made by while the image still has it, else another that it has; both empty: none. */
function nameOf({ reference, tags }: ContainerImage): { readonly repository: string; readonly tag: string } {
  const wanted = /:[^/]*$/u.test(reference) ? reference : `${reference}:latest`
  const name = tags.find((one) => one === wanted) ?? tags[0] ?? ''
  const colon = name.lastIndexOf(':')
  return { repository: name.slice(0, Math.max(0, colon)), tag: name.slice(colon + 1) }
}
