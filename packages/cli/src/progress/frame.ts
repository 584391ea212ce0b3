import { elapsed } from '../render/age.ts'
import type { Colors } from '../render/color.ts'
import { fit, printable } from '../render/width.ts'
import type { Row, Rows } from './rows.ts'

export interface FrameOptions {
  /** What goes on, e.g. `up`. */
  readonly title: string
  readonly colors: Colors
  /** Of the terminal, in characters. */
  readonly columns: number
  readonly lines: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const

/** How often the live view is drawn anew. */
export const frameMs = 100

/**
 * The live view: a heading and a line per row, none of them wider than the
 * terminal and all together no higher. What is done gives way first.
 */
export function renderFrame(rows: Rows, options: FrameOptions): readonly string[] {
  const { colors, columns, lines, now, title } = options
  const all = [...rows.values()]
  const done = all.filter(({ status }) => status !== 'working').length
  const heading = fit(`[+] ${title} ${done}/${all.length}`, columns)
  const room = Math.max(1, lines - 2)
  const shown = visibleRows(all, room)
  const hidden = all.length - shown.length
  const idWidth = Math.max(0, ...shown.map(({ id }) => id.length))
  const textWidth = Math.max(0, ...shown.map(({ text }) => text.length))
  const body = shown.map((row) => renderRow(row, { idWidth, textWidth, columns, colors, now }))
  return [
    done === all.length ? colors.blue(heading) : heading,
    ...body,
    ...(hidden > 0 ? [colors.dim(fit(` … ${hidden} more`, columns))] : []),
  ]
}

function visibleRows(all: readonly Row[], room: number): readonly Row[] {
  if (all.length <= room) return all
  const byUrgency = all.toSorted((a, b) => urgency(a) - urgency(b)).slice(0, Math.max(1, room - 1))
  const chosen = new Set(byUrgency)
  return all.filter((row) => chosen.has(row))
}

function urgency({ status }: Row): number {
  return { error: 0, working: 1, warning: 2, done: 3 }[status]
}

interface RowOptions {
  readonly idWidth: number
  readonly textWidth: number
  readonly columns: number
  readonly colors: Colors
  readonly now: number
}

function renderRow(row: Row, { idWidth, textWidth, columns, colors, now }: RowOptions): string {
  const time = elapsed((row.endedAt ?? now) - row.startedAt)
  const room = columns - time.length - 1
  const left = ` ${markOf(row, now)} ${row.id.padEnd(idWidth)}  ${row.text.padEnd(textWidth)}`
  const detail = [row.share === undefined ? '' : bar(row.share), printable(row.detail ?? '')]
    .filter(Boolean)
    .join(' ')
  const plain = fit(detail === '' ? left : `${left}  ${detail}`, room).padEnd(room)
  const color = colorOf(row, colors)
  const marked = color(plain.slice(0, 3)) + plain.slice(3)
  const colored = plain.length > left.length ? marked.replace(row.text, () => color(row.text)) : marked
  return `${colored} ${colors.dim(time)}`
}

function markOf({ status, startedAt }: Row, now: number): string {
  if (status === 'done') return '✔'
  if (status === 'error') return '✘'
  if (status === 'warning') return '!'
  return spinner[Math.floor(Math.max(0, now - startedAt) / frameMs) % spinner.length] ?? ' '
}

function colorOf({ status }: Row, colors: Colors): (text: string) => string {
  if (status === 'done') return colors.green
  if (status === 'error') return colors.red
  return status === 'warning' ? colors.yellow : colors.cyan
}

function bar(share: number): string {
  const cells = 10
  const full = Math.round(share * cells)
  return `[${'='.repeat(full)}${' '.repeat(cells - full)}] ${String(Math.floor(share * 100)).padStart(3)}%`
}
