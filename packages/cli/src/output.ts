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

/** Prints the logs until they end or `signal` fires. */
export async function printLogs(
  client: Client,
  query: LogsQuery,
  print: (line: ProjectLogLine) => void,
  project: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const line of client.logs(project, query, { signal })) print(line)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
