import { isBulkheadError, BulkheadError, type OperationType, type Plan, type PlanNode } from '@bulkhead/model'
import type PQueue from 'p-queue'

export interface ExecuteOptions {
  /** Carries out one node. `signal` is aborted when the whole is, and by the first failure elsewhere. */
  readonly run: (node: PlanNode, signal: AbortSignal) => Promise<void>
  /** Bounds what the engine is asked at once. Waiting for a condition takes no place in it. */
  readonly queue: PQueue
  /** Bounds some of the nodes more closely: they wait there before they take a place in the queue. */
  readonly gate?: ((node: PlanNode) => PQueue | undefined) | undefined
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
}

/**
 * Executes a plan as the graph it is: a node starts the moment all those it
 * comes after are done. After the first failure nothing more begins, waits and
 * downloads are cut, and what is quick is let finish.
 */
export async function execute(plan: Plan, options: ExecuteOptions): Promise<Execution> {
  const { run, queue, gate, signal, onStart, onDone, onFailed, onSkipped, now } = options
  const finished = new Map<number, Promise<boolean>>()
  const cut = new AbortController()
  const either = AbortSignal.any([signal, cut.signal])
  let done = 0
  let failure: BulkheadError | undefined

  const step = async (node: PlanNode): Promise<boolean> => {
    const before = await Promise.all(node.after.map((id) => finished.get(id) ?? Promise.resolve(false)))
    const carry = async (): Promise<boolean> => {
      if (before.includes(false) || either.aborted) {
        onSkipped(node)
        return false
      }
      const began = now()
      onStart(node)
      try {
        await run(node, either)
      } catch (error) {
        if (either.aborted) {
          onSkipped(node)
          return false
        }
        const known = isBulkheadError(error) ? error : unexpected(error)
        failure = known
        cut.abort()
        onFailed(node, known, now() - began)
        return false
      }
      done += 1
      onDone(node, now() - began)
      return true
    }
    if (takesTheirTime.has(node.operation.type)) return carry()
    const narrow = gate?.(node)
    return narrow === undefined ? queue.add(carry) : narrow.add(() => queue.add(carry))
  }
  for (const node of plan) finished.set(node.id, step(node))
  await Promise.all(finished.values())
  return { done, failure }
}

/** What mostly waits for others: it would hold up every project when it took a place in the queue. */
const takesTheirTime: ReadonlySet<OperationType> = new Set([
  'awaitCondition',
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
