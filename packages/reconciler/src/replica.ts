import type { Engine } from '@bulkhead/engine'
import { BulkheadError, type ObservedContainer, type OperationOf } from '@bulkhead/model'
import { lastWords } from './probe.ts'
import { keepVigil, type VigilOptions } from './vigil.ts'

/**
 * Waits until a container that takes another's place has proven good: healthy,
 * where it is probed, and seen up for as long as it is to be watched.
 *
 * The time counts from when it was first seen running: after a restart of ours
 * it counts anew, and clocks that differ don't matter.
 *
 * @throws BulkheadError BH_UPDATE_FAILED when it ends, is started again by the engine or turns unhealthy; the
 * signal's reason when aborted.
 */
export function awaitReplica(
  operation: OperationOf<'awaitReplica'>,
  { engine, ...vigil }: VigilOptions & { readonly engine: Engine },
): Promise<void> {
  let since: number | undefined
  return keepVigil(vigil, async () => {
    const container = await engine.inspect(operation.container)
    const isGood = judge(operation, container)
    if (container?.state === 'running') since ??= performance.now()
    if (!isGood || since === undefined) return undefined
    const watched = operation.monitorMilliseconds ?? (container?.health === 'none' ? unprobedMs : 0)
    const left = watched - (performance.now() - since)
    return left <= 0 ? true : left
  })
}

/** How long one that nobody probes is watched where the file does not say: Docker's own default. */
const unprobedMs = 5000

/** True when nothing speaks against it, false while it may still come to that. */
function judge(
  { service, name }: OperationOf<'awaitReplica'>,
  container: ObservedContainer | undefined,
): boolean {
  if (container === undefined) throw failed(service, `${name} was removed`)
  const { state, health, exitCode, restartCount, healthLog, startedAt } = container
  if (startedAt !== undefined && (state === 'exited' || state === 'dead' || state === 'restarting'))
    throw failed(service, `${name} ended with exit code ${exitCode}`)
  if (restartCount > 0) throw failed(service, `${name} ended, and was started again`)
  if (health === 'unhealthy') throw failed(service, `${name} is unhealthy${lastWords(healthLog)}`)
  return state === 'running' && (health === 'none' || health === 'healthy')
}

function failed(service: string, why: string): BulkheadError {
  return new BulkheadError('BH_UPDATE_FAILED', `The update of service "${service}" failed: ${why}.`, {
    hint: `See what it says with \`bulkhead logs ${service}\`.`,
  })
}
