import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { BulkheadError } from '@bulkhead/model'
import type { SourcePosition } from '@bulkhead/model'
import type { Program, ProgramFolders } from './find.ts'

export interface ProgramRun {
  readonly program: Program
  readonly folders: ProgramFolders
  readonly arguments: readonly string[]
  readonly signal: AbortSignal
  /** A line of standard output. What it returns is written to standard input. @throws BulkheadError ends the program */
  readonly onLine: (line: string) => string | undefined
  readonly onErrorLine?: (line: string) => void
  /** `The provider of service "db"` */
  readonly subject: string
  readonly at: SourcePosition | undefined
  /** Hides what it said that is secret. */
  readonly mask?: (text: string) => string
}

const lastLines = 5
/** Between being asked to end and being ended. */
const graceMs = 5000

/**
 * Runs a program to its end, without a shell and outside of every project's folder.
 *
 * @throws BulkheadError BH_PROVIDER_FAILED with the last lines of its error output
 */
export async function runProgram(run: ProgramRun): Promise<void> {
  const { program, folders, signal, subject, at, mask = (text: string) => text } = run
  signal.throwIfAborted()
  const child = spawn(program.file, run.arguments, {
    cwd: '/',
    env: folders.environment,
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own, so that what it starts ends with it.
    detached: true,
  })
  const ended = new Promise<{ readonly code: number | undefined; readonly reason: string | undefined }>(
    (resolve) => {
      child.once('error', ({ message }) => resolve({ code: undefined, reason: message }))
      child.once('close', (code, by) => resolve({ code: code ?? undefined, reason: by ?? undefined }))
    },
  )
  const kill = (by: NodeJS.Signals): void => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, by)
    } catch {
      // It has ended.
    }
  }
  let late: NodeJS.Timeout | undefined
  const stop = (): void => {
    kill('SIGTERM')
    late ??= setTimeout(() => kill('SIGKILL'), graceMs)
  }
  signal.addEventListener('abort', stop, { once: true })
  const tail: string[] = []
  let failure: BulkheadError | undefined
  child.stdin.on('error', () => undefined)
  createInterface({ input: child.stderr }).on('line', (line) => {
    tail.push(line)
    if (tail.length > lastLines) tail.shift()
    run.onErrorLine?.(line)
  })
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (failure !== undefined) return
    try {
      const answer = run.onLine(line)
      if (answer !== undefined) child.stdin.write(answer)
    } catch (error) {
      failure = error instanceof BulkheadError ? error : failed(subject, String(error), at)
      stop()
    }
  })
  const { code, reason } = await ended
  clearTimeout(late)
  signal.removeEventListener('abort', stop)
  signal.throwIfAborted()
  if (failure !== undefined) throw failure
  if (code === 0) return
  const how =
    code === undefined
      ? `did not run to its end (${reason ?? 'no reason given'})`
      : `ended with exit code ${code}`
  const said = tail.length === 0 ? '.' : `:\n${mask(tail.join('\n'))}`
  throw new BulkheadError('BH_PROVIDER_FAILED', `${subject} ${how}${said}`, { hint, at })
}

const hint = 'Correct its options or what it needs, and try again.'

export function failed(subject: string, why: string, at: SourcePosition | undefined): BulkheadError {
  return new BulkheadError('BH_PROVIDER_FAILED', `${subject} failed: ${why}`, { hint, at })
}

/** All that a program writes to standard output. */
export async function outputOf(run: Omit<ProgramRun, 'onLine'>): Promise<string> {
  const lines: string[] = []
  await runProgram({
    ...run,
    onLine(line) {
      lines.push(line)
      return undefined
    },
  })
  return lines.join('\n')
}
