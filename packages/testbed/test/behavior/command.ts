import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '@bulkhead/cli'
import type { Context } from '@bulkhead/cli'
import type { Outcome } from '../../src/index.ts'
import { eventually } from '../end-to-end/harness.ts'

export interface Call {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What is piped in; nothing by default. */
  readonly input?: string
}

/** A command under way. */
export interface Running {
  readonly outcome: Promise<Outcome>
  /** All that it has printed so far, on both streams. */
  readonly printed: () => string
  /** Waits until it has printed this. */
  readonly until: (pattern: RegExp) => Promise<unknown>
  /** Ctrl-C. */
  readonly interrupt: () => void
}

const timeoutMs = 180_000

/**
 * Calls the command in this process: hundreds of calls cost what they do, and not hundreds of starts of Node. That the
 * built program does the same is what the end-to-end tests show.
 */
export function call(args: readonly string[], { cwd, env, input = '' }: Call): Running {
  const said = { stdout: '', stderr: '', all: '' }
  const say = (stream: 'stdout' | 'stderr', text: string): void => {
    said[stream] += text
    said.all += text
  }
  const listeners = new Set<() => void>()
  const context: Context = {
    terminal: {
      out: (text) => say('stdout', text),
      err: (text) => say('stderr', text),
      write: async (stream, content) => say(stream, Buffer.from(content).toString('utf8')),
      raw: () => () => undefined,
      inIsTty: false,
      outIsTty: false,
      errIsTty: false,
      columns: () => 80,
      rows: () => 24,
      onResize: () => () => undefined,
    },
    env,
    cwd,
    stdin: Readable.from(input === '' ? [] : [input]),
    user: { uid: process.getuid?.(), home: env['HOME'] ?? tmpdir(), temporary: tmpdir() },
    spawn: (command, rest, options) => spawn(command, [...rest], options),
    daemonEntry: () => {
      throw new Error('The daemon of a scenario runs already.')
    },
    now: Date.now,
    onInterrupt(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    systemSocket: '/nowhere/bulkhead.sock',
  }
  const ended = run(args, context).then((code) => ({ code, stdout: said.stdout, stderr: said.stderr }))
  const patience = new AbortController()
  const late = delay(timeoutMs, undefined, { signal: patience.signal }).then(() => {
    throw new Error(`bulkhead ${args.join(' ')} took over ${timeoutMs} ms:\n${said.all}`)
  })
  late.catch(() => undefined)
  return {
    outcome: Promise.race([ended, late]).finally(() => patience.abort()),
    printed: () => said.all,
    until: (pattern) =>
      eventually(async () => pattern.test(said.all)).catch(() => {
        throw new Error(`never printed ${String(pattern)}:\n${said.all}`)
      }),
    interrupt: () => listeners.forEach((listener) => listener()),
  }
}
