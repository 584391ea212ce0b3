import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { run } from '@bulkhead/cli'
import type { Context } from '@bulkhead/cli'
import type { Test } from 'tap'

export interface Shell {
  readonly cwd: string
  /** Runs a command line as a person would type it, without the program's name. */
  readonly bulkhead: (line: string | readonly string[]) => Promise<Result>
  /** Ctrl-C. */
  readonly interrupt: () => void
  /** Everything printed since the command began, both streams. */
  readonly printed: () => string
  readonly context: Context
}

export interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface ShellOptions {
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly tty?: boolean
  readonly columns?: number
  readonly stdin?: string
  readonly context?: Partial<Context>
}

/** 2026-01-31 12:00 UTC. */
export const noon = Date.parse('2026-01-31T12:00:00Z')

/** A folder with files, a terminal that remembers, and the command itself. */
export async function shell(t: Test, options: ShellOptions = {}): Promise<Shell> {
  const { files = {}, env = {}, tty = false, columns = 100 } = options
  const cwd = await realpath(await mkdtemp(join(tmpdir(), 'bulkhead-shell-')))
  t.teardown(() => rm(cwd, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(cwd, name)), { recursive: true })
    await writeFile(join(cwd, name), content)
  }
  const listeners = new Set<() => void>()
  let out = ''
  let err = ''
  let all = ''
  const context: Context = {
    terminal: {
      out: (text) => {
        out += text
        all += text
      },
      err: (text) => {
        err += text
        all += text
      },
      async write(stream, content) {
        const text = Buffer.from(content).toString('utf8')
        if (stream === 'stdout') out += text
        else err += text
        all += text
      },
      raw: () => () => {},
      inIsTty: tty,
      outIsTty: tty,
      errIsTty: tty,
      columns: () => columns,
      rows: () => 40,
      onResize: () => () => {},
    },
    env: { HOME: cwd, XDG_RUNTIME_DIR: join(cwd, 'run'), ...env },
    cwd,
    stdin: Readable.from([options.stdin ?? '']),
    user: { uid: 1000, home: cwd, temporary: cwd },
    spawn: () => {
      throw new Error('no process may be started here')
    },
    daemonEntry: () => fileURLToPath(new URL('tiny-daemon.mjs', import.meta.url)),
    now: Date.now,
    onInterrupt(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    systemSocket: join(cwd, 'system.sock'),
    ...options.context,
  }
  return {
    cwd,
    context,
    printed: () => all,
    interrupt: () => listeners.forEach((listener) => listener()),
    async bulkhead(line) {
      out = ''
      err = ''
      all = ''
      const code = await run(typeof line === 'string' ? line.split(' ').filter(Boolean) : line, context)
      return { code, out, err }
    },
  }
}

/** Waits until `condition` holds. */
export async function until(condition: () => boolean, what: string, deadlineMs = 5000): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
