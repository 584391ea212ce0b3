import type { Client, DeployRequest } from '@bulkhead/client'
import { BulkheadError } from '@bulkhead/model'
import type { Deployment } from '@bulkhead/model'
import type { Progress } from './progress/index.ts'

/**
 * Asks for a deployment and shows it to its end. Where others ask for the same
 * at the same time only one is carried out, and all see the end of that.
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
  if (!isPlain(request)) return follow(client, id, progress, signal)
  for (let current = id; ;) {
    for await (const event of client.deploymentEvents(current, { signal })) progress.event(event)
    const ended = await client.deployment(current)
    const successor = ended.state === 'superseded' ? await sameAgain(client, ended) : undefined
    if (successor === undefined) return succeeded(ended)
    current = successor.id
  }
}

/** What else may be in a request that asks for nothing but the action. */
const beside: ReadonlySet<string> = new Set([
  'action',
  'askAboutVolumes',
  'author',
  'bundle',
  'credentials',
  'engine',
  'note',
  'parallel',
  'project',
  'timeoutSeconds',
] satisfies readonly (keyof DeployRequest)[])

/** Two such requests for the same revision ask for the same. */
function isPlain(request: DeployRequest): boolean {
  const { action, recreate = 'changed' } = request
  const wishes = Object.entries(request).filter(
    ([name, value]) => !beside.has(name) && name !== 'recreate' && value !== undefined && value !== false,
  )
  return (action === 'up' || action === 'down') && recreate === 'changed' && wishes.length === 0
}

/** The deployment that took over, where it is to do what the other one was to do: its end is the end of both. */
async function sameAgain(
  client: Client,
  { project, action, revision }: Deployment,
): Promise<Deployment | undefined> {
  const [newest] = await client.deployments(project)
  return newest?.action === action && newest.revision === revision ? newest : undefined
}

/** Shows a deployment to its end; the rest as `deploy`. */
export async function follow(
  client: Client,
  id: string,
  progress: Progress,
  signal?: AbortSignal,
): Promise<Deployment> {
  for await (const event of client.deploymentEvents(id, { signal })) progress.event(event)
  return succeeded(await client.deployment(id))
}

function succeeded(ended: Deployment): Deployment {
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
