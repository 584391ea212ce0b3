import type { Terminal } from './context.ts'

const showCursor = '\u001B[?25h'
const hideCursor = '\u001B[?25l'

/** The terminal of a process, or what stands in its place. */
export function createTerminal(process: NodeJS.Process): Terminal {
  const { stdin, stdout, stderr } = process
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
    write: (stream, content) => new Promise((resolve) => process[stream].write(content, () => resolve())),
    raw() {
      if (!stdin.isTTY) return () => undefined
      const restore = (): void => void stdin.setRawMode(false)
      stdin.setRawMode(true)
      process.once('exit', restore)
      return () => {
        restore()
        process.off('exit', restore)
      }
    },
    inIsTty: stdin.isTTY,
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
