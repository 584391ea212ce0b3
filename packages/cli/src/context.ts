import type { ChildProcess, SpawnOptions } from 'node:child_process'
import type { Readable } from 'node:stream'

/** Everything that a command may touch of the machine it runs on. */
export interface Context {
  readonly terminal: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute folder that the command was called in. */
  readonly cwd: string
  readonly stdin: Readable
  readonly user: User
  readonly spawn: Spawn
  /** File that runs the daemon. @throws BulkheadError BH_DAEMON_START_FAILED when there is none. */
  readonly daemonEntry: () => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /**
   * Calls `listener` on Ctrl-C (and SIGTERM) in place of dying from it.
   * @returns ends it.
   */
  readonly onInterrupt: (listener: (signal?: NodeJS.Signals) => void) => () => void
  /** Socket of the daemon that serves the whole machine. */
  readonly systemSocket: string
}

export interface Terminal {
  /** Results: standard output. */
  out(text: string): void
  /** Progress, warnings and errors: standard error. */
  err(text: string): void
  /** Bytes as they are; resolves when more may come. */
  write(stream: 'stdout' | 'stderr', content: Uint8Array): Promise<void>
  /** Hands on each key at once, Ctrl-C too. @returns ends it. */
  raw(): () => void
  readonly inIsTty: boolean
  readonly outIsTty: boolean
  readonly errIsTty: boolean
  /** Characters in a line of the terminal. */
  columns(): number
  rows(): number
  /** @returns ends it. */
  onResize(listener: () => void): () => void
}

export interface User {
  /** Undefined where the system has no such number (Windows). */
  readonly uid: number | undefined
  readonly home: string
  /** Folder for temporary files. */
  readonly temporary: string
}

export type Spawn = (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess
