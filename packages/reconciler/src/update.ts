import { type BulkheadError, type OperationType, type Plan } from '@bulkhead/model'
import type { Failed } from './failures.ts'
import type { FailedUpdate } from './port.ts'

/** A round that failed, and the update that failed with it. */
export class RoundFailure extends Error {
  override readonly name = 'RoundFailure'
  readonly reason: BulkheadError
  readonly update: FailedUpdate | undefined
  constructor(reason: BulkheadError, update?: FailedUpdate) {
    super(reason.message, { cause: reason })
    this.reason = reason
    this.update = update
  }
}

/**
 * The update that a failed node is part of: what a service's new containers
 * cannot do is what they are, but for what is the engine's own trouble.
 */
export function failedUpdate(
  plan: Plan,
  { node: { operation }, error: { code } }: Failed,
): FailedUpdate | undefined {
  if (!bringsUp.has(operation.type) || ofTheEngine.has(code)) return undefined
  const service = 'service' in operation ? operation.service : undefined
  for (const { operation: one } of plan) {
    if (one.type !== 'awaitReplica' || one.service !== service || one.onFailure === 'continue') continue
    return { service: one.service, onFailure: one.onFailure }
  }
  return undefined
}

const bringsUp: ReadonlySet<OperationType> = new Set([
  'createContainer',
  'startContainer',
  'runInit',
  'runHook',
  'awaitReplica',
])

const ofTheEngine: ReadonlySet<string> = new Set([
  'BH_ENGINE_UNREACHABLE',
  'BH_NAME_IN_USE',
  'BH_CONFLICT',
  'BH_NETWORK_NOT_FOUND',
  'BH_VOLUME_NOT_FOUND',
  'BH_INTERNAL',
])
