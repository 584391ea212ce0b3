import type { Command } from 'commander'
import type { Cause, Explanation } from '@bulkhead/model'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes } from '../exit.ts'
import { projectName } from '../project/load.ts'
import { colorsFor, type Colors } from '../render/color.ts'
import { serviceNames } from './services.ts'

export const explain: CommandModule = {
  onlyReads: true,
  description: `Tells why a service runs, or does not: what it waits for and why that is not there, who stopped it and when, what
its last probe or its last lines said, what differs and what is to be done. Without a name: all services of the project.`,
  examples: [
    ['bulkhead explain web', 'why is web not running?'],
    ['bulkhead --json explain', 'the same of all services, for programs'],
  ],
  declare: (command: Command) =>
    command.argument('[services...]', 'only these').option('--json', 'print as JSON'),
  run: runExplain,
}

async function runExplain({ globals, args, options }: Invocation, context: Context): Promise<number> {
  const { terminal, now, env } = context
  const project = await projectName(globals, context)
  const client = await findOrStartDaemon(globals, context)
  const wanted = args.length > 0 ? args : serviceNames(await client.project(project, { all: true }))
  const explanations: Explanation[] = []
  for (const service of wanted) explanations.push(await client.explain(project, service))
  if (globals.json || options['json'] === true) {
    terminal.out(`${JSON.stringify(args.length === 1 ? explanations[0] : explanations)}\n`)
    return exitCodes.ok
  }
  const colors = colorsFor(globals.ansi, env, terminal.outIsTty)
  terminal.out(explanations.map((one) => asText(one, new Date(now()), colors)).join(''))
  return exitCodes.ok
}

function asText({ service, well, running, wanted, causes }: Explanation, now: Date, colors: Colors): string {
  const count = wanted > 1 ? `, ${running} of ${wanted} replicas` : ''
  const state = running === 0 ? 'does not run' : running < wanted ? 'runs in part' : 'runs'
  const color = well ? colors.green : running === 0 ? colors.red : colors.yellow
  return `${color(`${service} ${state}`)}${count}\n${causes.map((one) => causeText(one, 1, now, colors)).join('')}`
}

function causeText(
  { text, since, next, detail, hint, causes }: Cause,
  depth: number,
  now: Date,
  colors: Colors,
): string {
  const margin = '  '.repeat(depth)
  const when = since === undefined ? '' : ` since ${momentText(since, now)}`
  const said = detail === undefined ? '' : `: ${detail.replaceAll('\n', `\n${margin}  `)}`
  const again = next === undefined ? '' : ` (next try at ${momentText(next, now)})`
  const advice = hint === undefined ? '' : `${margin}  ${colors.dim(hint)}\n`
  const deeper = causes.map((one) => causeText(one, depth + 1, now, colors)).join('')
  return `${margin}${text}${when}${said}${again}\n${advice}${deeper}`
}

/** Local time; with the date when that is another day. */
function momentText(iso: string, now: Date): string {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) return iso
  const two = (value: number): string => String(value).padStart(2, '0')
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`
  if (time.toDateString() === now.toDateString()) return clock
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock}`
}
