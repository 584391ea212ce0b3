import { setTimeout as delay } from 'node:timers/promises'
import type { ProjectLogLine } from '@bulkhead/api'
import type { Engine, EngineEvent } from '@bulkhead/engine'
import type { ObservedContainer } from '@bulkhead/model'
import { createChannel } from './channel.ts'

export interface LogsRequest {
  readonly project: string
  /** Empty: all. */
  readonly services: readonly string[]
  readonly follow: boolean
  readonly tail: number | undefined
  readonly timestamps: boolean
  /** Unix seconds. */
  readonly since: string | undefined
  readonly until: string | undefined
  /** Unix seconds by name of container: in place of `since` and `tail` for it. */
  readonly from: ReadonlyMap<string, string>
}

export interface LogSource {
  readonly engine: Pick<Engine, 'observe' | 'logs' | 'events'>
  /** Resolves when no deployment of the project is under way: until then more containers may start. */
  readonly settled: (signal: AbortSignal) => Promise<void>
  /** Whether any of the services is to run, as far as Bulkhead was asked. */
  readonly isToRun: () => boolean
}

type Container = Pick<ObservedContainer, 'id' | 'name' | 'service'>
type From = Pick<LogsRequest, 'since' | 'tail'>

const capacity = 256
/** What was killed from outside may be started again: by whoever restarts it, or by the loop. */
const returnMs = 3000

/**
 * The lines of a project's containers, joined as they come. With `follow`,
 * containers that start later join in; it ends when no container is left that
 * runs, or at once when `signal` fires.
 */
export async function* followLogs(
  source: LogSource,
  request: LogsRequest,
  signal: AbortSignal,
): AsyncGenerator<ProjectLogLine> {
  const leaving = new AbortController()
  const cut = AbortSignal.any([signal, leaving.signal])
  const channel = createChannel<ProjectLogLine>(capacity)
  const end = (error?: unknown): void => channel.end(error)
  cut.addEventListener('abort', () => end(), { once: true })

  const readers = createReaders(source, request, cut, channel)
  try {
    if (request.follow) await watchStarts(source, request, cut, readers, end)
    const containers = await containersOf(source, request)
    for (const container of containers) readers.add(container, placeOf(container, request))
    if (containers.length === 0 && !request.follow) channel.end()
    yield* channel.read()
  } finally {
    leaving.abort()
  }
}

/** Where to begin with a container that was there before. */
function placeOf({ name }: Container, { since, tail, from }: LogsRequest): From {
  const left = from.get(name)
  return left === undefined ? { since, tail } : { since: left, tail: undefined }
}

interface Readers {
  /** Reads a container, once at a time. */
  add(container: Container, from: From): void
  /** Its time of death is where its next life is read from. */
  died(id: string, at: string | undefined): void
  /** It was sent a signal: if it ends now, it is not by itself. */
  killed(): void
  /** It started: read what it says from now on, all of it when it is new. */
  started(container: Container): void
}

function createReaders(
  source: LogSource,
  request: LogsRequest,
  cut: AbortSignal,
  channel: ReturnType<typeof createChannel<ProjectLogLine>>,
): Readers {
  const open = new Set<string>()
  const lastDeath = new Map<string, string>()
  const startedAgain = new Map<string, Container>()
  let wasKilled = false

  const read = async ({ id, name, service }: Container, { since, tail }: From): Promise<void> => {
    const { follow, timestamps, until } = request
    const lines = source.engine.logs(id, { follow, tail, timestamps, since, until, signal: cut })
    for await (const { stream, text, time } of lines) {
      const line = { service, container: name, stream, text, ...(time === undefined ? {} : { time }) }
      if (!(await channel.push(line))) return
    }
  }

  const endIfOver = async (): Promise<void> => {
    if (request.follow && !cut.aborted) {
      await source.settled(cut)
      if (await isAnyUp(source, request)) return
      if (wasKilled && source.isToRun())
        await delay(returnMs, undefined, { signal: cut }).catch(() => undefined)
      if (cut.aborted || (await isAnyUp(source, request))) return
    }
    if (open.size === 0) channel.end()
  }

  const close = ({ id }: Container): void => {
    open.delete(id)
    const again = startedAgain.get(id)
    startedAgain.delete(id)
    if (again !== undefined) add(again, { since: lastDeath.get(id), tail: undefined })
    else if (open.size === 0) endIfOver().catch((error: unknown) => channel.end(error))
  }

  const add = (container: Container, from: From): void => {
    if (open.has(container.id)) return
    open.add(container.id)
    lastDeath.set(container.id, String(Date.now() / 1000))
    read(container, from).then(
      () => close(container),
      (error: unknown) => {
        // One that is removed while it is followed has no more to say.
        if (request.follow) close(container)
        else channel.end(error)
      },
    )
  }

  return {
    add,
    died(id, at) {
      if (at !== undefined) lastDeath.set(id, at)
    },
    killed() {
      wasKilled = true
    },
    started(container) {
      wasKilled = false
      if (open.has(container.id)) startedAgain.set(container.id, container)
      else
        add(container, {
          since: lastDeath.get(container.id) ?? request.from.get(container.name),
          tail: undefined,
        })
    },
  }
}

/** Resolves once the engine listens: a container that starts after that is not missed. */
function watchStarts(
  { engine }: LogSource,
  request: LogsRequest,
  signal: AbortSignal,
  readers: Readers,
  onEnd: (error?: unknown) => void,
): Promise<void> {
  const watch = async (onOpen: () => void): Promise<void> => {
    for await (const event of engine.events(signal, onOpen)) {
      if (event.type !== 'container' || event.project !== request.project) continue
      if (isWanted(event, request)) note(event, readers)
    }
  }
  return new Promise((resolve) => {
    watch(resolve)
      .then(
        () => onEnd(),
        (error: unknown) => onEnd(signal.aborted ? undefined : error),
      )
      .finally(resolve)
  })
}

function note(event: EngineEvent, readers: Readers): void {
  const { id, service = '', attributes, action } = event
  if (action === 'kill') readers.killed()
  if (action === 'die') readers.died(id, secondsOf(event))
  if (action === 'start') readers.started({ id, service, name: attributes['name'] ?? id })
}

function isWanted({ service, attributes }: EngineEvent, { services }: LogsRequest): boolean {
  if (attributes['com.docker.compose.oneoff'] === 'True') return false
  return service !== undefined && (services.length === 0 || services.includes(service))
}

async function containersOf(
  { engine }: LogSource,
  { project, services }: LogsRequest,
): Promise<readonly ObservedContainer[]> {
  const { containers } = await engine.observe({ project, networks: [], volumes: [], images: [] })
  return containers
    .filter(({ oneOff, service }) => !oneOff && (services.length === 0 || services.includes(service)))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }))
}

async function isAnyUp(source: LogSource, request: LogsRequest): Promise<boolean> {
  const containers = await containersOf(source, request)
  return containers.some(({ state }) => state === 'running' || state === 'paused' || state === 'restarting')
}

/** Nanoseconds as the engine's `since` takes them: seconds, a point, nine digits. */
function secondsOf({ timeNano }: EngineEvent): string | undefined {
  return /^\d{10,}$/.test(timeNano) ? `${timeNano.slice(0, -9)}.${timeNano.slice(-9)}` : undefined
}
