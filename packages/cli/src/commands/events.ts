import type { Command } from 'commander'
import { projectEventTypes } from '@bulkhead/model'
import type { ProjectEvent, ProjectEventType } from '@bulkhead/model'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes, usageError } from '../exit.ts'
import { collect } from '../globals.ts'
import { projectName } from '../project/load.ts'

interface EventsOptions {
  readonly json?: boolean
  readonly since?: string
  readonly until?: string
  readonly type?: readonly ProjectEventType[]
}

export const events: CommandModule = {
  onlyReads: true,
  description: `Shows what happens to a project, as it happens: the events of its containers, and what Bulkhead does and finds:
rounds, operations, deployments, drift, holds, breakers. Goes on over restarts of the daemon and of the engine.`,
  examples: [
    ['bulkhead events --type container', 'what docker compose events shows'],
    ['bulkhead events --since 1h --until 0s web', 'what happened to a service in the last hour'],
    ['bulkhead events --json', 'one JSON object a line, for programs'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these')
      .option('--json', 'print one JSON object a line')
      .option('--since <time>', 'begin at this time: 2026-01-31T12:00:00Z, or 10m for ten minutes back')
      .option('--until <time>', 'end at this time')
      .option(
        '--type <type>',
        `only events of this type; repeatable: ${projectEventTypes.join(', ')}`,
        collect,
      ),
  run: runEvents,
}

async function runEvents({ globals, args, options: raw }: Invocation, context: Context): Promise<number> {
  const { json = globals.json, since, until, type } = raw as unknown as EventsOptions
  const strange = type?.find((one) => !projectEventTypes.includes(one))
  if (strange !== undefined)
    throw usageError(`"${strange}" is no type of event.`, `There are ${projectEventTypes.join(', ')}.`)
  const project = await projectName(globals, context)
  const client = await findOrStartDaemon(globals, context)
  const leaving = new AbortController()
  const endInterrupt = context.onInterrupt(() => leaving.abort())
  try {
    const query = { project, service: args, type, since, until }
    for await (const event of client.events(query, { signal: leaving.signal })) {
      context.terminal.out(json ? asJson(event) : asText(event))
    }
  } catch (error) {
    if (!leaving.signal.aborted) throw error
  } finally {
    endInterrupt()
  }
  return leaving.signal.aborted ? exitCodes.interrupted : exitCodes.ok
}

/** The keys of docker compose, and the project beside them. */
function asJson({ time, type, service, id, action, attributes, project }: ProjectEvent): string {
  return `${JSON.stringify({ time, type, service, id, action, attributes, project })}\n`
}

/** The form of docker compose: `2026-01-31 12:00:00.000000 container start 3f0e… (image=web:1, name=shop-web-1)`. */
function asText({ time, type, service, id, action, attributes, project }: ProjectEvent): string {
  const listed = Object.keys(attributes)
    .toSorted()
    .map((name) => `${name}=${attributes[name]}`)
    .join(', ')
  return `${localTime(time)} ${type} ${action} ${id ?? service ?? project} (${listed})\n`
}

function localTime(text: string): string {
  const time = new Date(text)
  const two = (value: number): string => String(value).padStart(2, '0')
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  return `${date} ${clock}.${String(time.getMilliseconds()).padStart(3, '0')}000`
}
