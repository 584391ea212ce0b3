import type { DeploymentEvent, OperationReference, OperationType, Problem } from '@bulkhead/model'
import type { Context } from '../context.ts'
import type { Globals } from '../globals.ts'
import { colorsFor } from '../render/color.ts'
import type { Colors } from '../render/color.ts'
import { withExcerpt } from '../render/excerpt.ts'
import { renderProblems, renderProblemsAsJson } from '../render/problems.ts'
import { createLive } from './live.ts'
import { ownRow, problemOf, rowAfter } from './rows.ts'
import type { Row } from './rows.ts'
import type { View } from './view.ts'

/** Shows what goes on, in the way that `--progress` asks for. Writes to standard error. */
export interface Progress {
  event(event: DeploymentEvent): void
  /** A row of the command's own. */
  row(id: string, change: Partial<Row>): void
  /** Prints it, once. */
  problem(problem: Problem): void
  /** A sentence for a person; programs (`--progress json`) don't get it. */
  say(text: string): void
  /** Leaves the last state on the screen. Has to be called before anything else is printed. */
  close(): void
}

/** Operations of which only beginning and end are shown. */
export type Unseen = Readonly<Partial<Record<OperationType, boolean>>>

/** @param title what goes on, e.g. `up`. */
export function createProgress(
  title: string,
  globals: Globals,
  context: Context,
  unseen: Unseen = {},
): Progress {
  const { terminal, env, cwd, now } = context
  const rows = new Map<string, Row>()
  const mode = effectiveMode(globals, context)
  const colors = colorsFor(globals.ansi, env, terminal.errIsTty)
  const view = createView(mode, title, colors, context)

  const change = (row: Row | undefined) => {
    if (row === undefined) return
    rows.set(row.id, row)
    view.show(rows, row)
  }
  // The command and the daemon load the same files: what both warn of is told once.
  const told = new Set<string>()
  const problem = (found: Problem) => {
    const key = JSON.stringify([found.code, found.message, found.at?.line])
    if (told.has(key)) return
    told.add(key)
    if (mode === 'quiet' && found.severity === 'warning') return
    const shown = [withExcerpt(found)]
    view.print(mode === 'json' ? renderProblemsAsJson(shown) : renderProblems(shown, { colors, cwd }))
  }
  /** What hooks and providers write: for people as a line of its own, for programs as an object. */
  const output = ({ service, subject }: OperationReference, text: string) => {
    if (mode === 'quiet') return
    const line = { type: 'output', time: new Date(now()).toISOString(), service, subject, text }
    view.print(`${mode === 'json' ? JSON.stringify(line) : `${service ?? subject} -> | ${text}`}\n`)
  }
  return {
    event(event) {
      if (event.type === 'progress' && unseen[event.operation.type] === true) return
      change(rowAfter(rows, event, now()))
      if (event.type === 'output') output(event.operation, event.text)
      const found = problemOf(event)
      if (found !== undefined) problem(found)
    },
    row: (id, changes) => change(ownRow(rows, id, changes, now())),
    problem,
    say: (text) => {
      if (mode !== 'quiet' && mode !== 'json') view.print(`${text}\n`)
    },
    close: () => view.close(rows),
  }
}

type EffectiveMode = Exclude<Globals['progress'], 'auto'>

function effectiveMode({ progress, ansi }: Globals, { terminal, env }: Context): EffectiveMode {
  if (progress !== 'auto') return progress
  return terminal.errIsTty && ansi !== 'never' && env.TERM !== 'dumb' ? 'tty' : 'plain'
}

function createView(mode: EffectiveMode, title: string, colors: Colors, context: Context): View {
  const { terminal, now } = context
  switch (mode) {
    case 'tty':
      return createLive(title, colors, terminal, now)
    case 'plain':
      return createLines((row) => plainLine(row), terminal)
    case 'json':
      return createLines((row) => jsonLine(row, now()), terminal)
    case 'quiet':
      return { show: () => {}, print: (text) => terminal.err(text), close: () => {} }
  }
}

/** A view of one line per change; lines that repeat the one before of the same row are left out. */
function createLines(lineOf: (row: Row) => string, terminal: Context['terminal']): View {
  const last = new Map<string, string>()
  return {
    show(_rows, row) {
      const line = lineOf(row)
      if (last.get(row.id) === line) return
      last.set(row.id, line)
      terminal.err(`${line}\n`)
    },
    print: (text) => terminal.err(text),
    close: () => {},
  }
}

/** ` Container web-1  Creating`, as Compose prints it; no bytes, for a log needs none. */
export function plainLine({ id, text, detail, status, share }: Row): string {
  const tail = detail === undefined || (status === 'working' && share !== undefined) ? '' : `  ${detail}`
  return ` ${id}  ${text}${tail}`
}

function jsonLine({ id, status, text, detail, share }: Row, now: number): string {
  return JSON.stringify({
    type: 'progress',
    time: new Date(now).toISOString(),
    id,
    status,
    text,
    detail,
    share,
  })
}
