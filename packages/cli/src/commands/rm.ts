import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { isBulkheadError } from '@bulkhead/model'
import type { Asked, CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { exitCodes } from '../exit.ts'
import type { Globals } from '../globals.ts'
import { projectName } from '../project/load.ts'
import { askByName, named } from '../project/ask.ts'
import { carryOut } from '../request.ts'

interface RmOptions {
  readonly force?: boolean
  readonly stop?: boolean
  readonly volumes?: boolean
}

export const rm: CommandModule = {
  description: `Removes containers that don't run, and with -s those that do. A service without any is off until \`up\`.
Volumes stay, but for anonymous ones with -v.`,
  examples: [
    ['bulkhead rm', 'what has ended, once you agree'],
    ['bulkhead rm -sf web', 'stop and remove web without asking'],
  ],
  declare: (command: Command) =>
    command
      .argument('[services...]', 'only these')
      .option('-f, --force', 'do not ask')
      .option('-s, --stop', 'stop containers that run, and remove them too')
      .option('-v, --volumes', 'remove anonymous volumes too'),
  ask: askRm,
  run: runRm,
}

async function askRm({ globals, args, options: raw }: Invocation, context: Context): Promise<Asked> {
  const options: RmOptions = raw
  const project = await projectName(globals, context)
  const { stop, volumes: removeVolumes } = options
  return askByName(project, { action: 'rm', ...named(args), stop, removeVolumes }, context)
}

async function runRm(invocation: Invocation, context: Context): Promise<number> {
  const { globals, args, options }: Invocation & { readonly options: RmOptions } = invocation
  const project = await projectName(globals, context)
  if (options.force !== true && !(await agrees(project, args, options, globals, context))) return exitCodes.ok
  const errand = { nothing: 'Nothing to do: no container to remove.', mayBeUnknown: true }
  return carryOut(await askRm(invocation, context), errand, globals, context)
}

/** Asks, naming what would go. Nothing to go, or nobody to answer: false. */
async function agrees(
  project: string,
  services: readonly string[],
  { stop = false }: RmOptions,
  globals: Globals,
  context: Context,
): Promise<boolean> {
  const leaving = await containersToGo(project, services, stop, globals, context)
  if (leaving.length === 0) {
    context.terminal.err('Nothing to do: no container to remove.\n')
    return false
  }
  context.terminal.err(`Going to remove ${leaving.join(', ')}. Are you sure? [y/N] `)
  const lines = createInterface({ input: context.stdin })
  for await (const line of lines) {
    lines.close()
    return /^y(es)?$/i.test(line.trim())
  }
  context.terminal.err('\n')
  return false
}

async function containersToGo(
  project: string,
  services: readonly string[],
  stop: boolean,
  globals: Globals,
  context: Context,
): Promise<readonly string[]> {
  const client = await findOrStartDaemon(globals, context)
  try {
    const status = await client.project(project, { all: true })
    return status.services
      .filter(({ name }) => services.length === 0 || services.includes(name))
      .flatMap(({ replicas }) => replicas)
      .filter(({ number, state }) => number !== undefined && (stop || !runs.includes(state)))
      .map(({ name }) => name)
  } catch (error) {
    if (isBulkheadError(error) && error.code === 'BH_PROJECT_NOT_FOUND') return []
    throw error
  }
}

const runs: readonly string[] = ['running', 'paused', 'restarting']
