import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import type { Client, DeployRequest } from '@bulkhead/client'
import { isBulkheadError } from '@bulkhead/model'
import type { Deployment, DeploymentAction, Problem } from '@bulkhead/model'
import type { Context } from './context.ts'
import { deploy } from './deployment.ts'
import type { Progress } from './progress/index.ts'

/**
 * Deploys, and asks at a terminal for each volume whose definition has changed
 * whether its data may be lost. Without a terminal nobody is asked: such a
 * volume stays as it is, and a warning says so.
 *
 * @throws BulkheadError as the deployment's.
 */
export async function deployAsking(
  client: Client,
  request: DeployRequest,
  progress: Progress,
  { context, signal }: { readonly context: Context; readonly signal: AbortSignal },
): Promise<Deployment> {
  if (!bringing.has(request.action) || request.recreateVolumes !== undefined || !canAsk(context))
    return deploy(client, request, progress, signal)
  try {
    return await deploy(client, { ...request, askAboutVolumes: true }, progress, signal)
  } catch (error) {
    if (!isBulkheadError(error) || error.code !== 'BH_VOLUME_CHANGED') throw error
    const recreateVolumes = await askFor(error.problems, progress, context, signal)
    return deploy(client, { ...request, recreateVolumes }, progress, signal)
  }
}

/** What makes volumes. */
const bringing: ReadonlySet<DeploymentAction> = new Set(['up', 'create', 'scale'])

function canAsk({ stdin, terminal }: Context): boolean {
  return terminal.errIsTty && 'isTTY' in stdin && stdin.isTTY === true
}

/** Keys of the volumes that may be made again. */
async function askFor(
  problems: readonly Problem[],
  progress: Progress,
  { stdin, terminal }: Context,
  signal: AbortSignal,
): Promise<string[]> {
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      terminal.err(chunk.toString())
      done()
    },
  })
  const lines = createInterface({ input: stdin, output })
  const granted: string[] = []
  try {
    for (const problem of problems) {
      const key = problem.path?.split('/').at(-1)?.replaceAll('~1', '/').replaceAll('~0', '~')
      if (problem.code !== 'BH_VOLUME_CHANGED' || key === undefined) continue
      progress.problem({ ...problem, severity: 'warning', hint: undefined })
      const answer = await lines.question(`Make volume "${key}" again, and lose its data? [y/N] `, { signal })
      if (/^y(?:es)?$/iu.test(answer.trim())) granted.push(key)
    }
  } finally {
    lines.close()
  }
  return granted
}
