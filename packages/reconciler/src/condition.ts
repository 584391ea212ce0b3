import type { Engine } from '@bulkhead/engine'
import { BulkheadError, type ObservedContainer, type OperationOf } from '@bulkhead/model'
import { lastWords } from './probe.ts'
import { keepVigil, type VigilOptions } from './vigil.ts'

/**
 * Waits until a dependency's condition holds.
 *
 * @throws BulkheadError BH_DEPENDENCY_FAILED when it can no longer come to hold; the signal's reason when aborted.
 */
export function awaitCondition(
  operation: OperationOf<'awaitCondition'>,
  { engine, ...vigil }: VigilOptions & { readonly engine: Engine },
): Promise<void> {
  return keepVigil(vigil, async () => {
    const containers = await Promise.all(operation.containers.map((container) => engine.inspect(container)))
    return judge(operation, containers) || undefined
  })
}

/** True when the condition holds, false while it may still come to. */
function judge(
  operation: OperationOf<'awaitCondition'>,
  containers: readonly (ObservedContainer | undefined)[],
): boolean {
  const { service, condition } = operation
  const there = containers.filter((one) => one !== undefined)
  if (there.length < containers.length) throw failed(service, 'a container of it was removed')
  if (condition === 'service_started') return there.every(({ state }) => state === 'running')
  if (condition === 'service_healthy') return there.map((one) => isHealthy(service, one)).every(Boolean)
  const ended = there.find(({ state, startedAt }) => state === 'exited' && startedAt !== undefined)
  if (ended === undefined) return false
  if (ended.exitCode === 0) return true
  throw failed(service, `it ended with exit code ${ended.exitCode}`)
}

function isHealthy(service: string, container: ObservedContainer): boolean {
  const { state, health, exitCode, healthLog } = container
  if (state === 'exited' || state === 'dead') throw failed(service, `it ended with exit code ${exitCode}`)
  if (health === 'unhealthy') throw failed(service, `it is unhealthy${lastWords(healthLog)}`)
  // Nobody probes it meanwhile: what was seen last holds, and nothing more will be seen.
  if (state === 'paused' && health !== 'healthy') throw failed(service, 'it is paused')
  if (state === 'running' && health === 'none') throw failed(service, 'it has no healthcheck')
  return (state === 'running' || state === 'paused') && health === 'healthy'
}

function failed(service: string, why: string): BulkheadError {
  return new BulkheadError(
    'BH_DEPENDENCY_FAILED',
    `What depends on service "${service}" cannot start: ${why}.`,
    {
      hint: `See what it says with \`bulkhead logs ${service}\`.`,
    },
  )
}
