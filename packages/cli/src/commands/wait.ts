import type { Client } from '@bulkhead/client'
import type { ReplicaStatus } from '@bulkhead/model'
import type { Command } from 'commander'
import type { CommandModule, Invocation } from '../command.ts'
import type { Context } from '../context.ts'
import { chosenEngine } from '../daemon/engine.ts'
import { findOrStartDaemon } from '../daemon/find.ts'
import { deploy } from '../deployment.ts'
import { exitCodes, usageError } from '../exit.ts'
import { createProgress } from '../progress/index.ts'
import { projectName } from '../project/load.ts'
import { checkServices, serviceNames } from './services.ts'

export const waitCommand: CommandModule = {
  description: `Waits until the containers of these services have ended. The exit code of the one that ended last becomes
that of bulkhead.`,
  examples: [['bulkhead wait migrate', 'until the job is done']],
  declare: (command: Command) =>
    command
      .argument('<services...>', 'whose containers')
      .option('--down-project', 'then take the project down'),
  run: runWait,
}

async function runWait({ globals, args, options }: Invocation, context: Context): Promise<number> {
  if (args.length === 0) throw usageError('wait needs a service.')
  const project = await projectName(globals, context)
  const client = await findOrStartDaemon(globals, context)
  checkServices(args, serviceNames(await client.project(project, { all: true })), project)
  const leaving = new AbortController()
  const endInterrupt = context.onInterrupt(() => leaving.abort())
  try {
    const code = await lastExit(client, project, args, leaving.signal, context)
    if (options['downProject'] !== true) return code
    const progress = createProgress('down', globals, context)
    try {
      await deploy(
        client,
        { project, action: 'down', engine: chosenEngine(context) },
        progress,
        leaving.signal,
      )
    } finally {
      progress.close()
    }
    return code
  } catch (error) {
    if (!leaving.signal.aborted) throw error
    return exitCodes.interrupted
  } finally {
    endInterrupt()
  }
}

/** Those that run now are waited for, and those that have ended already count. */
async function lastExit(
  client: Client,
  project: string,
  services: readonly string[],
  signal: AbortSignal,
  { terminal }: Context,
): Promise<number> {
  const codes = new Map<string, number>()
  let waiting: ReadonlyMap<string, string> | undefined
  const tell = (id: string, name: string, code: number): void => {
    if (codes.has(id)) return
    codes.set(id, code)
    terminal.out(`container "${name}" exited with status code ${code}\n`)
  }
  const look = async (): Promise<void> => {
    const replicas = await replicasOf(client, project, services)
    waiting ??= new Map(replicas.map(({ id, name }) => [id, name]))
    for (const { id, name, state, exitCode } of replicas)
      if (waiting.has(id) && (state === 'exited' || state === 'dead')) tell(id, name, exitCode)
    // One that was removed meanwhile, while nobody could tell its exit code.
    for (const [id, name] of waiting) if (!replicas.some((one) => one.id === id)) tell(id, name, 137)
  }
  for await (const event of client.containerEvents(project, { signal })) {
    if (
      event !== 'look' &&
      event.action === 'die' &&
      waiting?.has(event.id) === true &&
      event.exitCode !== undefined
    ) {
      const again = (await replicasOf(client, project, services)).find(({ id }) => id === event.id)
      if (again?.state !== 'restarting' && again?.state !== 'running')
        tell(event.id, event.container, event.exitCode)
    } else if (event === 'look') await look()
    if (waiting !== undefined && codes.size >= waiting.size) break
  }
  return [...codes.values()].at(-1) ?? exitCodes.ok
}

async function replicasOf(
  client: Client,
  project: string,
  services: readonly string[],
): Promise<readonly ReplicaStatus[]> {
  const { services: all } = await client.project(project, { all: true })
  return all
    .filter(({ name }) => services.includes(name))
    .flatMap(({ replicas }) => replicas.filter(({ number }) => number !== undefined))
}
