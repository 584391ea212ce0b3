import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { createClient, formatAddress } from '@bulkhead/client'
import { BulkheadError } from '@bulkhead/model'
import type { CommandModule, Invocation } from '../../command.ts'
import type { Context } from '../../context.ts'
import { listenerOf } from '../../daemon/listener.ts'
import { answers } from '../../daemon/launch.ts'
import { exitCodes } from '../../exit.ts'
import { placesOf } from './options.ts'

/** Milliseconds that a daemon has for ending what it is in the middle of. */
const patienceMs = 30_000

export const stop: CommandModule = {
  description: 'Stops the daemon. What it keeps stays, and containers go on without it.',
  declare: (command: Command) => command.option('--socket <path>', 'Unix socket that it listens on'),
  async run({ globals, options }: Invocation, context: Context): Promise<number> {
    const { socket } = placesOf(options, globals, context)
    const address = formatAddress({ socketPath: socket })
    if (!(await answers(createClient({ socketPath: socket })))) {
      context.terminal.out(`No daemon answers at ${address}.\n`)
      return exitCodes.ok
    }
    const pid = listenerOf(socket)
    if (pid === undefined) throw notFound(address)
    process.kill(pid, 'SIGTERM')
    await ended(pid, context)
    context.terminal.out(`Stopped the daemon at ${address}.\n`)
    return exitCodes.ok
  },
}

async function ended(pid: number, context: Context): Promise<void> {
  const deadline = context.now() + patienceMs
  while (isAlive(pid)) {
    if (context.now() > deadline) {
      throw new BulkheadError(
        'BH_DAEMON_RUNNING',
        `The daemon (process ${pid}) has not stopped after ${patienceMs / 1000} s.`,
        {
          hint: 'See its log; end it with `kill -9` if it hangs. It loses nothing that it has accepted.',
        },
      )
    }
    await delay(20)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function notFound(address: string): BulkheadError {
  return new BulkheadError('BH_DAEMON_RUNNING', `The process that listens at ${address} cannot be told.`, {
    hint: 'Stop it as the user that started it, or where it was started.',
  })
}
