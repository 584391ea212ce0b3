import { isAbsolute, win32 } from 'node:path'
import { composeLabels, isBulkheadError, type Build, type OperationOf } from '@bulkhead/model'
import type { StepContext } from './operations.ts'

/** Pulls; an image that can be built as well may fail to come. */
export async function pullImage(
  { reference, platform, required }: OperationOf<'pullImage'>,
  { engine, signal, progress, pullIdleTimeoutMs, credentials, warn }: StepContext,
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

export async function buildImage(
  { service, reference, build, platform }: OperationOf<'buildImage'>,
  { project, engine, signal, progress, openContext, secret, credentials, inTurn }: StepContext,
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
function secretsOf({ secrets = [] }: Build, secret: StepContext['secret']): Readonly<Record<string, Buffer>> {
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
