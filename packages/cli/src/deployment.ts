import type { Client, DeployRequest } from '@bulkhead/client'
import { BulkheadError } from '@bulkhead/model'
import type { Deployment } from '@bulkhead/model'
import type { Progress } from './progress/index.ts'

/**
 * Asks for a deployment and shows it to its end.
 *
 * @param signal stops watching; the deployment goes on.
 * @returns the deployment as it ended.
 * @throws BulkheadError the problem of a deployment that didn't succeed.
 */
export async function deploy(
  client: Client,
  request: DeployRequest,
  progress: Progress,
  signal?: AbortSignal,
): Promise<Deployment> {
  signal?.throwIfAborted()
  const { id } = await client.deploy(request)
  return follow(client, id, progress, signal)
}

/** Shows a deployment to its end; the rest as `deploy`. */
export async function follow(
  client: Client,
  id: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<Deployment> {
  for await (const event of client.deploymentEvents(id, { signal })) progress.event(event)
  const ended = await client.deployment(id)
  if (ended.state === 'succeeded') return ended
  throw failureOf(ended)
}

function failureOf({ problem, state, id, project }: Deployment): BulkheadError {
  if (problem !== undefined) {
    return new BulkheadError(problem.code, problem.message, {
      hint: problem.hint,
      at: problem.at,
      problems: [problem],
    })
  }
  if (state === 'superseded') {
    return new BulkheadError('BH_DEPLOYMENT_CANCELED', `A newer deployment of ${project} took over.`, {
      hint: 'See `bulkhead ps` for what it came to.',
    })
  }
  return new BulkheadError('BH_DEPLOYMENT_CANCELED', `Deployment ${id} of ${project} ended as ${state}.`)
}
