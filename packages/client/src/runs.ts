import type { RunRequest, Session } from '@bulkhead/api'
import { contentTypes, paths, runReadyEvent, runStepEvent, streamErrorEvent } from '@bulkhead/api/paths'
import { BulkheadError } from '@bulkhead/model'
import type { DeploymentEvent, Problem } from '@bulkhead/model'
import { formatAddress } from './address.ts'
import type { Address } from './address.ts'
import { problemToError } from './problem.ts'
import { openEvents } from './stream.ts'

export interface RunOptions {
  /** Told of what is done before the container is there. */
  readonly onStep?: ((event: DeploymentEvent) => void) | undefined
  /** Ends the preparations; what was made for them is taken away. */
  readonly signal?: AbortSignal | undefined
}

/** Has a one-off made; it starts when its session is opened. @throws BulkheadError */
export async function run(
  address: Address,
  project: string,
  request: RunRequest,
  { onStep, signal }: RunOptions,
): Promise<Session> {
  const body = JSON.stringify(request)
  const messages = await openEvents(address, paths.projectRuns(project), {
    method: 'POST',
    body,
    headers: { 'content-type': contentTypes.json, 'content-length': Buffer.byteLength(body) },
    signal,
  })
  for await (const { event, data } of messages) {
    if (event === streamErrorEvent) throw problemToError(JSON.parse(data) as Problem)
    if (event === runReadyEvent) return JSON.parse(data) as Session
    if (event === runStepEvent) onStep?.(JSON.parse(data) as DeploymentEvent)
  }
  throw new BulkheadError(
    'BH_DAEMON_UNREACHABLE',
    `The daemon at ${formatAddress(address)} broke off the run.`,
    {
      hint: 'See `bulkhead daemon status` and the log of the daemon.',
    },
  )
}
