import { isBulkheadError, BulkheadError, type OperationType, type Plan, type PlanNode } from '@bulkhead/model'
import type PQueue from 'p-queue'
import type { Failed } from './failures.ts'

export interface ExecuteOptions {
  /** Carries out one node. `signal` is aborted when the whole is, and by the first failure elsewhere. */
  readonly run: (node: PlanNode, signal: AbortSignal) => Promise<void>
  /** Takes a turn on the engine: what it is asked at once is bounded. Waiting for a condition takes none. */
  readonly turn: (node: PlanNode, work: () => Promise<boolean>) => Promise<boolean>
  /** Bounds some of the nodes more closely: they wait there before they take a turn. */
  readonly gate?: ((node: PlanNode) => PQueue | undefined) | undefined
  /** After a failure only what comes after it is left out; all else goes on. @default false */
  readonly goesOn?: boolean
  /** Waits for conditions end when it fires, as if they had been skipped. */
  readonly overdue?: AbortSignal | undefined
  /** No node begins after it is aborted. */
  readonly signal: AbortSignal
  readonly onStart: (node: PlanNode) => void
  readonly onDone: (node: PlanNode, milliseconds: number) => void
  readonly onFailed: (node: PlanNode, error: BulkheadError, milliseconds: number) => void
  readonly onSkipped: (node: PlanNode) => void
  /** Milliseconds from any fixed point, for durations. */
  readonly now: () => number
}

export interface Execution {
  /** Nodes done. */
  readonly done: number
  /** The first failure. */
  readonly failure: BulkheadError | undefined
  /** All of them. */
  readonly failed: readonly Failed[]
}

/**
 * Executes a plan as the graph it is: a node starts the moment all those it
 * comes after are done. After the first failure nothing more begins, waits and
 * downloads are cut, and what is quick is let finish; where the rest goes on, only
 * what comes after the failure does not begin.
 */
export async function execute(plan: Plan, options: ExecuteOptions): Promise<Execution> {
  const {
    run,
    turn,
    gate,
    signal,
    goesOn = false,
    overdue,
    onStart,
    onDone,
    onFailed,
    onSkipped,
    now,
  } = options
  const finished = new Map<number, Promise<boolean>>()
  const cut = new AbortController()
  const either = AbortSignal.any([signal, cut.signal])
  const failed: Failed[] = []
  let done = 0

  const step = async (node: PlanNode): Promise<boolean> => {
    const before = await Promise.all(node.after.map((id) => finished.get(id) ?? Promise.resolve(false)))
    const carry = async (): Promise<boolean> => {
      const mayWait = node.operation.type === 'awaitCondition' && overdue !== undefined
      const its = mayWait ? AbortSignal.any([either, overdue]) : either
      if (before.includes(false) || its.aborted) {
        onSkipped(node)
        return false
      }
      const began = now()
      onStart(node)
      try {
        await run(node, its)
      } catch (error) {
        if (its.aborted) {
          onSkipped(node)
          return false
        }
        const known = isBulkheadError(error) ? error : unexpected(error)
        failed.push({ node, error: known })
        if (!goesOn) cut.abort()
        onFailed(node, known, now() - began)
        return false
      }
      done += 1
      onDone(node, now() - began)
      return true
    }
    if (takesTheirTime.has(node.operation.type)) return carry()
    const narrow = gate?.(node)
    return narrow === undefined ? turn(node, carry) : narrow.add(() => turn(node, carry))
  }
  for (const node of plan) finished.set(node.id, step(node))
  await Promise.all(finished.values())
  return { done, failure: failed[0]?.error, failed }
}

/** What mostly waits for others: it would hold up every project when it took a place in the queue. */
const takesTheirTime: ReadonlySet<OperationType> = new Set([
  'awaitCondition',
  'awaitReplica',
  'wait',
  'runHook',
  'runInit',
  'runProvider',
  'prepareModel',
])

function unexpected(error: unknown): BulkheadError {
  return new BulkheadError('BH_INTERNAL', `Something went wrong that should not: ${String(error)}`, {
    cause: error,
  })
}
