import { spawn } from 'node:child_process'
import { constants } from 'node:os'

/** How a command ended. `code` is 128 + the signal's number where a signal ended it, as a shell says it. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The process's own folder by default. */
  readonly cwd?: string
  /** The command is killed after this time, in milliseconds. */
  readonly timeoutMs: number
}

/**
 * Runs a command with no standard input and collects what it prints.
 *
 * @throws Error if the command can't be started or is killed for its time; a failing command is an outcome.
 */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const stdout: Buffer[] = []
    const stderr: Buffer[] = []
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, options.timeoutMs)
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.once('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.once('close', (code, signal) => {
      clearTimeout(timer)
      const outcome = { stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
      if (late) {
        reject(new Error(`${command} ${args.join(' ')} took over ${options.timeoutMs} ms: ${outcome.stderr}`))
        return
      }
      resolve({ code: code ?? 128 + constants.signals[signal ?? 'SIGKILL'], ...outcome })
    })
  })
}
