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
  /** Services whose containers are waited for, and stopped; undefined: all. */
  readonly watched: readonly string[] | undefined
  /** Those whose output is shown; undefined: all. */
  readonly shown: readonly string[] | undefined
  /** The first container that ends, ends all. */
  readonly abortOnExit: boolean
  /** The first one that fails does. */
  readonly abortOnFailure: boolean
  /** The service whose exit code is the command's. */
  readonly exitCodeFrom: string | undefined
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

/** Milliseconds that the last lines of a container may be on their way. */
const lastWordsMs = 250

/**
 * Follows the output of a project until all of its containers have ended, or
 * one of them has where that ends them all, or until Ctrl-C: then the project is
 * stopped; a second Ctrl-C kills it.
 *
 * @returns the exit code.
 */
export async function attach(options: AttachOptions): Promise<number> {
  const { context } = options
  const leaving = new AbortController()
  const interrupts = countInterrupts(context, leaving, options.interrupted)
  try {
    const code = options.interrupted ? undefined : await follow(options, leaving, interrupts.second)
    if (interrupts.count() === 0) return code ?? exitCodes.ok
    context.terminal.err('Gracefully stopping... (press Ctrl+C again to force)\n')
    await stop(options, interrupts.second)
    return exitCodes.interrupted
  } finally {
    interrupts.end()
  }
}

/** @returns the exit code, where one of the containers gives it. */
async function follow(
  options: AttachOptions,
  leaving: AbortController,
  second: Promise<void>,
): Promise<number | undefined> {
  const { context, since, shown } = options
  const replicas = await replicasOf(options)
  const print = createOutput({ ...options, containers: replicas.map(({ name }) => name) })
  const query = { service: shown, follow: true, since, timestamps: options.timestamps }
  const ended = watch(options, replicas, leaving, second)
  try {
    // With nothing to show there is still something to wait for.
    if (shown?.length !== 0) await printLogs({ ...options, query, print, signal: leaving.signal })
  } catch (error) {
    leaving.abort()
    throw error
  } finally {
    await ended.catch(() => undefined)
  }
  const code = await ended
  if (leaving.signal.reason === allEnded) return code
  if (!leaving.signal.aborted) context.terminal.err('The daemon ended the output.\n')
  return code
}

const allEnded = Symbol('all containers have ended')

/** Tells of containers that end, ends all where one of them is to, and `leaving` when none is left. */
async function watch(
  options: AttachOptions,
  first: readonly ReplicaStatus[],
  leaving: AbortController,
  second: Promise<void>,
): Promise<number | undefined> {
  const { client, project } = options
  const told = new Set<string>()
  let replicas = first
  const leave = async (): Promise<void> => {
    // What they printed last is on its way: the stream is given a moment to bring it.
    await delay(lastWordsMs)
    leaving.abort(allEnded)
  }
  try {
    for await (const event of client.containerEvents(project, { signal: leaving.signal })) {
      if (event !== 'look' && !endings.has(event.action)) continue
      replicas = await replicasOf(options)
      tellEnds(replicas, told, options)
      const culprit = replicas.find((replica) => endsAll(replica, options))
      if (culprit !== undefined) {
        options.context.terminal.err(`Aborting on container exit...\n`)
        await stop(options, second)
        replicas = await replicasOf(options)
        tellEnds(replicas, told, options)
        await leave()
        return codeOf(culprit, replicas, options)
      }
      if (replicas.every(hasEnded)) {
        await leave()
        return options.exitCodeFrom === undefined ? undefined : codeOf(undefined, replicas, options)
      }
    }
  } catch (error) {
    if (leaving.signal.aborted) return undefined
    // The output waits for the daemon too, and gives up when it stays away.
    if (!isBulkheadError(error) || error.code !== 'BH_DAEMON_UNREACHABLE') throw error
  }
  return undefined
}

/** After which a container may have ended for good. */
const endings = new Set(['die', 'destroy', 'stop'])

function endsAll(
  replica: ReplicaStatus,
  { abortOnExit, abortOnFailure, exitCodeFrom }: AttachOptions,
): boolean {
  if (!hasEnded(replica)) return false
  return abortOnExit || exitCodeFrom !== undefined || (abortOnFailure && replica.exitCode !== 0)
}

/** Of the service that was named, else of the one whose failure ended all. */
function codeOf(
  culprit: ReplicaStatus | undefined,
  replicas: readonly ReplicaStatus[],
  { exitCodeFrom, abortOnFailure }: AttachOptions,
): number {
  if (exitCodeFrom === undefined) return abortOnFailure ? (culprit?.exitCode ?? 0) : 0
  if (culprit?.service === exitCodeFrom) return culprit.exitCode
  return replicas.find(({ service }) => service === exitCodeFrom)?.exitCode ?? 0
}

function tellEnds(replicas: readonly ReplicaStatus[], told: Set<string>, options: AttachOptions): void {
  for (const replica of replicas.filter(hasEnded)) {
    const once = `${replica.id} ${replica.finishedAt}`
    if (told.has(once)) continue
    told.add(once)
    const name = shortName(replica.name, options.project)
    options.context.terminal.out(`${name} exited with code ${replica.exitCode}\n`)
  }
}

function hasEnded({ state }: ReplicaStatus): boolean {
  return state === 'exited' || state === 'dead'
}

/** One-offs are nobody's replicas: they have no number. */
async function replicasOf({ client, project, watched }: AttachOptions): Promise<readonly ReplicaStatus[]> {
  const status = await client.project(project, { all: true })
  return status.services
    .filter(({ name }) => watched === undefined || watched.includes(name))
    .flatMap(({ replicas }) => replicas.filter(({ number }) => number !== undefined))
}

async function stop(
  { client, project, watched, timeoutSeconds, globals, context }: AttachOptions,
  second: Promise<void>,
): Promise<void> {
  const progress = createProgress('stop', globals, context)
  const services = watched === undefined ? {} : { services: watched }
  const request = { project, action: 'stop' as const, ...services }
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
