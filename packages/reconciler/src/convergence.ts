import { setTimeout as delay } from 'node:timers/promises'
import { BulkheadError, isBulkheadError, toProblem, type Drift, type ProjectStatus } from '@bulkhead/model'
import {
  driftOf,
  plan,
  preview,
  statusOf,
  withProvisions,
  type ComposeHashes,
  type PlanInput,
  type Preview,
} from '@bulkhead/planner'
import { checkApproved } from './approved.ts'
import { newExecutor, type ExecutorOptions } from './executor.ts'
import { keyOf, newFindings, type FindingsOptions } from './findings.ts'
import { newMemory, warnOnce, type Emit, type Memory } from './memory.ts'
import type { RoundReport } from './observer.ts'
import type { DesiredState } from './port.ts'
import { isKept, queryFor } from './round.ts'

export interface ConvergenceOptions extends ExecutorOptions, FindingsOptions {
  readonly composeHashes: ComposeHashes
  readonly hashKey: string
  /** Milliseconds before a deployment's failed round is tried again, one for each time. */
  readonly retryDelaysMs: readonly number[]
  /** One-offs that somebody is about to start. */
  readonly attended: (project: string) => ReadonlySet<string>
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

/** Images, then the rest, then the proof that nothing is left; the others are for what moves meanwhile. */
const maxRounds = 8

/** Failures that may be over in a moment: the engine was away, or busy with what stands in the way. */
const passing: ReadonlySet<string> = new Set(['BH_ENGINE_UNREACHABLE', 'BH_NAME_IN_USE', 'BH_CONFLICT'])

export function createConvergence(options: ConvergenceOptions): Convergence {
  const { engine, ledger, log, composeHashes, hashKey, holds, notebook, observer, retryDelaysMs } = options
  const executePlan = newExecutor(options)
  const findings = newFindings(options)
  const memories = new Map<string, Memory>()

  async function converge(name: string, signal: AbortSignal): Promise<boolean> {
    for (let round = 1; round <= maxRounds; round += 1) {
      const desired = withOwnFiles(ledger.desired(name))
      if (desired === undefined || desired.suspended === true || signal.aborted) return true
      const { deployment, intent } = desired
      if (deployment === undefined && !isKept(intent)) return true
      if (deployment !== undefined && round === 1) ledger.deploymentRunning(deployment.id)
      const began = performance.now()
      const tellRound = (outcome: RoundReport['outcome'], reason: BulkheadError | undefined): void =>
        observer.roundEnded({
          project: name,
          deployment: deployment?.id,
          outcome,
          milliseconds: performance.now() - began,
          error: reason,
        })
      try {
        const isDone = await oneRound(name, desired, signal)
        tellRound(isDone ? 'settled' : 'changed', undefined)
        if (signal.aborted) return true
        if (!isDone) continue
        finish(desired, deployment && memories.get(deployment.id)?.failure)
        return true
      } catch (error) {
        if (signal.aborted) return true
        const reason = known(error)
        tellRound('failed', reason)
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
    if (deployment === undefined && findings.lookBack(name, desired, observed)) return false
    if (deployment === undefined && findings.remedy(name, desired, observed)) return false
    const input = { ...inputFor(name, desired, memory), capabilities, observed }
    if (deployment === undefined) findings.noteDrift(name, driftOf(input))
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
    const { failure } = await executePlan({ project: name, desired, memory, emit, nodes, signal })
    if (failure !== undefined) throw failure
    if (memory !== undefined) memory.refreshed = true
    return false
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

function isSettled(input: PlanInput): boolean {
  const { plan: nodes, problems } = plan(input)
  return nodes.length === 0 && problems.every(({ severity }) => severity === 'warning')
}

/** What a deployment about images alone is asked with is what it is about. */
function withOwnFiles(desired: DesiredState | undefined): DesiredState | undefined {
  const files = desired?.deployment?.files
  return desired === undefined || files === undefined ? desired : { ...desired, ...files }
}
