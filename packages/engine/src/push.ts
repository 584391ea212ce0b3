import type Docker from 'dockerode'
import { BulkheadError } from '@bulkhead/model'
import type { Client } from './client.ts'
import { attempt, InStreamError } from './error.ts'
import type { PushRequest } from './port.ts'
import { pullProgress, throttled } from './progress.ts'
import type { PullMessage } from './progress.ts'
import { authOf } from './pull.ts'
import { parseReference } from './reference.ts'
import { referencePath } from './segment.ts'
import { chunksOf, linesOf } from './stream.ts'

/** Progress is told no more often than a terminal is worth redrawing. */
const tellEveryMs = 100

/**
 * Sends an image to the registry that its name tells.
 *
 * @throws BulkheadError BH_IMAGE_NOT_FOUND, BH_PUSH_FAILED.
 */
export async function pushImage(client: Client, request: PushRequest): Promise<void> {
  const { reference, signal } = request
  try {
    await attempt(`push ${reference}`, signal, () => follow(client, request))
  } catch (error) {
    signal?.throwIfAborted()
    throw pushFailure(error)
  }
}

async function follow(
  client: Client,
  { reference, credentials, signal, onProgress }: PushRequest,
): Promise<void> {
  const { repository, version } = parseReference(reference)
  const docker = await client.streams(signal)
  const options: Docker.ImagePushOptions = {
    tag: version,
    // The engine insists on the header, even where there is nothing to say.
    authconfig:
      credentials === undefined ? { username: '', password: '', serveraddress: '' } : authOf(credentials),
  }
  const stream = await docker.getImage(referencePath(repository)).push(options)
  const { tell, flush } = throttled(onProgress, tellEveryMs, () => performance.now())
  const progressOf = pullProgress()
  for await (const line of linesOf(chunksOf(stream, client.address, signal))) {
    const message = JSON.parse(line) as PullMessage
    const failed = message.errorDetail?.message ?? message.error
    if (failed !== undefined) throw new InStreamError(failed)
    const progress = progressOf(message)
    if (progress !== undefined) tell(progress)
  }
  signal?.throwIfAborted()
  flush()
}

/** What is wrong with a login or a registry is the push's failure, not the engine's. */
function pushFailure(error: unknown): unknown {
  if (!(error instanceof BulkheadError)) return error
  if (error.code !== 'BH_ENGINE_FAILED' && error.code !== 'BH_PULL_FAILED') return error
  return new BulkheadError('BH_PUSH_FAILED', error.message, {
    hint: error.hint ?? 'Check the name and that the engine reaches the registry.',
    cause: error.cause,
  })
}
