import { isAbsolute, win32 } from 'node:path'
import type { Engine, Progress } from '@bulkhead/engine'
import {
  composeLabels,
  isBulkheadError,
  type Build,
  type BulkheadError,
  type OperationOf,
  type RegistryCredentials,
} from '@bulkhead/model'

/** What getting an image may use. */
export interface ImageContext {
  readonly project: string
  readonly engine: Engine
  readonly signal: AbortSignal
  readonly progress: (progress: Progress) => void
  readonly warn: (error: BulkheadError) => void
  /** The archive of a build context folder. */
  readonly openContext: (folder: string) => NodeJS.ReadableStream
  /** What a secret of the project holds; undefined: that is not known. */
  readonly secret: (source: string) => string | undefined
  /** The login that whoever asked for the deployment has for an image's registry. */
  readonly credentials: (reference: string) => RegistryCredentials | undefined
  /** Takes its turn among the builds: the engine does some at once, and no more. */
  readonly inTurn: (build: () => Promise<void>) => Promise<void>
  readonly pullIdleTimeoutMs: number
}

/** Pulls; an image that can be built as well may fail to come. */
export async function pullImage(
  { reference, platform, required }: OperationOf<'pullImage'>,
  { engine, signal, progress, pullIdleTimeoutMs, credentials, warn }: ImageContext,
): Promise<void> {
  try {
    await engine.pullImage({
      reference,
      platform,
      credentials: credentials(reference),
      idleTimeoutMs: pullIdleTimeoutMs,
      signal,
      onProgress: progress,
    })
  } catch (error) {
    if (required || !isBulkheadError(error) || signal.aborted) throw error
    if (error.code === 'BH_ENGINE_UNREACHABLE') throw error
    warn(error)
  }
}

/** Pushes; where failures are to be ignored, one is only warned of. */
export async function pushImage(
  { reference, required }: OperationOf<'pushImage'>,
  { engine, signal, progress, credentials, warn }: ImageContext,
): Promise<void> {
  try {
    const login = credentials(reference)
    await engine.pushImage({ reference, credentials: login, signal, onProgress: progress })
  } catch (error) {
    if (required || !isBulkheadError(error) || signal.aborted) throw error
    if (error.code === 'BH_ENGINE_UNREACHABLE') throw error
    warn(error)
  }
}

export async function buildImage(
  { service, reference, build, platform }: OperationOf<'buildImage'>,
  { project, engine, signal, progress, openContext, secret, credentials, inTurn }: ImageContext,
): Promise<void> {
  const contexts = Object.entries(build.additional_contexts ?? {}).flatMap(([name, folder]) =>
    isFolder(folder) ? [[name, () => openContext(folder)] as const] : [],
  )
  await inTurn(() =>
    engine.buildImage({
      reference,
      build,
      platform,
      labels: { [composeLabels.project]: project, [composeLabels.service]: service },
      context: () => openContext(build.context ?? ''),
      contexts: Object.fromEntries(contexts),
      secrets: secretsOf(build, secret),
      credentials: (image) => Promise.resolve(credentials(image)),
      signal,
      onProgress: progress,
    }),
  )
}

/** By the id that the Dockerfile knows them by. */
function secretsOf(
  { secrets = [] }: Build,
  secret: ImageContext['secret'],
): Readonly<Record<string, Buffer>> {
  return Object.fromEntries(
    secrets.flatMap(({ source, target }) => {
      const content = secret(source)
      return content === undefined ? [] : [[target ?? source, Buffer.from(content)] as const]
    }),
  )
}

function isFolder(context: string): boolean {
  return isAbsolute(context) || win32.isAbsolute(context)
}
