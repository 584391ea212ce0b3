import type { Client } from '@bulkhead/client'
import { BulkheadError } from '@bulkhead/model'
import type { Project, ReplicaStatus } from '@bulkhead/model'
import type { Context } from './context.ts'
import type { Progress } from './progress/index.ts'

export interface WaitOptions {
  readonly client: Client
  readonly project: Project
  /** Empty: all enabled services. */
  readonly services: readonly string[]
  /** Undefined: for ever. */
  readonly timeoutSeconds: number | undefined
  readonly progress: Progress
  readonly context: Context
}

/**
 * Waits until every container runs, and is healthy where it has a healthcheck.
 * Looks when something happens to a container, and otherwise not at all.
 * A service that another waits for to complete may also have ended with 0.
 *
 * @throws BulkheadError BH_DEPENDENCY_FAILED for a container that can no longer
 * get there, BH_DEPLOYMENT_TIMEOUT when the time is over.
 */
export async function waitUntilReady(options: WaitOptions): Promise<void> {
  const { client, project, timeoutSeconds, context, progress } = options
  const deadline = timeoutSeconds === undefined ? Infinity : context.now() + timeoutSeconds * 1000
  const oneShots = completing(project)
  const look = async (): Promise<readonly string[]> => {
    const replicas = await replicasOf(client, project.name, options.services)
    const verdicts = replicas.map((replica) => [replica, verdictOn(replica, oneShots)] as const)
    for (const [replica, verdict] of verdicts) show(progress, replica, verdict)
    const failed = verdicts.find(([, verdict]) => verdict === 'failed')
    if (failed !== undefined) throw neverReady(failed[0])
    return verdicts.filter(([, verdict]) => verdict === 'waiting').map(([{ name }]) => name)
  }
  let waiting = await look()
  if (waiting.length === 0) return
  const over = new AbortController()
  const timer =
    deadline === Infinity ? undefined : setTimeout(() => over.abort(), Math.max(0, deadline - context.now()))
  try {
    const events = client.containerEvents(project.name, { signal: over.signal })
    while ((await events.next()).done !== true) {
      waiting = await look()
      if (waiting.length === 0) return
      if (context.now() >= deadline) break
    }
  } catch (error) {
    if (!over.signal.aborted) throw error
  } finally {
    clearTimeout(timer)
    over.abort()
  }
  throw tooLate(waiting, timeoutSeconds ?? 0)
}

type Verdict = 'ready' | 'waiting' | 'failed'

function verdictOn(replica: ReplicaStatus, oneShots: ReadonlySet<string>): Verdict {
  const { state, health, exitCode } = replica
  if (state === 'exited' || state === 'dead') {
    return oneShots.has(replica.service) && exitCode === 0 ? 'ready' : 'failed'
  }
  if (health === 'unhealthy') return 'failed'
  return state === 'running' && health !== 'starting' ? 'ready' : 'waiting'
}

/** Services that another waits for with `service_completed_successfully`. */
function completing(project: Project): ReadonlySet<string> {
  const dependencies = Object.values(project.services).flatMap((service) =>
    Object.entries(service.depends_on ?? {}),
  )
  return new Set(
    dependencies
      .filter(([, { condition }]) => condition === 'service_completed_successfully')
      .map(([name]) => name),
  )
}

async function replicasOf(
  client: Client,
  project: string,
  services: readonly string[],
): Promise<readonly ReplicaStatus[]> {
  const status = await client.project(project, { all: true })
  return status.services
    .filter(({ name, wanted }) => wanted > 0 && (services.length === 0 || services.includes(name)))
    .flatMap(({ replicas }) => replicas)
}

function show(progress: Progress, { name, health, state }: ReplicaStatus, verdict: Verdict): void {
  const id = `Container ${name}`
  if (verdict === 'waiting') return progress.row(id, { text: 'Waiting' })
  if (verdict === 'failed') return progress.row(id, { text: 'Error', status: 'error' })
  const text = state === 'exited' ? 'Exited' : health === 'healthy' ? 'Healthy' : 'Running'
  return progress.row(id, { text, status: 'done' })
}

function neverReady({ name, service, state, exitCode }: ReplicaStatus): BulkheadError {
  const what = state === 'exited' || state === 'dead' ? `ended with exit code ${exitCode}` : 'is unhealthy'
  return new BulkheadError('BH_DEPENDENCY_FAILED', `Container ${name} ${what}.`, {
    hint: `See what it printed: \`bulkhead logs ${service}\`.`,
  })
}

function tooLate(waiting: readonly string[], timeoutSeconds: number): BulkheadError {
  return new BulkheadError(
    'BH_DEPLOYMENT_TIMEOUT',
    `Not ready after ${timeoutSeconds} s: ${waiting.join(', ')}.`,
    { hint: 'Give --wait-timeout more seconds, or see `bulkhead logs` for what they wait for.' },
  )
}
