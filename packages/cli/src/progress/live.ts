import type { Context, Terminal } from '../context.ts'
import type { Colors } from '../render/color.ts'
import { frameMs, renderFrame } from './frame.ts'
import type { Rows } from './rows.ts'
import type { View } from './view.ts'

const hideCursor = '\u001B[?25l'
const showCursor = '\u001B[?25h'
const clearToEnd = '\u001B[0J'
const lineEnd = '\u001B[0K\n'
// oxlint-disable-next-line no-control-regex
const styles = /\u001B\[[0-9;]*m/g

/** Draws the rows in place, again and again, until it's closed. */
export function createLive(title: string, colors: Colors, terminal: Terminal, now: Context['now']): View {
  let drawn: readonly string[] = []
  let rows: Rows = new Map()
  let timer: NodeJS.Timeout | undefined
  let endResize: (() => void) | undefined

  /** Back to the first line that was drawn, however many the terminal has made of them since. */
  const up = () => {
    const columns = Math.max(1, terminal.columns())
    const height = drawn.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0)
    return height === 0 ? '' : `\u001B[${height}F`
  }
  const draw = (before = '') => {
    const back = up()
    const columns = terminal.columns()
    const lines =
      rows.size === 0 ? [] : renderFrame(rows, { title, colors, columns, lines: terminal.rows(), now: now() })
    const kept = before === '' ? '' : before.replaceAll('\n', lineEnd)
    terminal.err(`${back}${kept}${lines.map((line) => line + lineEnd).join('')}${clearToEnd}`)
    drawn = lines
  }
  const begin = () => {
    if (timer !== undefined) return
    terminal.err(hideCursor)
    timer = setInterval(draw, frameMs)
    endResize = terminal.onResize(() => draw())
  }
  return {
    show(changed) {
      rows = changed
      begin()
    },
    print: (text) => (drawn.length === 0 ? terminal.err(text) : draw(text)),
    close(last) {
      rows = last
      clearInterval(timer)
      endResize?.()
      if (timer === undefined) return
      timer = undefined
      draw()
      terminal.err(showCursor)
      drawn = []
      rows = new Map()
    },
  }
}

function widthOf(line: string): number {
  return line.replaceAll(styles, '').length
}
