import {
  imageActions,
  toProblem,
  type BulkheadError,
  type DeploymentEventBody,
  type Problem,
} from '@bulkhead/model'
import PQueue from 'p-queue'
import type { DeploymentRequest, DesiredState } from './port.ts'

export type Emit = (event: DeploymentEventBody) => void

/** What is remembered of a deployment while its rounds run; lost with the process, at the cost of a start too many. */
export interface Memory {
  readonly started: Set<string>
  readonly signaled: Set<string>
  readonly warned: Set<string>
  /** Ids of containers that took others' places and were found good, or not worth failing for. */
  readonly proven: Set<string>
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

export function newMemory({ begun, options }: Pick<DeploymentRequest, 'begun' | 'options'>): Memory {
  const { parallel } = options
  return {
    started: new Set(),
    signaled: new Set(),
    warned: new Set(),
    proven: new Set(),
    images: parallel === undefined ? undefined : new PQueue({ concurrency: parallel }),
    provided: new Set(),
    refreshed: false,
    failure: undefined,
    operations: 0,
    retries: 0,
    isResumed: begun === true,
  }
}

/** An image that somebody asked for and that didn't come is a failure, though the others come. */
export function warn(
  error: BulkheadError,
  { deployment }: DesiredState,
  memory: Memory | undefined,
  emit: Emit,
): void {
  warnOnce({ ...toProblem(error), severity: 'warning' }, memory, emit)
  if (memory === undefined || deployment === undefined || !imageActions.has(deployment.action)) return
  if (deployment.options.ignoreFailures !== true) memory.failure ??= error
}

export function warnOnce(problem: Problem, memory: Memory | undefined, emit: Emit): void {
  if (memory === undefined || memory.warned.has(problem.message)) return
  memory.warned.add(problem.message)
  emit({ type: 'warning', problem })
}
