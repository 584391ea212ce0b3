import type { Terminal } from './context.ts'

const showCursor = '\u001B[?25h'
const hideCursor = '\u001B[?25l'

/** The terminal of a process, or what stands in its place. */
export function createTerminal(process: NodeJS.Process): Terminal {
  const { stdout, stderr } = process
  let cursorHidden = false
  process.once('exit', () => {
    if (cursorHidden) stderr.write(showCursor)
  })
  return {
    out: (text) => void stdout.write(text),
    err(text) {
      if (text.includes(hideCursor)) cursorHidden = true
      if (text.includes(showCursor)) cursorHidden = false
      stderr.write(text)
    },
    outIsTty: stdout.isTTY,
    errIsTty: stderr.isTTY,
    columns: () => stderr.columns ?? stdout.columns ?? 80,
    rows: () => stderr.rows ?? stdout.rows ?? 24,
    onResize(listener) {
      stderr.on('resize', listener)
      return () => stderr.off('resize', listener)
    },
  }
}
