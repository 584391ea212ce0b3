import type { Engine } from '@bulkhead/engine'
import { BulkheadError, type ObservedContainer, type OperationOf } from '@bulkhead/model'
import { newBell } from './bell.ts'
import type { EventWatch } from './watch.ts'

/**
 * Waits until a dependency's condition holds.
 *
 * Woken by engine events and then looks at the containers, never at the event
 * alone; a slow look every few seconds makes up for events that nobody told.
 *
 * @throws BulkheadError BH_DEPENDENCY_FAILED when it can no longer come to hold; the signal's reason when aborted.
 */
export async function awaitCondition(
  operation: OperationOf<'awaitCondition'>,
  {
    engine,
    watch,
    signal,
  }: { readonly engine: Engine; readonly watch: EventWatch; readonly signal: AbortSignal },
): Promise<void> {
  const bell = newBell()
  const unsubscribe = watch.subscribe((event) => {
    if (event === undefined || event.type === 'container') bell.ring()
  })
  const onAbort = (): void => bell.ring()
  signal.addEventListener('abort', onAbort)
  try {
    for (;;) {
      signal.throwIfAborted()
      const containers = await Promise.all(operation.containers.map((container) => engine.inspect(container)))
      if (judge(operation, containers)) return
      await bell.wait(recheckMs)
    }
  } finally {
    unsubscribe()
    signal.removeEventListener('abort', onAbort)
  }
}

const recheckMs = 3000

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
  if (health === 'unhealthy') {
    const probe = healthLog.at(-1)
    const said =
      probe === undefined
        ? ''
        : `; the last probe ended with ${probe.exitCode}: ${probe.output.trim().slice(0, 200)}`
    throw failed(service, `it is unhealthy${said}`)
  }
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
