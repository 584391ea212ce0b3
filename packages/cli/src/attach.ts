import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '@bulkhead/client'
import { isBulkheadError } from '@bulkhead/model'
import type { ReplicaStatus } from '@bulkhead/model'
import type { Context } from './context.ts'
import { deploy } from './deployment.ts'
import type { Globals } from './globals.ts'
import { createOutput, printLogs } from './output.ts'
import { exitCodes } from './exit.ts'
import { createProgress } from './progress/index.ts'
import { shortName } from './render/prefix.ts'

export interface AttachOptions {
  readonly client: Client
  readonly project: string
  /** Empty: all. */
  readonly services: readonly string[]
  /** RFC 3339: older lines aren't shown. */
  readonly since: string
  /** Ctrl-C came before there was anything to follow. */
  readonly interrupted: boolean
  readonly timeoutSeconds: number | undefined
  readonly color: boolean
  readonly prefix: boolean
  readonly timestamps: boolean
  readonly globals: Globals
  readonly context: Context
}

/** Milliseconds between two looks whether anything still runs. */
const pollMs = 1000

/**
 * Follows the output of a project until all of its containers have ended, or
 * until Ctrl-C: then the project is stopped; a second Ctrl-C kills it.
 *
 * @returns the exit code.
 */
export async function attach(options: AttachOptions): Promise<number> {
  const { client, project, services, context } = options
  const leaving = new AbortController()
  const interrupts = countInterrupts(context, leaving, options.interrupted)
  try {
    if (!options.interrupted) await follow(options, leaving)
    if (interrupts.count() === 0) return exitCodes.ok
    context.terminal.err('Gracefully stopping... (press Ctrl+C again to force)\n')
    await stop(client, project, services, interrupts.second, options)
    return exitCodes.interrupted
  } finally {
    interrupts.end()
  }
}

async function follow(options: AttachOptions, leaving: AbortController): Promise<void> {
  const { client, project, services, context, since } = options
  const replicas = await replicasOf(client, project, services)
  const print = createOutput({ ...options, containers: replicas.map(({ name }) => name) })
  const wanted = services.length === 0 ? undefined : services
  const query = { service: wanted, follow: true, since, timestamps: options.timestamps }
  const ended = watch(options, replicas, leaving)
  try {
    await printLogs({ ...options, query, print, signal: leaving.signal })
  } catch (error) {
    leaving.abort()
    throw error
  } finally {
    await ended
  }
  if (leaving.signal.reason === allEnded) return
  if (!leaving.signal.aborted) context.terminal.err('The daemon ended the output.\n')
}

const allEnded = Symbol('all containers have ended')

/** Tells of containers that end, and ends `leaving` when none is left. */
async function watch(
  options: AttachOptions,
  first: readonly ReplicaStatus[],
  leaving: AbortController,
): Promise<void> {
  const { client, project, services, context } = options
  const told = new Set<string>()
  let replicas = first
  while (!leaving.signal.aborted) {
    for (const replica of replicas.filter(hasEnded)) {
      const once = `${replica.id} ${replica.finishedAt}`
      if (told.has(once)) continue
      told.add(once)
      context.terminal.out(`${shortName(replica.name, project)} exited with code ${replica.exitCode}\n`)
    }
    if (replicas.every(hasEnded)) {
      // What they printed last is on its way: the stream is given a moment to bring it.
      await delay(pollMs / 4)
      leaving.abort(allEnded)
      return
    }
    try {
      await delay(pollMs, undefined, { signal: leaving.signal })
      replicas = await replicasOf(client, project, services)
    } catch (error) {
      if (leaving.signal.aborted) return
      // The output waits for the daemon too, and gives up when it stays away.
      if (!isBulkheadError(error)) throw error
      if (error.code !== 'BH_DAEMON_UNREACHABLE') return
    }
  }
}

function hasEnded({ state }: ReplicaStatus): boolean {
  return state === 'exited' || state === 'dead'
}

async function replicasOf(
  client: Client,
  project: string,
  services: readonly string[],
): Promise<readonly ReplicaStatus[]> {
  const status = await client.project(project, { all: true })
  return status.services
    .filter(({ name }) => services.length === 0 || services.includes(name))
    .flatMap(({ replicas }) => replicas)
}

async function stop(
  client: Client,
  project: string,
  services: readonly string[],
  second: Promise<void>,
  { timeoutSeconds, globals, context }: AttachOptions,
): Promise<void> {
  const progress = createProgress('stop', globals, context)
  const request = { project, action: 'stop' as const, ...(services.length === 0 ? {} : { services }) }
  const forced = new AbortController()
  const gracefully = deploy(client, { ...request, timeoutSeconds }, progress, forced.signal)
  const kill = second.then(async () => {
    forced.abort()
    await deploy(client, { ...request, timeoutSeconds: 0 }, progress)
  })
  try {
    await Promise.race([gracefully, kill])
  } catch (error) {
    if (!forced.signal.aborted) throw error
    await kill
  } finally {
    progress.close()
  }
}

function countInterrupts(context: Context, leaving: AbortController, before: boolean) {
  let count = before ? 1 : 0
  let tellSecond: () => void = () => {}
  const second = new Promise<void>((resolve) => (tellSecond = resolve))
  const end = context.onInterrupt(() => {
    count += 1
    if (count === 1) leaving.abort()
    if (count === 2) tellSecond()
  })
  return { count: () => count, second, end }
}
