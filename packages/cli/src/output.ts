import type { Client, LogsQuery, ProjectLogLine } from '@bulkhead/client'
import type { Context } from './context.ts'
import type { Globals } from './globals.ts'
import { colorsFor } from './render/color.ts'
import { createPrefixer } from './render/prefix.ts'

export interface OutputOptions {
  readonly project: string
  readonly globals: Globals
  readonly context: Context
  readonly color: boolean
  readonly prefix: boolean
  readonly timestamps: boolean
  /** Names of containers that will speak, to make room for them. */
  readonly containers: readonly string[]
}

/** Prints lines of containers, each on the stream that its container wrote it to. */
export function createOutput(options: OutputOptions): (line: ProjectLogLine) => void {
  const { project, globals, context } = options
  const { terminal } = context
  const colors = colorsFor(options.color ? globals.ansi : 'never', context.env, terminal.outIsTty)
  const prefixer = createPrefixer(project, colors)
  prefixer.expect(options.containers)
  return (line) => {
    const print = (text: string) => (line.stream === 'stderr' ? terminal.err(text) : terminal.out(text))
    if (globals.json) {
      print(`${JSON.stringify(line)}\n`)
      return
    }
    const prefix = options.prefix ? prefixer.prefix(line.container, line.service) : ''
    const time = options.timestamps && line.time !== undefined ? `${line.time} ` : ''
    print(`${prefix}${time}${line.text}\n`)
  }
}

export interface PrintLogsOptions extends Pick<OutputOptions, 'project' | 'globals' | 'context'> {
  readonly client: Client
  readonly query: LogsQuery
  readonly print: (line: ProjectLogLine) => void
  readonly signal: AbortSignal
}

/** Prints the logs until they end or `signal` fires; says so when the daemon is away meanwhile. */
export async function printLogs(options: PrintLogsOptions): Promise<void> {
  const { client, project, query, print, signal, globals, context } = options
  const onAway = () => {
    if (!globals.json) context.terminal.err('The daemon is away; the output goes on when it is back.\n')
  }
  try {
    for await (const line of client.logs(project, query, { signal, onAway })) print(line)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
