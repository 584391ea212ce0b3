import PQueue from 'p-queue'
import type { Engine, EngineEvent } from '@bulkhead/engine'
import {
  BulkheadError,
  isBulkheadError,
  toProblem,
  type DeploymentEventBody,
  type Problem,
  type ProjectStatus,
} from '@bulkhead/model'
import { plan, referenceOf, statusOf, type ComposeHashes, type PlanInput } from '@bulkhead/planner'
import { execute, type Execution } from './execute.ts'
import { newHolds } from './holds.ts'
import type { Log } from './log.ts'
import { carryOut } from './operations.ts'
import type { DesiredState, Ledger } from './port.ts'
import { isKept, queryFor, retryDelayMs } from './round.ts'
import { watchEvents, type EventWatch } from './watch.ts'

export interface ReconcilerOptions {
  readonly engine: Engine
  readonly ledger: Ledger
  readonly log: Log
  readonly composeHashes: ComposeHashes
  /** Keys our hashes; the same for the life of a store. */
  readonly hashKey: string
  /** The archive of a build context by its digest. */
  readonly openContext: (digest: string) => NodeJS.ReadableStream
  /** Milliseconds between looks at every kept project when nothing happens. @default 60000 */
  readonly resyncMs?: number
  /** Operations on the engine at once. @default 16 */
  readonly concurrency?: number
  /** Milliseconds without progress after which a pull is given up. @default 120000 */
  readonly pullIdleTimeoutMs?: number
  /** In [0, 1). @default Math.random */
  readonly random?: () => number
}

export interface Reconciler {
  start(): void
  /** Begins nothing more and waits for what is under way, at most `graceMs`. */
  stop(graceMs: number): Promise<void>
  /** Something may have changed: have a round soon. Repeated calls coalesce. */
  enqueue(project: string): void
  /** A new deployment of the project is in the ledger: what runs for an older one gives way. */
  deploy(project: string): void
  /** Observes and compares; plans, but does nothing. */
  status(project: string): Promise<ProjectStatus>
}

/** What is remembered of a deployment while its rounds run; lost with the process, at the cost of a start too many. */
interface Progress {
  readonly started: Set<string>
  readonly warned: Set<string>
  refreshed: boolean
  operations: number
}

interface Lane {
  running: AbortController | undefined
  again: boolean
  failures: number
  retry: NodeJS.Timeout | undefined
}

/** Rounds that a deployment may take: images, then the rest, then the proof that nothing is left; the others are for what moves meanwhile. */
const maxRounds = 8

export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { engine, ledger, log, composeHashes, hashKey, openContext } = options
  const { resyncMs = 60_000, concurrency = 16, pullIdleTimeoutMs = 120_000, random = Math.random } = options
  const rounds = new PQueue({ concurrency: 8 })
  const operations = new PQueue({ concurrency })
  const lanes = new Map<string, Lane>()
  const progress = new Map<string, Progress>()
  const holds = newHolds()
  let watch: EventWatch | undefined
  let resync: NodeJS.Timeout | undefined
  let stopping = false

  function laneOf(project: string): Lane {
    const lane = lanes.get(project) ?? { running: undefined, again: false, failures: 0, retry: undefined }
    lanes.set(project, lane)
    return lane
  }

  function enqueue(project: string): void {
    if (stopping) return
    const lane = laneOf(project)
    if (lane.running !== undefined) {
      lane.again = true
      return
    }
    lane.running = new AbortController()
    void rounds.add(() => runLane(project, lane))
  }

  async function runLane(project: string, lane: Lane): Promise<void> {
    const controller = lane.running ?? new AbortController()
    clearTimeout(lane.retry)
    let settled = false
    try {
      settled = await converge(project, controller.signal)
    } catch (error) {
      log.error({ project, error: String(error) }, 'round failed')
    }
    lane.running = undefined
    if (stopping) return
    if (lane.again) {
      lane.again = false
      enqueue(project)
      return
    }
    lane.failures = settled ? 0 : lane.failures + 1
    if (settled) return
    lane.retry = setTimeout(() => enqueue(project), retryDelayMs(lane.failures, random()))
    lane.retry.unref()
  }

  function deploy(project: string): void {
    laneOf(project).running?.abort()
    holds.release(project)
    enqueue(project)
  }

  /** Rounds until nothing is left to do. False: to be tried again later. */
  async function converge(name: string, signal: AbortSignal): Promise<boolean> {
    for (let round = 1; round <= maxRounds; round += 1) {
      const desired = ledger.desired(name)
      if (desired === undefined || signal.aborted) return true
      const { deployment, intent } = desired
      if (deployment === undefined && !isKept(intent)) return true
      if (deployment !== undefined && round === 1) ledger.deploymentRunning(deployment.id)
      try {
        const outcome = await oneRound(name, desired, signal)
        if (signal.aborted) return true
        if (outcome === 'converged') {
          finish(desired, undefined)
          return true
        }
      } catch (error) {
        if (signal.aborted) return true
        if (!isBulkheadError(error)) log.error({ project: name, error: String(error) }, 'round broke')
        const known = isBulkheadError(error)
          ? error
          : new BulkheadError('BH_INTERNAL', `The round broke: ${String(error)}`)
        return fail(name, desired, known)
      }
    }
    const desired = ledger.desired(name)
    if (desired === undefined) return true
    return fail(
      name,
      desired,
      new BulkheadError(
        'BH_INTERNAL',
        `Project "${name}" does not settle: after ${maxRounds} rounds there is still something to do.`,
      ),
    )
  }

  /** A failed deployment is over: its outcome is told. A failed round of the loop is tried again. */
  function fail(name: string, desired: DesiredState, error: BulkheadError): boolean {
    log.warn(
      { project: name, code: error.code, deployment: desired.deployment?.id },
      'project did not converge',
    )
    if (desired.deployment === undefined) return false
    finish(desired, error)
    return true
  }

  function finish({ deployment }: DesiredState, error: BulkheadError | undefined): void {
    if (deployment === undefined) return
    const done = progress.get(deployment.id)?.operations ?? 0
    progress.delete(deployment.id)
    const outcome = error === undefined ? 'succeeded' : 'failed'
    ledger.deploymentFinished(
      deployment.id,
      outcome,
      done,
      error === undefined ? undefined : toProblem(error),
    )
  }

  async function oneRound(
    name: string,
    desired: DesiredState,
    signal: AbortSignal,
  ): Promise<'converged' | 'changed'> {
    const { deployment } = desired
    const made = await planNow(name, desired)
    const memory = deployment === undefined ? undefined : progressOf(deployment.id)
    const emit = emitter(desired)
    for (const problem of made.problems.filter(({ severity }) => severity === 'warning'))
      warnOnce(problem, memory, emit)
    const error = made.problems.find(({ severity }) => severity === 'error')
    if (error !== undefined)
      throw new BulkheadError(error.code, error.message, {
        hint: error.hint,
        at: error.at,
        problems: made.problems,
      })
    if (made.plan.length === 0) return 'converged'
    emit({ type: 'planned', operations: made.plan.length })
    log.info({ project: name, operations: made.plan.length, deployment: deployment?.id }, 'plan made')
    const { failure } = await executePlan(name, desired, made.plan, signal)
    if (failure !== undefined) throw failure
    if (memory !== undefined) memory.refreshed = true
    return 'changed'
  }

  function progressOf(deployment: string): Progress {
    const known = progress.get(deployment) ?? {
      started: new Set(),
      warned: new Set(),
      refreshed: false,
      operations: 0,
    }
    progress.set(deployment, known)
    return known
  }

  async function planNow(name: string, desired: DesiredState): Promise<ReturnType<typeof plan>> {
    const [capabilities, observed] = await Promise.all([
      engine.capabilities(),
      engine.observe(queryFor(name, desired.project)),
    ])
    return plan({ ...planInput(name, desired), capabilities, observed })
  }

  function planInput(
    name: string,
    { project, intent, deployment }: DesiredState,
  ): Omit<PlanInput, 'capabilities' | 'observed'> {
    const memory = deployment === undefined ? undefined : progressOf(deployment.id)
    return {
      name,
      project,
      intent,
      hashKey,
      composeHashes,
      held: holds.of(name),
      deployment: memory && {
        refresh: memory.refreshed ? undefined : { build: deployment?.build ?? false },
        started: memory.started,
      },
    }
  }

  async function executePlan(
    name: string,
    desired: DesiredState,
    nodes: ReturnType<typeof plan>['plan'],
    signal: AbortSignal,
  ): Promise<Execution> {
    const { deployment, contexts } = desired
    const memory = deployment === undefined ? undefined : progressOf(deployment.id)
    const emit = emitter(desired)
    const made = new Map<string, string>()
    const events = watch
    if (events === undefined) throw new Error('the reconciler was not started')
    return execute(nodes, {
      queue: operations,
      signal,
      now: () => performance.now(),
      run: (node, cut) =>
        carryOut(node.operation, {
          project: name,
          engine,
          watch: events,
          signal: cut,
          made,
          pullIdleTimeoutMs,
          progress: (step) => emit({ type: 'progress', operation: referenceOf(node), ...step }),
          warn: (error) => warnOnce({ ...toProblem(error), severity: 'warning' }, memory, emit),
          openContext: (folder) => openContext(contextDigest(contexts, folder)),
          started: (id) => memory?.started.add(id),
          stopping: (id) => holds.expect(id),
        }),
      onStart: (node) => emit({ type: 'started', operation: referenceOf(node) }),
      onDone: (node, elapsed) => {
        if (memory !== undefined && node.operation.type !== 'awaitCondition') memory.operations += 1
        emit({ type: 'done', operation: referenceOf(node), milliseconds: Math.round(elapsed) })
      },
      onFailed: (node, error) =>
        emit({ type: 'failed', operation: referenceOf(node), problem: toProblem(error) }),
      onSkipped: (node) => emit({ type: 'skipped', operation: referenceOf(node) }),
    })
  }

  /** Events go to the deployment that the round works for, and stop when it has given way to another. */
  function emitter({ deployment }: DesiredState): (event: DeploymentEventBody) => void {
    if (deployment === undefined) return () => undefined
    return (event) => ledger.deploymentEvent(deployment.id, event)
  }

  function warnOnce(
    problem: Problem,
    memory: Progress | undefined,
    emit: (event: DeploymentEventBody) => void,
  ): void {
    if (memory === undefined || memory.warned.has(problem.message)) return
    memory.warned.add(problem.message)
    emit({ type: 'warning', problem })
  }

  function onEvent(event: EngineEvent | undefined): void {
    if (event === undefined) {
      enqueueKept()
      return
    }
    if (event.type === 'network') {
      if (event.action === 'destroy' || event.action === 'disconnect') enqueueUsersOf(event.attributes['name'])
      return
    }
    if (event.type !== 'container' || event.project === undefined) return
    holds.note(event)
    if (roundsFor.has(event.action) && ledger.desired(event.project) !== undefined) enqueue(event.project)
  }

  function enqueueKept(): void {
    for (const name of ledger.projects()) enqueue(name)
  }

  /** Network events carry no project: those that name the network look. */
  function enqueueUsersOf(network: string | undefined): void {
    for (const name of ledger.projects()) {
      const networks = Object.values(ledger.desired(name)?.project?.networks ?? {})
      if (networks.some((one) => one.name === network)) enqueue(name)
    }
  }

  return {
    start() {
      watch = watchEvents(engine, log)
      watch.subscribe(onEvent)
      enqueueKept()
      resync = setInterval(enqueueKept, resyncMs)
      resync.unref()
    },
    async stop(graceMs) {
      stopping = true
      clearInterval(resync)
      for (const lane of lanes.values()) {
        clearTimeout(lane.retry)
        lane.running?.abort()
      }
      const grace = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref())
      await Promise.race([rounds.onIdle(), grace])
      watch?.stop()
    },
    enqueue,
    deploy,
    async status(name) {
      const desired = ledger.desired(name)
      const [capabilities, observed] = await Promise.all([
        engine.capabilities(),
        engine.observe(queryFor(name, desired?.project)),
      ])
      const { project, intent, revision } = desired ?? {}
      const left =
        desired === undefined
          ? undefined
          : plan({ ...planInput(name, { ...desired, deployment: undefined }), capabilities, observed })
      const converged =
        left !== undefined &&
        left.plan.length === 0 &&
        left.problems.every(({ severity }) => severity === 'warning')
      return statusOf({ name, project, intent, revision, observed, capabilities, converged })
    },
  }
}

const roundsFor = new Set([
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

function contextDigest(contexts: DesiredState['contexts'], folder: string): string {
  const digest = contexts[folder]
  if (digest === undefined) {
    throw new BulkheadError(
      'BH_BUILD_FAILED',
      `The build context "${folder}" was not sent with the project.`,
      {
        hint: 'Send the project again with `bulkhead up --build`.',
      },
    )
  }
  return digest
}
