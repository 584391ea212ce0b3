import { setTimeout as delay } from 'node:timers/promises'
import PQueue from 'p-queue'
import {
  BulkheadError,
  isBulkheadError,
  ownedByAnother,
  toError,
  toProblem,
  type EngineCapabilities,
  type Observed,
} from '@bulkhead/model'
import { driftOf, servicesWith } from '@bulkhead/planner'
import { checkApproved } from './approved.ts'
import { blame, planAround } from './blame.ts'
import { newExecutor, type ExecutorOptions } from './executor.ts'
import { newFindings, type FindingsOptions } from './findings.ts'
import type { Run, Turnout } from './lanes.ts'
import { newMemory, warnOnce, type Emit, type Memory } from './memory.ts'
import type { RoundReport } from './observer.ts'
import type { Outlook } from './outlook.ts'
import type { Ownership } from './ownership.ts'
import type { DesiredState, FailedUpdate } from './port.ts'
import { failedUpdate, RoundFailure } from './update.ts'
import { isKept } from './round.ts'
import type { Tenure } from './tenure.ts'
import type { Tries } from './tries.ts'

export interface ConvergenceOptions extends ExecutorOptions, FindingsOptions {
  readonly outlook: Outlook
  /** Milliseconds before a deployment's failed round is tried again, one for each time. */
  readonly retryDelaysMs: readonly number[]
  /** Whose projects are; undefined: there is nobody else. */
  readonly ownership?: Ownership | undefined
  readonly tenure?: Tenure | undefined
  readonly tries: Tries
  /**
   * True when the engine has told more of the project than had been heard when it was looked at; resolves when that
   * is heard.
   */
  readonly wasBehind: (project: string) => Promise<boolean>
  /** Told which networks of the engine a project names. */
  readonly looked: (project: string, networks: readonly string[]) => void
}

/** Rounds of one project: observe, plan, execute, until a round has nothing to do. */
export interface Convergence {
  converge(project: string, run: Run): Promise<Turnout>
  /** Projects that wait to be looked at. */
  waiting(): number
}

/** Images, then the rest, then the proof that nothing is left; the others are for what moves meanwhile. */
const maxRounds = 8

/** Of these, so many at most wait for the engine's word: a project may have it talk all the time. */
const mostWaits = 3

/** Projects that are looked at, and planned for, at once. What is carried out and waited for is not counted. */
const looksAtOnce = 8

/** While the engine is away it is asked for at least this often, in milliseconds. */
const engineAwayMs = 5000

const atRest: Turnout = { settled: true }

interface Look {
  readonly desired: DesiredState
  /** Fires when there is reason for one more round, a while ago. A deployment's goes on all the same. */
  readonly late: AbortSignal
  readonly seen: readonly [EngineCapabilities, Observed] | { readonly error: unknown }
}

/** Failures that may be over in a moment: the engine was away, or busy with what stands in the way. */
const passing: ReadonlySet<string> = new Set(['BH_ENGINE_UNREACHABLE', 'BH_NAME_IN_USE', 'BH_CONFLICT'])

export function createConvergence(options: ConvergenceOptions): Convergence {
  const { ledger, log, notebook, observer, retryDelaysMs, outlook, ownership, tenure, tries } = options
  const executePlan = newExecutor(options)
  const findings = newFindings(options)
  const looks = new PQueue({ concurrency: looksAtOnce })
  const memories = new Map<string, Memory>()
  /** How often the rounds under way have waited for the engine's word. */
  const behind = new Map<string, number>()

  async function converge(name: string, { signal, overdue }: Run): Promise<Turnout> {
    behind.delete(name)
    for (let round = 1; round <= maxRounds; round += 1) {
      if (signal.aborted) return atRest
      const began = performance.now()
      const look = await looks.add(() => lookAt(name, round, { signal, overdue }))
      if (look === undefined) return atRest
      const { desired, late } = look
      const tellRound = (outcome: RoundReport['outcome'], reason: BulkheadError | undefined): void =>
        observer.roundEnded({
          project: name,
          deployment: desired.deployment?.id,
          outcome,
          milliseconds: performance.now() - began,
          error: reason,
        })
      try {
        const isDone = await oneRound(name, look, signal)
        tellRound(isDone ? 'settled' : 'changed', undefined)
        if (signal.aborted) return atRest
        // Waiting on and on is no sign of something that never settles.
        if (late.aborted) round = 0
        if (!isDone) continue
        if (desired.deployment !== undefined && isOver(desired)) await ownership?.cede(name)
        finish(desired, desired.deployment && memories.get(desired.deployment.id)?.failure)
        return { settled: true, again: tries.next(name) }
      } catch (error) {
        if (signal.aborted) return atRest
        const { reason, update } =
          error instanceof RoundFailure ? error : new RoundFailure(known(name, error))
        tellRound('failed', reason)
        // It isn't ours any more: what was asked for here is over, and nothing is tried again.
        if (notebook.of(name).yielded !== undefined) continue
        if (update === undefined && (await isTriedAgain(name, desired, reason, signal))) continue
        if (signal.aborted) return atRest
        return fail(name, desired, reason, update)
      }
    }
    const desired = ledger.desired(name)
    if (desired === undefined) return atRest
    const message = `Project "${name}" does not settle: after ${maxRounds} rounds there is still something to do.`
    return fail(name, desired, new BulkheadError('BH_INTERNAL', message))
  }

  /** What a round begins with; undefined: there is to be none. */
  async function lookAt(name: string, round: number, { signal, overdue }: Run): Promise<Look | undefined> {
    const desired = withOwnFiles(ledger.desired(name))
    if (desired === undefined || desired.suspended === true || signal.aborted) return undefined
    const { deployment, intent } = desired
    const { yielded } = notebook.of(name)
    if (yielded !== undefined) {
      finish(desired, ownedByAnother(name, yielded))
      return undefined
    }
    if (deployment === undefined && !isKept(intent)) return undefined
    if (deployment !== undefined && round === 1) ledger.deploymentRunning(deployment.id)
    // What it throws is a failure of the round.
    options.looked(
      name,
      Object.values(desired.project?.networks ?? {}).map((network) => network.name),
    )
    // What there was reason to look for is seen by the look that follows, but only a round of the loop acts on all of it.
    const late = deployment === undefined ? overdue() : new AbortController().signal
    const seen = await outlook
      .look(name, desired, deployment === undefined)
      .catch((error: unknown) => ({ error }))
    return { desired, seen, late }
  }

  /**
   * True when a deployment's failed round is to be tried again: what broke may be
   * whole in a moment. After a restart of ours that is so of any failure, as the
   * engine may still be carrying out what it was asked before.
   */
  async function isTriedAgain(
    name: string,
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
      {
        project: name,
        deployment: desired.deployment?.id,
        code: error.code,
        reason: error.message,
      },
      'round is tried again',
    )
    await delay(delayMs, undefined, { signal }).catch(() => undefined)
    return !signal.aborted
  }

  /** A failed deployment is over, and its outcome is told; the loop goes on to try what it asked for. */
  function fail(name: string, desired: DesiredState, error: BulkheadError, update?: FailedUpdate): Turnout {
    const { deployment } = desired
    log.warn(
      { project: name, code: error.code, reason: error.message, deployment: deployment?.id },
      'project did not converge',
    )
    finish(desired, error, update)
    return {
      settled: false,
      again: tries.next(name),
      atMost: error.code === 'BH_ENGINE_UNREACHABLE' ? engineAwayMs : undefined,
    }
  }

  function finish(
    { deployment }: DesiredState,
    error: BulkheadError | undefined,
    update?: FailedUpdate,
  ): void {
    if (deployment === undefined) return
    const { id } = deployment
    const done = memories.get(id)?.operations ?? 0
    memories.delete(id)
    const problem = error === undefined ? undefined : toProblem(error)
    ledger.deploymentFinished(id, error === undefined ? 'succeeded' : 'failed', done, problem, update)
  }

  /** True when nothing was left to do that is to be tried now. */
  async function oneRound(
    name: string,
    { desired, seen, late }: Look,
    signal: AbortSignal,
  ): Promise<boolean> {
    if ('error' in seen) throw seen.error
    const { deployment } = desired
    const [capabilities, observed] = seen
    const memory = memoryOf(desired)
    if (deployment === undefined && findings.lookBack(name, desired, observed)) return false
    if (deployment === undefined && findings.remedy(name, desired, observed)) return false
    const input = { ...outlook.inputFor(name, desired, memory), capabilities, observed }
    if (deployment === undefined) findings.noteDrift(name, driftOf(input))
    const { plan: nodes, problems, restarts = {}, left } = planAround(name, input, tries)
    const emit = emitterFor(desired)
    for (const problem of problems) if (problem.severity === 'warning') warnOnce(problem, memory, emit)
    const error = problems.find(({ severity }) => severity === 'error')
    if (error !== undefined) {
      if (deployment !== undefined && desired.project !== undefined)
        tries.failed(name, servicesWith(desired.project, error), toError([error]))
      throw new BulkheadError(error.code, error.message, { hint: error.hint, at: error.at, problems })
    }
    if (deployment !== undefined) checkApproved(deployment, input, nodes)
    const busy = new Set(
      nodes.flatMap(({ operation }) => ('service' in operation ? [operation.service] : [])),
    )
    tries.well(name, (service) => !busy.has(service) && left?.has(service) !== true)
    if (nodes.length === 0) return true
    // What is missing may have been stopped by somebody, of which the word is on its way.
    const waits = behind.get(name) ?? 0
    if (deployment === undefined && waits < mostWaits && (await options.wasBehind(name))) {
      behind.set(name, waits + 1)
      return false
    }
    const other = await ownership?.claim(name)
    if (other !== undefined) {
      tenure?.yieldTo(other)
      throw ownedByAnother(name, other)
    }
    if (Object.keys(restarts).length > 0) ledger.restarting(name, restarts)
    emit({ type: 'planned', operations: nodes.length })
    log.info({ project: name, operations: nodes.length, deployment: deployment?.id }, 'plan made')
    const overdue = deployment === undefined ? late : undefined
    const execution = await executePlan({ project: name, desired, memory, emit, nodes, signal, overdue })
    // The engine has told of it by now, or will: the next round doesn't wait for that.
    outlook.forget(name)
    const updates = execution.failed.map((one) => ({ ...one, update: failedUpdate(nodes, one) }))
    const unblamed = blame(
      name,
      nodes,
      updates.filter(({ update }) => update === undefined),
      tries,
    )
    if (deployment === undefined) {
      for (const { update, error } of updates)
        if (update !== undefined) ledger.updatePaused(name, update.service, error.message)
      if (unblamed !== undefined) throw unblamed
    } else if (execution.failure !== undefined)
      throw new RoundFailure(execution.failure, updates.find(({ update }) => update !== undefined)?.update)
    if (memory !== undefined) memory.refreshed = true
    return false
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
    waiting: () => looks.size,
  }

  function known(project: string, error: unknown): BulkheadError {
    if (isBulkheadError(error)) return error
    log.error({ project, error: String(error) }, 'round broke')
    return new BulkheadError('BH_INTERNAL', `The round broke: ${String(error)}`, { cause: error })
  }
}

/** True where nothing is kept of the project after its deployment: it belongs to nobody then. */
function isOver({ intent, revision }: DesiredState): boolean {
  return intent.target === 'down' || revision === undefined
}

/** What a deployment about images alone is asked with is what it is about. */
function withOwnFiles(desired: DesiredState | undefined): DesiredState | undefined {
  const files = desired?.deployment?.files
  return desired === undefined || files === undefined ? desired : { ...desired, ...files }
}
