import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@bulkhead/client'
import type { Client } from '@bulkhead/client'
import { BulkheadError } from '@bulkhead/model'
import { actor } from '../actor.ts'
import type { Context } from '../context.ts'
import { guardSocketFolder, logFile } from './places.ts'
import type { Places } from './places.ts'

export interface LaunchOptions extends Places {
  /** Group that may use the socket. */
  readonly group?: string | undefined
  /** Milliseconds until it has to answer. @default 20000 */
  readonly timeoutMs?: number | undefined
}

/**
 * Starts a daemon that outlives this command, and waits until it answers.
 *
 * @throws BulkheadError BH_DAEMON_START_FAILED with the last lines of its log.
 */
export async function launchDaemon(options: LaunchOptions, context: Context): Promise<Client> {
  const { socket, data, timeoutMs = 20_000 } = options
  const entry = context.daemonEntry()
  guardSocketFolder(dirname(socket), context)
  makeFolder(data)
  const log = logFile(data)
  const output = openSync(log, 'a', 0o600)
  const child = context.spawn(process.execPath, [entry, ...daemonArguments(options)], {
    cwd: data,
    detached: true,
    env: context.env,
    stdio: ['ignore', output, output],
  })
  closeSync(output)
  let ended: string | undefined
  child.once('error', (error) => (ended = error.message))
  child.once('exit', (code, signal) => (ended = `it ended with ${signal ?? `status ${code}`}`))
  child.unref()

  const client = createClient({ socketPath: socket, actor: actor(context) })
  const deadline = context.now() + timeoutMs
  let endedAt: number | undefined
  while (context.now() < deadline) {
    if (await answers(client)) return client
    if (ended !== undefined) endedAt ??= context.now()
    // Another command may have started one in the same moment: that one answers soon.
    if (endedAt !== undefined && context.now() - endedAt > 2000) break
    await delay(20)
  }
  throw startFailed(ended ?? `it did not answer within ${timeoutMs / 1000} s`, log)
}

export function daemonArguments({ socket, data, group }: LaunchOptions): readonly string[] {
  return ['--socket', socket, '--data', data, ...(group === undefined ? [] : ['--group', group])]
}

/** True when a daemon answers there. */
export async function answers(client: Client): Promise<boolean> {
  return client.version(5000).then(
    () => true,
    () => false,
  )
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // Before its log is in there: the daemon closes no folder that others have put things into.
    if (readdirSync(folder).length === 0) chmodSync(folder, 0o700)
  } catch (error) {
    throw new BulkheadError(
      'BH_DAEMON_START_FAILED',
      `The folder ${folder} for the daemon's data cannot be made.`,
      {
        hint: 'Give another with --data or BULKHEAD_DATA.',
        cause: error,
      },
    )
  }
}

function startFailed(reason: string, log: string): BulkheadError {
  const last = readFileSync(log, 'utf8').trimEnd().split('\n').slice(-5).join('\n')
  return new BulkheadError(
    'BH_DAEMON_START_FAILED',
    `The daemon did not start: ${reason}.${last === '' ? '' : `\n${last}`}`,
    {
      hint: `See its log: ${log}`,
    },
  )
}
