import { setTimeout as delay } from 'node:timers/promises'
import PQueue from 'p-queue'
import type { Engine } from '@bulkhead/engine'
import {
  BulkheadError,
  isBulkheadError,
  positionOf,
  imageActions,
  toProblem,
  type DeploymentEventBody,
  type Drift,
  type OperationType,
  type Observed,
  type Plan,
  type Problem,
  type Project,
  type Provision,
  type ProjectStatus,
  type RegistryCredentials,
} from '@bulkhead/model'
import {
  overriddenBy,
  driftOf,
  plan,
  preview,
  referenceOf,
  statusOf,
  withProvisions,
  type ComposeHashes,
  type Drifted,
  type PlanInput,
  type Preview,
} from '@bulkhead/planner'
import { remedyFor } from './breaker.ts'
import { checkApproved } from './approved.ts'
import { execute, type Execution } from './execute.ts'
import { bridge, type Gap } from './gap.ts'
import type { Holds } from './holds.ts'
import type { Log } from './log.ts'
import { carryOut } from './operations.ts'
import type { Notebook } from './notebook.ts'
import type { Observer } from './observer.ts'
import type { DeploymentRequest, DesiredState, Ledger, Programs } from './port.ts'
import { noPrograms } from './provide.ts'
import { isKept, queryFor } from './round.ts'
import type { EventWatch } from './watch.ts'

export interface ConvergenceOptions {
  readonly engine: Engine
  readonly ledger: Ledger
  readonly log: Log
  readonly composeHashes: ComposeHashes
  readonly hashKey: string
  /** @default they can't be run */
  readonly programs?: Programs | undefined
  readonly openContext: (digest: string) => NodeJS.ReadableStream
  readonly holds: Holds
  readonly notebook: Notebook
  /** The gap since which the project was not looked at; told once. */
  readonly bridged: (project: string) => Gap | undefined
  readonly watch: () => EventWatch
  readonly observer: Observer
  /** Milliseconds before a deployment's failed round is tried again, one for each time. */
  readonly retryDelaysMs: readonly number[]
  /** Bounds the operations on the engine at once, over all projects. */
  readonly queue: PQueue
  /** One-offs that somebody is about to start. */
  readonly attended: (project: string) => ReadonlySet<string>
  /** Builds at once, over all projects. */
  readonly buildConcurrency: number
  readonly pullIdleTimeoutMs: number
  /** The login for an image's registry that came with a deployment; undefined: none did. */
  readonly credentialsFor?: (deployment: string, reference: string) => RegistryCredentials | undefined
}

/** Rounds of one project: observe, plan, execute, until a round has nothing to do. */
export interface Convergence {
  /** False: to be tried again later. */
  converge(project: string, signal: AbortSignal): Promise<boolean>
  /** Observes and compares; plans, but does nothing. */
  status(project: string): Promise<ProjectStatus>
  /** What a deployment would do if this were wanted; does nothing. */
  foresee(project: string, wanted: DesiredState): Promise<Foresight>
}

/** A plan before it is anything, and what it was made from. */
export interface Foresight {
  readonly input: PlanInput
  readonly preview: Preview
}

/** What is remembered of a deployment while its rounds run; lost with the process, at the cost of a start too many. */
interface Memory {
  readonly started: Set<string>
  readonly signaled: Set<string>
  readonly warned: Set<string>
  /** Where the deployment gets only so many images at once. */
  readonly images: PQueue | undefined
  readonly provided: Set<string>
  refreshed: boolean
  /** What was only warned of while there was more to do, and fails the whole in the end. */
  failure: BulkheadError | undefined
  operations: number
  /** Failed rounds that were followed by another. */
  retries: number
  /** It began in an earlier life of ours. */
  readonly isResumed: boolean
}

type Emit = (event: DeploymentEventBody) => void

/** Images, then the rest, then the proof that nothing is left; the others are for what moves meanwhile. */
const maxRounds = 8

/** Failures that may be over in a moment: the engine was away, or busy with what stands in the way. */
const passing: ReadonlySet<string> = new Set(['BH_ENGINE_UNREACHABLE', 'BH_NAME_IN_USE', 'BH_CONFLICT'])

export function createConvergence(options: ConvergenceOptions): Convergence {
  const {
    engine,
    ledger,
    log,
    composeHashes,
    hashKey,
    openContext,
    holds,
    notebook,
    watch,
    observer,
    queue,
    retryDelaysMs,
  } = options
  const builds = new PQueue({ concurrency: options.buildConcurrency })
  const memories = new Map<string, Memory>()

  async function converge(name: string, signal: AbortSignal): Promise<boolean> {
    for (let round = 1; round <= maxRounds; round += 1) {
      const desired = withOwnFiles(ledger.desired(name))
      if (desired === undefined || desired.suspended === true || signal.aborted) return true
      const { deployment, intent } = desired
      if (deployment === undefined && !isKept(intent)) return true
      if (deployment !== undefined && round === 1) ledger.deploymentRunning(deployment.id)
      const began = performance.now()
      try {
        const isDone = await oneRound(name, desired, signal)
        observer.roundEnded(isDone ? 'settled' : 'changed', performance.now() - began)
        if (signal.aborted) return true
        if (!isDone) continue
        finish(desired, deployment && memories.get(deployment.id)?.failure)
        return true
      } catch (error) {
        if (signal.aborted) return true
        observer.roundEnded('failed', performance.now() - began)
        const reason = known(error)
        if (await isTriedAgain(desired, reason, signal)) continue
        if (signal.aborted) return true
        return fail(name, desired, reason)
      }
    }
    const desired = ledger.desired(name)
    if (desired === undefined) return true
    const message = `Project "${name}" does not settle: after ${maxRounds} rounds there is still something to do.`
    return fail(name, desired, new BulkheadError('BH_INTERNAL', message))
  }

  /**
   * True when a deployment's failed round is to be tried again: what broke may be
   * whole in a moment. After a restart of ours that is so of any failure, as the
   * engine may still be carrying out what it was asked before.
   */
  async function isTriedAgain(
    desired: DesiredState,
    error: BulkheadError,
    signal: AbortSignal,
  ): Promise<boolean> {
    const memory = memoryOf(desired)
    if (memory === undefined) return false
    const delayMs = retryDelaysMs[memory.retries]
    const isPassing = passing.has(error.code) || (memory.isResumed && error.code !== 'BH_PLAN_STALE')
    if (!isPassing || delayMs === undefined) return false
    memory.retries += 1
    log.warn(
      { deployment: desired.deployment?.id, code: error.code, reason: error.message },
      'round is tried again',
    )
    await delay(delayMs, undefined, { signal }).catch(() => undefined)
    return !signal.aborted
  }

  /** A failed deployment is over, and its outcome is told; the loop goes on to try what it asked for. */
  function fail(name: string, desired: DesiredState, error: BulkheadError): boolean {
    const { deployment } = desired
    log.warn(
      { project: name, code: error.code, reason: error.message, deployment: deployment?.id },
      'project did not converge',
    )
    finish(desired, error)
    return false
  }

  function finish({ deployment }: DesiredState, error: BulkheadError | undefined): void {
    if (deployment === undefined) return
    const { id } = deployment
    const done = memories.get(id)?.operations ?? 0
    memories.delete(id)
    const problem = error === undefined ? undefined : toProblem(error)
    ledger.deploymentFinished(id, error === undefined ? 'succeeded' : 'failed', done, problem)
  }

  /** True when nothing was left to do. */
  async function oneRound(name: string, desired: DesiredState, signal: AbortSignal): Promise<boolean> {
    const { deployment } = desired
    const [capabilities, observed] = await look(name, desired)
    const memory = memoryOf(desired)
    if (deployment === undefined && lookBack(name, desired, observed)) return false
    if (deployment === undefined && remedy(name, desired, observed)) return false
    const input = { ...inputFor(name, desired, memory), capabilities, observed }
    if (deployment === undefined) noteDrift(name, driftOf(input))
    const { plan: nodes, problems, restarts = {} } = plan(input)
    const emit = emitterFor(desired)
    for (const problem of problems) if (problem.severity === 'warning') warnOnce(problem, memory, emit)
    const error = problems.find(({ severity }) => severity === 'error')
    if (error !== undefined) {
      throw new BulkheadError(error.code, error.message, { hint: error.hint, at: error.at, problems })
    }
    if (deployment !== undefined) checkApproved(deployment, input, nodes)
    if (nodes.length === 0) return true
    if (Object.keys(restarts).length > 0) ledger.restarting(name, restarts)
    emit({ type: 'planned', operations: nodes.length })
    log.info({ project: name, operations: nodes.length, deployment: deployment?.id }, 'plan made')
    const { failure } = await carryOutAll(name, desired, nodes, signal)
    if (failure !== undefined) throw failure
    if (memory !== undefined) memory.refreshed = true
    return false
  }

  /** Notes what must have happened while nobody listened. True: by now more is asked for. */
  function lookBack(name: string, { project }: DesiredState, observed: Observed): boolean {
    const gap = options.bridged(name)
    if (gap === undefined || project === undefined) return false
    const { held, released, ended, restarts } = bridge(gap, project, observed, notebook.of(name))
    const isKept = ([service]: readonly [string, string]): boolean => !released.includes(service)
    notebook.change(name, (notes) => ({
      held: { ...held, ...Object.fromEntries(Object.entries(notes.held).filter(isKept)) },
      ended: { ...ended, ...notes.ended },
    }))
    if (Object.keys(restarts).length === 0) return false
    ledger.restarting(name, restarts)
    return true
  }

  /** Asks for what the health policies say. True: by now more is asked for. */
  function remedy(name: string, { project, intent }: DesiredState, observed: Observed): boolean {
    if (project === undefined) return false
    const active = Object.fromEntries(
      Object.entries(project.services).filter(([service]) => intent.resting[service] === undefined),
    )
    const { restarts, replace, troubles, opened } = remedyFor(
      { ...project, services: active },
      observed,
      notebook.of(name),
      intent,
      new Date().toISOString(),
    )
    notebook.change(name, () => ({ troubles }))
    for (const service of opened) {
      const reason = troubles[service]?.reason ?? ''
      log.warn({ project: name, service, reason }, 'breaker opened')
      ledger.breakerOpened(name, service, reason)
    }
    if (Object.keys(restarts).length === 0 && replace.length === 0) return false
    ledger.restarting(name, restarts, replace)
    return true
  }

  /** Since when each difference is known; what was said of things that are well again is dropped. */
  function noteDrift(name: string, drift: readonly Drifted[]): void {
    const now = new Date().toISOString()
    notebook.change(name, ({ differs, touched }) => ({
      differs: Object.fromEntries(
        drift.map((one) => [keyOf(one), differs[keyOf(one)] ?? touched[one.object]?.at ?? now]),
      ),
      touched: drift.length === 0 ? {} : touched,
    }))
  }

  function look(name: string, desired: DesiredState | undefined) {
    return Promise.all([engine.capabilities(), engine.observe(queryFor(name, desired, composeHashes))])
  }

  function inputFor(
    name: string,
    { project, intent, deployment, hooksRun, provisions, former }: DesiredState,
    memory: Memory | undefined,
  ): Omit<PlanInput, 'capabilities' | 'observed'> {
    return {
      name,
      project: project && withProvisions(project, provisions ?? []),
      intent,
      provisions,
      hashKey,
      composeHashes,
      held: holds.of(name),
      ended: notebook.of(name).ended,
      hooksRun,
      former,
      attended: options.attended(name),
      deployment: memory &&
        deployment && {
          action: deployment.action,
          options: deployment.options,
          refresh: memory.refreshed
            ? undefined
            : { build: deployment.options.build ?? false, now: deployment.createdAt },
          provided: memory.provided,
          started: memory.started,
          signaled: memory.signaled,
        },
    }
  }

  function memoryOf({ deployment }: DesiredState): Memory | undefined {
    if (deployment === undefined) return undefined
    const memory = memories.get(deployment.id) ?? newMemory(deployment)
    memories.set(deployment.id, memory)
    return memory
  }

  function carryOutAll(
    name: string,
    desired: DesiredState,
    nodes: Plan,
    signal: AbortSignal,
  ): Promise<Execution> {
    const memory = memoryOf(desired)
    const emit = emitterFor(desired)
    const made = new Map<string, string>()
    // Images that didn't come, where that is only worth a warning.
    const fruitless = new Set<number>()
    return execute(nodes, {
      queue,
      gate: ({ operation }) => (getsImage.has(operation.type) ? memory?.images : undefined),
      signal,
      now: () => performance.now(),
      run: (node, cut) =>
        carryOut(node.operation, {
          project: name,
          engine,
          watch: watch(),
          signal: cut,
          made,
          pullIdleTimeoutMs: options.pullIdleTimeoutMs,
          progress: (step) => emit({ type: 'progress', operation: referenceOf(node), ...step }),
          warn: (error) => {
            if (getsImage.has(node.operation.type)) fruitless.add(node.id)
            warn(error, desired, memory, emit)
          },
          openContext: (folder) => openContext(contextDigest(desired.contexts, folder)),
          output: outputTo((text) => emit({ type: 'output', operation: referenceOf(node), text })),
          hookRan: (container, run) => ledger.hookRan(name, container, run),
          programs: options.programs ?? noPrograms,
          provisionOf: (kind, of) => desired.provisions?.find((one) => one.kind === kind && one.name === of),
          provisioned: (provision) => {
            ledger.provisioned(name, provision)
            if (!provision.settled) return
            memory?.provided.add(provision.name)
            for (const problem of overrides(desired.project, provision)) warnOnce(problem, memory, emit)
          },
          released: (service) => ledger.released(name, service),
          removed: (container) => ledger.containerGone(container),
          secret: (source) => desired.project?.secrets[source]?.content,
          credentials: (reference) =>
            desired.deployment === undefined
              ? undefined
              : options.credentialsFor?.(desired.deployment.id, reference),
          inTurn: async (build) => {
            await builds.add(build)
          },
          started: (id) => memory?.started.add(id),
          signaled: (id) => {
            memory?.signaled.add(id)
            holds.signal(id)
          },
          stopping: (id) => holds.expect(name, id),
        }),
      onStart: (node) => emit({ type: 'started', operation: referenceOf(node) }),
      onDone: (node, elapsed) => {
        if (fruitless.has(node.id)) return emit({ type: 'skipped', operation: referenceOf(node) })
        if (memory !== undefined && node.operation.type !== 'awaitCondition') memory.operations += 1
        observer.operationEnded(node.operation.type, 'done', elapsed)
        emit({ type: 'done', operation: referenceOf(node), milliseconds: Math.round(elapsed) })
      },
      onFailed: (node, error, elapsed) => {
        observer.operationEnded(node.operation.type, 'failed', elapsed)
        emit({ type: 'failed', operation: referenceOf(node), problem: toProblem(error) })
      },
      onSkipped: (node) => emit({ type: 'skipped', operation: referenceOf(node) }),
    })
  }

  function emitterFor({ deployment }: DesiredState): Emit {
    if (deployment === undefined) return () => undefined
    return (event) => ledger.deploymentEvent(deployment.id, event)
  }

  return {
    converge,
    async status(name) {
      const desired = ledger.desired(name)
      const [capabilities, observed] = await look(name, desired)
      const { project, intent, revision } = desired ?? {}
      const notes = notebook.of(name)
      const input = desired && {
        ...inputFor(name, { ...desired, deployment: undefined }, undefined),
        capabilities,
        observed,
      }
      const converged = input !== undefined && isSettled(input)
      const drift = (input === undefined ? [] : driftOf(input)).map((one): Drift => ({
        ...one,
        since: notes.differs[keyOf(one)] ?? notes.touched[one.object]?.at,
        cause: notes.touched[one.object]?.action,
      }))
      return {
        ...statusOf({ name, project, intent, revision, observed, capabilities, converged, notes }),
        drift,
      }
    },
    async foresee(name, wanted) {
      const [capabilities, observed] = await look(name, wanted)
      const input = { ...inputFor(name, wanted, newMemory({ options: {} })), capabilities, observed }
      return { input, preview: preview(input) }
    },
  }

  function known(error: unknown): BulkheadError {
    if (isBulkheadError(error)) return error
    log.error({ error: String(error) }, 'round broke')
    return new BulkheadError('BH_INTERNAL', `The round broke: ${String(error)}`, { cause: error })
  }
}

const getsImage: ReadonlySet<OperationType> = new Set(['pullImage', 'buildImage', 'pushImage'])

function keyOf({ object, field }: Pick<Drifted, 'object' | 'field'>): string {
  return `${object} ${field}`
}

function newMemory({ begun, options }: Pick<DeploymentRequest, 'begun' | 'options'>): Memory {
  const { parallel } = options
  return {
    started: new Set(),
    signaled: new Set(),
    warned: new Set(),
    images: parallel === undefined ? undefined : new PQueue({ concurrency: parallel }),
    provided: new Set(),
    refreshed: false,
    failure: undefined,
    operations: 0,
    retries: 0,
    isResumed: begun === true,
  }
}

function isSettled(input: PlanInput): boolean {
  const { plan: nodes, problems } = plan(input)
  return nodes.length === 0 && problems.every(({ severity }) => severity === 'warning')
}

/** Warnings of variables that the files say otherwise. */
function overrides(project: Project | undefined, provision: Provision): readonly Problem[] {
  if (project === undefined) return []
  return overriddenBy(project, provision).map(({ service, variable, path }) => ({
    severity: 'warning',
    code: 'BH_CONFLICT',
    message: `Provider "${provision.name}" overrides the variable "${variable}" of service "${service}".`,
    hint: 'Remove it from the service, or have the provider give it another name.',
    at: positionOf(project, 'services', service, 'environment', variable),
    path,
  }))
}

/** What a deployment about images alone is asked with is what it is about. */
function withOwnFiles(desired: DesiredState | undefined): DesiredState | undefined {
  const files = desired?.deployment?.files
  return desired === undefined || files === undefined ? desired : { ...desired, ...files }
}

/** An image that somebody asked for and that didn't come is a failure, though the others come. */
function warn(
  error: BulkheadError,
  { deployment }: DesiredState,
  memory: Memory | undefined,
  emit: Emit,
): void {
  warnOnce({ ...toProblem(error), severity: 'warning' }, memory, emit)
  if (memory === undefined || deployment === undefined || !imageActions.has(deployment.action)) return
  if (deployment.options.ignoreFailures !== true) memory.failure ??= error
}

function warnOnce(problem: Problem, memory: Memory | undefined, emit: Emit): void {
  if (memory === undefined || memory.warned.has(problem.message)) return
  memory.warned.add(problem.message)
  emit({ type: 'warning', problem })
}

/** Lines of one operation's output that are kept as events; a hook that writes for hours fills no disk. */
const mostOutput = 1000

function outputTo(tell: (text: string) => void): (line: string) => void {
  let count = 0
  return (line) => {
    count += 1
    if (count <= mostOutput) tell(line)
    if (count === mostOutput + 1) tell('… and more, which is not kept')
  }
}

function contextDigest(contexts: DesiredState['contexts'], folder: string): string {
  const digest = contexts[folder]
  if (digest !== undefined) return digest
  throw new BulkheadError('BH_BUILD_FAILED', `The build context "${folder}" was not sent with the project.`, {
    hint: 'Send the project again with `bulkhead up --build`.',
  })
}
