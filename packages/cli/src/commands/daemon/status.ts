import type { EngineDescription } from '@bulkhead/client'
import type { CommandModule, Invocation } from '../../command.ts'
import type { Context } from '../../context.ts'
import { requireDaemon } from '../../daemon/find.ts'
import { isBulkheadError } from '@bulkhead/model'
import { exitCodes } from '../../exit.ts'

export const status: CommandModule = {
  onlyReads: true,
  description:
    'Shows whether a daemon answers, where, and which isolation its engine offers. Exit code 1: none answers.',
  async run({ globals }: Invocation, context: Context): Promise<number> {
    const client = await requireDaemon(globals, context)
    const version = await client.version()
    const engine = await client.engine().catch((error: unknown) => {
      if (isBulkheadError(error)) return error.message
      throw error
    })
    const described = typeof engine === 'string' ? undefined : engine
    const text = globals.json
      ? `${JSON.stringify({ address: client.address, ...version, engine: described })}\n`
      : [
          `Daemon:    ${version.version} at ${client.address}`,
          ...(typeof engine === 'string' ? [`Engine:    ${engine}`] : engineLines(engine)),
          '',
        ].join('\n')
    context.terminal.out(text)
    return exitCodes.ok
  },
}

function engineLines({ address, capabilities, isolation }: EngineDescription): readonly string[] {
  const offers = Object.entries(isolation).map(([mode, { available, runtime, reason }]) =>
    available ? `${mode} (${runtime ?? 'default runtime'})` : `no ${mode}: ${reason ?? 'unknown reason'}`,
  )
  return [
    `Engine:    ${capabilities.version} (API ${capabilities.apiVersion}) at ${address}, ${capabilities.operatingSystem}`,
    ...offers.map((offer, index) => `${index === 0 ? 'Isolation:' : '          '} ${offer}`),
  ]
}
