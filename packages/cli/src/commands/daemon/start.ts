import { createClient } from '@bulkhead/client'
import type { CommandModule, Invocation } from '../../command.ts'
import type { Context } from '../../context.ts'
import { answers, launchDaemon } from '../../daemon/launch.ts'
import { logFile } from '../../daemon/places.ts'
import { exitCodes } from '../../exit.ts'
import { declareDaemonOptions, placesOf } from './options.ts'
import type { DaemonOptions } from './options.ts'

export const start: CommandModule = {
  description:
    'Starts the daemon in the background and returns when it answers. Does nothing when one answers already.',
  declare: declareDaemonOptions,
  async run({ globals, options: raw }: Invocation, context: Context): Promise<number> {
    const options: DaemonOptions = raw
    const places = placesOf(options, globals, context)
    const { terminal } = context
    const running = createClient({ socketPath: places.socket })
    if (await answers(running)) {
      terminal.out(`A daemon answers at ${running.address} already.\n`)
      return exitCodes.ok
    }
    const client = await launchDaemon({ ...places, group: options.group }, context)
    terminal.out(`Started the daemon at ${client.address}; its log is ${logFile(places.data)}\n`)
    return exitCodes.ok
  },
}
