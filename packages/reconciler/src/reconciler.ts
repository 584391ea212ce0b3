import { setTimeout as delay } from 'node:timers/promises'
import { newRecall, type Engine, type EngineEvent } from '@bulkhead/engine'
import { composeLabels } from '@bulkhead/model'
import type { ProjectStatus, RegistryCredentials } from '@bulkhead/model'
import type { ComposeHashes } from '@bulkhead/planner'
import { systemClock, type Clock } from './clock.ts'
import { createConvergence } from './convergence.ts'
import { newsSince, type Gap } from './gap.ts'
import { newHolds } from './holds.ts'
import { createLanes } from './lanes.ts'
import type { Log } from './log.ts'
import { newNotebook } from './notebook.ts'
import { nobody, type Observer } from './observer.ts'
import { createOutlook, type Foresight, type Insight } from './outlook.ts'
import { createOneOffs, type OneOffs } from './one-offs.ts'
import type { DesiredState, LeavingContainer, Ledger, Programs } from './port.ts'
import { newSight } from './sight.ts'
import { newSweep } from './sweep.ts'
import type { Ownership } from './ownership.ts'
import { createTenure, type Tenure } from './tenure.ts'
import { newTries } from './tries.ts'
import { newTurns } from './turns.ts'
import { watchEvents, type EventListener, type EventWatch } from './watch.ts'

export interface ReconcilerOptions {
  readonly engine: Engine
  readonly ledger: Ledger
  readonly log: Log
  readonly composeHashes: ComposeHashes
  /** Keys our hashes; the same for the life of a store. */
  readonly hashKey: string
  /** Whose projects are. @default there is nobody else on the engine */
  readonly ownership?: Ownership | undefined
  /** The archive of a build context by its digest. */
  /** Providers of services and models. @default they can't be run */
  readonly programs?: Programs | undefined
  readonly openContext: (digest: string) => NodeJS.ReadableStream
  /** Milliseconds between looks at the engine's lists when nothing happens. @default 60000 */
  readonly resyncMs?: number
  /** Of so many of these looks one is at the whole of a project, whatever the lists say. @default 60 */
  readonly deepEvery?: number
  /** Operations on the engine at once. @default 16 */
  readonly concurrency?: number
  /** Milliseconds without progress after which a pull is given up. @default 120000 */
  readonly pullIdleTimeoutMs?: number
  /**
   * Milliseconds before a deployment's round that failed for what may be over in a moment
   * is tried again, one for each time. @default [200, 600, 1500]
   */
  readonly retryDelaysMs?: readonly number[]
  /** Builds at once, over all projects; each has as many steps at once as BuildKit allows. @default 4 */
  readonly buildConcurrency?: number
  /** The login for an image's registry that came with a deployment; undefined: none did. */
  readonly credentialsFor?: (deployment: string, reference: string) => RegistryCredentials | undefined
  /** Keeps what is to be kept of a container before it is removed; never throws. @default nothing */
  readonly keepLogs?: (container: LeavingContainer) => Promise<void>
  /** @default one that looks away */
  readonly observer?: Observer
  /** Told of every engine event once, those too that were missed and are caught up with. @default nobody */
  readonly onEngineEvent?: (event: EngineEvent) => void
  /** In [0, 1). @default Math.random */
  readonly random?: () => number
  /** By which tries are spaced. @default the system's */
  readonly clock?: Clock
}

export interface Reconciler {
  start(): void
  /** Begins nothing more and waits for what is under way, at most `graceMs`. */
  stop(graceMs: number): Promise<void>
  /** Something may have changed: have a round soon. Repeated calls coalesce. */
  enqueue(project: string): void
  /** A new deployment of the project is in the ledger: what runs for an older one gives way. */
  deploy(project: string): void
  /** What runs for the project gives way; its operations that are under way are let finish. */
  interrupt(project: string): void
  /** Somebody asks for all that failed to be tried again now: breakers close. */
  retry(project: string): void
  /** Projects that wait for a round. */
  waiting(): number
  /** Operations that wait for their turn on the engine. */
  operationsWaiting(): number
  /** Observes and compares; plans, but does nothing. */
  status(project: string): Promise<ProjectStatus>
  /** The same, with what it was made from and what the loop would do. */
  insight(project: string): Promise<Insight>
  /** What a deployment would do if this were wanted; does nothing. */
  foresee(project: string, wanted: DesiredState): Promise<Foresight>
  readonly oneOffs: OneOffs
  /** Told of every engine event; undefined: some may have been missed. Returns what ends it. */
  subscribe(listener: EventListener): () => void
}

/** What may have changed a project; exec and the like change nothing. */
const wakingActions = new Set([
  'die',
  'destroy',
  'stop',
  'start',
  'health_status',
  'rename',
  'update',
  'pause',
  'unpause',
])

/** What may put right what a try failed for. */
const freeing: Readonly<Record<EngineEvent['type'], ReadonlySet<string>>> = {
  container: new Set(['die', 'destroy', 'rename', 'start', 'health_status']),
  network: new Set(['create', 'destroy', 'disconnect']),
  volume: new Set(['create', 'destroy']),
  image: new Set(['pull', 'tag', 'load', 'import']),
}

/**
 * Keeps projects as they were asked for. Events, timers and requests do the
 * same thing: they put a project's name on the queue.
 */
/** Before all events, in nanoseconds since the epoch: an engine takes 0 for no time at all. */
const beginning = '1000000000'

/** Milliseconds that an event takes at most to be heard. */
const hearingMs = 2000

function isAfter(one: string, other: string): boolean {
  return BigInt(one) > BigInt(other)
}

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const {
    engine,
    ledger,
    log,
    resyncMs = 60_000,
    deepEvery = 60,
    concurrency = 16,
    buildConcurrency = 4,
    pullIdleTimeoutMs = 120_000,
    retryDelaysMs = [200, 600, 1500],
    observer = nobody,
    random = Math.random,
    clock = systemClock,
  } = options
  const notebook = newNotebook(ledger)
  const holds = newHolds({ notebook, onEnded: (project) => lanes.enqueue(project) })
  /** Of projects that have not been looked at since. */
  const gaps = new Map<string, Gap>()
  const sight = newSight(ledger, notebook)
  /** The event stream has been open before. */
  let isOpen = false
  const tenure: Tenure | undefined =
    options.ownership &&
    createTenure({
      ownership: options.ownership,
      ledger,
      notebook,
      log,
      giveWay(project) {
        lanes.interrupt(project)
        lanes.enqueue(project)
      },
    })
  let events: EventWatch | undefined
  let resync: NodeJS.Timeout | undefined

  const watch = (): EventWatch => {
    if (events === undefined) throw new Error('the reconciler was not started')
    return events
  }
  const recall = newRecall()
  /** Which projects name a network of the engine, as of their last looks. */
  const users = new Map<string, Set<string>>()
  const turns = newTurns({ places: concurrency })
  const tries = newTries({ notebook, ledger, clock, random, log })
  const outlook = createOutlook({
    ...options,
    notebook,
    holds,
    recall,
    attended: (project) => oneOffs.attended(project),
  })
  const convergence = createConvergence({
    ...options,
    outlook,
    tenure,
    turns,
    tries,
    clock,
    looked(project, networks) {
      for (const network of networks) {
        const its = users.get(network)
        if (its === undefined) users.set(network, new Set([project]))
        else its.add(project)
      }
    },
    wasBehind,
    holds,
    notebook,
    bridged: (project) => {
      const gap = gaps.get(project)
      gaps.delete(project)
      return gap
    },
    watch,
    buildConcurrency,
    pullIdleTimeoutMs,
    retryDelaysMs,
    observer,
  })
  const lanes = createLanes({
    run: (project, run) => convergence.converge(project, run),
    random,
    clock,
    log,
  })

  const sweep = newSweep({
    engine,
    projects: () => ledger.projects(),
    isOpen: (project) => Object.keys(notebook.of(project).troubles).length > 0 || lanes.isTried(project),
    look(project, deep) {
      if (deep) outlook.forget(project)
      lanes.enqueue(project)
    },
    deepEvery,
    log,
  })

  const oneOffs: OneOffs = createOneOffs({
    ...options,
    lanes,
    turns,
    watch,
    pullIdleTimeoutMs,
    stopping: (project, id) => holds.expect(project, id),
  })

  function onEvent(event: EngineEvent | undefined): void {
    if (event === undefined) {
      // What the engine could not do it may do now that it is back.
      if (isOpen) for (const name of tries.projects()) tries.hurry(name)
      isOpen = true
      recall.forgetAll()
      void sweep.begin()
      enqueueKept()
      return
    }
    sight.saw(event)
    forget(event)
    tenure?.saw(event)
    options.onEngineEvent?.(event)
    hurry(event)
    const { type, action, project, attributes } = event
    if (type === 'network' && (action === 'destroy' || action === 'disconnect'))
      enqueueUsersOf(attributes['name'])
    if (type !== 'container' || project === undefined) return
    // Its comings and goings are a round's own: a failing hook would wake the next round, and that one the next.
    if (event.attributes[composeLabels.hook] !== undefined) return
    holds.note(event)
    if (wakingActions.has(action) && ledger.desired(project) !== undefined) lanes.enqueue(project)
  }

  /** What somebody did may be what a failed try was waiting for: a name or a port is free, an image is there. */
  function hurry({ type, action, project, service, attributes }: EngineEvent): void {
    if (!freeing[type].has(action)) return
    if (attributes[composeLabels.hook] !== undefined) return
    for (const name of tries.projects())
      if (tries.hurry(name, name === project ? service : undefined)) lanes.enqueue(name)
  }

  /** What happened while nobody listened, as far as the engine still knows it. */
  async function catchUp(): Promise<void> {
    void tenure?.survey()
    const since = sight.last()
    try {
      if (since === undefined) {
        // What was before the first life of the daemon is no news.
        const last = (await engine.eventsSince(beginning)).events.at(-1)
        if (last !== undefined) sight.saw(last)
        return
      }
      const { news, gap } = newsSince(since, await engine.eventsSince(since))
      for (const event of news) onEvent(event)
      if (gap !== undefined) for (const name of ledger.projects()) gaps.set(name, gap)
    } catch (error) {
      log.warn({ error: String(error) }, 'the engine does not tell what happened meanwhile')
    }
  }

  /** Waits no longer than `hearingMs` for the stream: when it has broken, what it missed is caught up with later. */
  async function wasBehind(project: string): Promise<boolean> {
    const since = sight.last() ?? beginning
    const { events: told } = await engine.eventsSince(since)
    const news = told.filter((one) => one.project === project && isAfter(one.timeNano, since))
    const last = news.at(-1)?.timeNano
    if (last === undefined) return false
    const deadline = performance.now() + hearingMs
    while (isAfter(last, sight.last() ?? beginning) && performance.now() < deadline) await delay(10)
    return true
  }

  function enqueueKept(): void {
    for (const name of ledger.projects()) lanes.enqueue(name)
  }

  /** Network events carry no project: those that name the network look. */
  function enqueueUsersOf(network = ''): void {
    const kept = [...(users.get(network) ?? [])].filter((name) => ledger.notes(name) !== undefined)
    if (kept.length === 0) users.delete(network)
    for (const name of kept) lanes.enqueue(name)
  }

  /** What was inspected before the event is inspected again. */
  function forget({ type, id, attributes }: EngineEvent): void {
    if (type === 'container') recall.forget(id)
    if (type === 'network' && attributes['container'] !== undefined) recall.forget(attributes['container'])
    if (type === 'image') recall.forgetImages()
  }

  return {
    start() {
      events = watchEvents(engine, log, catchUp)
      events.subscribe(onEvent)
      // What a deployment asked for waits for nobody; all else for what happened meanwhile to be known.
      for (const name of ledger.projects())
        if (ledger.desired(name)?.deployment !== undefined) lanes.enqueue(name)
      resync = setInterval(() => void sweep.once(), resyncMs)
      resync.unref()
    },
    async stop(graceMs) {
      clearInterval(resync)
      await lanes.stop(graceMs)
      events?.stop()
      holds.stop()
      sight.keep()
      notebook.flush()
    },
    enqueue: (project) => lanes.enqueue(project),
    interrupt: (project) => lanes.interrupt(project),
    operationsWaiting: () => turns.waiting(),
    retry(project) {
      tries.forget(project, undefined)
      notebook.change(project, () => ({ troubles: {} }))
      lanes.enqueue(project)
    },
    waiting: () => convergence.waiting(),
    deploy(project) {
      lanes.interrupt(project)
      gaps.delete(project)
      const asked = ledger.desired(project)?.deployment?.options.services
      holds.release(project, asked)
      tries.forget(project, asked)
      notebook.change(project, ({ troubles }) => ({
        troubles:
          asked === undefined
            ? {}
            : Object.fromEntries(Object.entries(troubles).filter(([name]) => !asked.includes(name))),
      }))
      lanes.enqueue(project)
    },
    status: async (project) => (await outlook.insight(project)).status,
    insight: (project) => outlook.insight(project),
    foresee: (project, wanted) => outlook.foresee(project, wanted),
    oneOffs,
    subscribe: (listener) => watch().subscribe(listener),
  }
}
