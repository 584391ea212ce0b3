import { setTimeout as delay } from 'node:timers/promises'
import type { Client, ContainerEvent } from '@bulkhead/client'
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
/** What was sent a signal from outside may be started again: by whoever restarts it, or by the loop. */
const returnMs = 3000

/**
 * Follows the output of a project until all of its containers have ended, or
 * one of them has where that ends them all, or until Ctrl-C: then the project is
 * stopped, and what it still has to say is shown; a second Ctrl-C kills it.
 *
 * @returns the exit code.
 */
export async function attach(options: AttachOptions): Promise<number> {
  const leaving = new AbortController()
  const interrupts = countInterrupts(options.context, options.interrupted)
  try {
    if (options.interrupted) {
      await stopAsAsked(options, interrupts)
      return exitCodes.interrupted
    }
    const following = follow(options, leaving, interrupts)
    following.catch(() => undefined)
    await Promise.race([following, interrupts.first])
    if (interrupts.count() === 0) return (await following) ?? exitCodes.ok
    await stopAsAsked(options, interrupts)
    await leave(leaving)
    await following.catch(() => undefined)
    return exitCodes.interrupted
  } finally {
    leaving.abort()
    interrupts.end()
  }
}

async function stopAsAsked(options: AttachOptions, { second }: Interrupts): Promise<void> {
  options.context.terminal.err('Gracefully stopping... (press Ctrl+C again to force)\n')
  await stop(options, second)
}

/** @returns the exit code, where one of the containers gives it. */
async function follow(
  options: AttachOptions,
  leaving: AbortController,
  interrupts: Interrupts,
): Promise<number | undefined> {
  const { context, since, shown } = options
  const replicas = await replicasOf(options)
  const print = createOutput({ ...options, containers: replicas.map(({ name }) => name) })
  const query = { service: shown, follow: true, since, timestamps: options.timestamps }
  const ended = watch(options, replicas, leaving, interrupts)
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
  if (leaving.signal.reason === allEnded || interrupts.count() > 0) return code
  if (!leaving.signal.aborted) context.terminal.err('The daemon ended the output.\n')
  return code
}

const allEnded = Symbol('all containers have ended')

/** What they printed last is on its way: the stream is given a moment to bring it. */
async function leave(leaving: AbortController): Promise<void> {
  await delay(lastWordsMs)
  leaving.abort(allEnded)
}

/** Tells of containers that end, ends all where one of them is to, and `leaving` when none is left. */
async function watch(
  options: AttachOptions,
  first: readonly ReplicaStatus[],
  leaving: AbortController,
  interrupts: Interrupts,
): Promise<number | undefined> {
  const { client, project } = options
  const told = new Set<string>()
  let replicas = first
  let wasKilled = false
  try {
    for await (const event of client.containerEvents(project, { signal: leaving.signal })) {
      if (event !== 'look' && event.action === 'kill') wasKilled = true
      if (event !== 'look' && event.action === 'start') wasKilled = false
      if (event !== 'look' && !endings.has(event.action)) continue
      replicas = await replicasOf(options)
      if (event !== 'look') tellEvent(event, replicas, told, options)
      tellEnds(replicas, told, options)
      // Whoever has pressed Ctrl-C is having them stopped already.
      if (interrupts.count() > 0) continue
      const culprit = replicas.find((replica) => endsAll(replica, options))
      if (culprit !== undefined) {
        options.context.terminal.err(`Aborting on container exit...\n`)
        await stop(options, interrupts.second)
        replicas = await replicasOf(options)
        tellEnds(replicas, told, options)
        await leave(leaving)
        return codeOf(culprit, replicas, options)
      }
      if (!replicas.every(hasEnded)) continue
      // One that somebody restarts has ended for a moment.
      await delay(wasKilled ? returnMs : lastWordsMs)
      replicas = await replicasOf(options)
      if (!replicas.every(hasEnded)) continue
      leaving.abort(allEnded)
      return options.exitCodeFrom === undefined ? undefined : codeOf(undefined, replicas, options)
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

/** One that is started again at once never shows as ended: its event is all that tells of it. */
function tellEvent(
  { action, id, exitCode }: ContainerEvent,
  replicas: readonly ReplicaStatus[],
  told: Set<string>,
  options: AttachOptions,
): void {
  const replica = replicas.find((one) => one.id === id)
  if (action !== 'die' || exitCode === undefined || replica === undefined) return
  if (hasEnded(replica)) told.add(endOf(replica))
  tell(replica.name, exitCode, options)
}

/** Those that ended while nobody listened. */
function tellEnds(replicas: readonly ReplicaStatus[], told: Set<string>, options: AttachOptions): void {
  for (const replica of replicas.filter(hasEnded)) {
    if (told.has(endOf(replica))) continue
    told.add(endOf(replica))
    tell(replica.name, replica.exitCode, options)
  }
}

function endOf({ id, finishedAt }: ReplicaStatus): string {
  return `${id} ${finishedAt}`
}

function tell(container: string, exitCode: number, { project, context }: AttachOptions): void {
  context.terminal.out(`${shortName(container, project)} exited with code ${exitCode}\n`)
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

interface Interrupts {
  readonly count: () => number
  readonly first: Promise<void>
  readonly second: Promise<void>
  readonly end: () => void
}

function countInterrupts(context: Context, before: boolean): Interrupts {
  let count = before ? 1 : 0
  let tellFirst: () => void = () => {}
  let tellSecond: () => void = () => {}
  const first = new Promise<void>((resolve) => (tellFirst = resolve))
  const second = new Promise<void>((resolve) => (tellSecond = resolve))
  const end = context.onInterrupt(() => {
    count += 1
    if (count === 1) tellFirst()
    if (count === 2) tellSecond()
  })
  return { count: () => count, first, second, end }
}
