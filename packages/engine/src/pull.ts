import type Docker from 'dockerode'
import { BulkheadError } from '@bulkhead/model'
import type { Client } from './client.ts'
import { attempt, InStreamError } from './error.ts'
import type { ImageDigest, ImagePlatform, PullRequest, RegistryCredentials } from './port.ts'
import { pullProgress, throttled } from './progress.ts'
import type { PullMessage } from './progress.ts'
import { fullReference, parseReference } from './reference.ts'
import { referencePath } from './segment.ts'
import { chunksOf, linesOf } from './stream.ts'

/** Progress is told no more often than a terminal is worth redrawing. */
const tellEveryMs = 100

/**
 * Pulls an image, or finds it up to date.
 *
 * @throws BulkheadError BH_PULL_TIMEOUT, BH_IMAGE_NOT_FOUND, BH_PULL_FAILED, BH_IMAGE_OS_MISMATCH.
 */
export async function pullImage(client: Client, request: PullRequest): Promise<void> {
  const { reference, idleTimeoutMs, signal } = request
  const idle = new AbortController()
  const timer = setTimeout(() => idle.abort(), idleTimeoutMs)
  const either = signal === undefined ? idle.signal : AbortSignal.any([signal, idle.signal])
  try {
    await attempt(`pull ${reference}`, signal, () => follow(client, request, either, () => timer.refresh()))
  } catch (error) {
    signal?.throwIfAborted()
    if (idle.signal.aborted) {
      throw new BulkheadError(
        'BH_PULL_TIMEOUT',
        `Nothing came of ${reference} from registry ${parseReference(reference).registry} for ${idleTimeoutMs / 1000} s.`,
        {
          hint: "Check that the engine reaches the registry, or set `pull_policy: never` for an image that's there.",
        },
      )
    }
    throw pullFailure(error)
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The platforms that the registry has for a reference, asked through the engine.
 *
 * @returns undefined when neither could tell within `timeoutMs`.
 */
export async function imagePlatforms(
  client: Client,
  reference: string,
  timeoutMs: number,
  credentials?: RegistryCredentials,
): Promise<readonly ImagePlatform[] | undefined> {
  try {
    const docker = await client.calls(AbortSignal.timeout(timeoutMs))
    const { Platforms: platforms } = await docker
      .getImage(referencePath(reference))
      .distribution(credentials === undefined ? {} : { authconfig: authOf(credentials) })
    // Attestations ride along as images of no platform.
    return platforms
      .filter(({ os }) => os !== '' && os !== 'unknown')
      .map(({ os, architecture }) => ({ os, architecture }))
  } catch {
    return undefined
  }
}

/**
 * The digest that the registry has for a reference, asked through the engine.
 *
 * @throws BulkheadError BH_IMAGE_NOT_FOUND, BH_IMAGE_REFERENCE_INVALID, BH_PULL_FAILED, BH_PULL_TIMEOUT.
 */
export async function imageDigest(
  client: Client,
  reference: string,
  timeoutMs: number,
  credentials?: RegistryCredentials,
): Promise<ImageDigest> {
  const [, given] = reference.split('@')
  if (given !== undefined) return { digest: given, pinned: reference }
  const full = fullReference(reference)
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const { Descriptor: descriptor } = await attempt(`ask for the digest of ${full}`, undefined, async () => {
      const docker = await client.calls(signal)
      return docker
        .getImage(referencePath(full))
        .distribution(credentials === undefined ? {} : { authconfig: authOf(credentials) })
    })
    return { digest: descriptor.digest, pinned: `${full}@${descriptor.digest}` }
  } catch (error) {
    if (!signal.aborted) throw pullFailure(error)
    throw new BulkheadError(
      'BH_PULL_TIMEOUT',
      `Registry ${parseReference(full).registry} did not tell the digest of ${full} within ${timeoutMs / 1000} s.`,
      { hint: 'Check that the engine reaches the registry.' },
    )
  }
}

/** Credentials as `X-Registry-Auth` has them. */
export function authOf({
  username,
  password,
  identityToken,
  serverAddress,
}: RegistryCredentials): Docker.AuthConfig {
  return {
    username: username ?? '',
    password: password ?? '',
    ...(identityToken === undefined ? {} : { identitytoken: identityToken }),
    serveraddress: serverAddress,
  }
}

async function follow(
  client: Client,
  { reference, platform, credentials, onProgress }: PullRequest,
  signal: AbortSignal,
  onChunk: () => void,
): Promise<void> {
  const { repository, version } = parseReference(reference)
  const docker = await client.streams(signal)
  const query = { fromImage: repository, tag: version, ...(platform === undefined ? {} : { platform }) }
  const auth = credentials === undefined ? {} : authOf(credentials)
  const stream = await docker.createImage(auth, { _query: query })
  const { tell, flush } = throttled(onProgress, tellEveryMs, () => performance.now())
  const progressOf = pullProgress()
  for await (const line of linesOf(watched(chunksOf(stream, client.address, signal), onChunk))) {
    const message = JSON.parse(line) as PullMessage
    const failed = message.errorDetail?.message ?? message.error
    if (failed !== undefined) throw new InStreamError(failed)
    const progress = progressOf(message)
    if (progress !== undefined) tell(progress)
  }
  // An aborted stream ends without an error of its own.
  signal.throwIfAborted()
  flush()
}

async function* watched(chunks: AsyncIterable<Buffer>, onChunk: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    onChunk()
    yield chunk
  }
}

/** What no rule knows of a pull is a failed pull, not a failed engine. */
function pullFailure(error: unknown): unknown {
  if (!(error instanceof BulkheadError) || error.code !== 'BH_ENGINE_FAILED') return error
  return new BulkheadError('BH_PULL_FAILED', error.message, {
    hint: error.hint ?? 'Check the name and that the engine reaches the registry.',
    cause: error.cause,
  })
}
