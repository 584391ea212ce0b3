import type Docker from 'dockerode'
import { BulkheadError } from '@bulkhead/model'
import type { Build } from '@bulkhead/model'
import { inlineName, isRemote, withInline } from './build-context.ts'
import { buildOutput } from './build-output.ts'
import type { BuildMessage, BuildOutput } from './build-output.ts'
import type { Client } from './client.ts'
import { attempt, InStreamError } from './error.ts'
import type { BuildRequest } from './port.ts'
import type { CredentialsOf } from './session.ts'
import { solve } from './solve.ts'
import { chunksOf, linesOf } from './stream.ts'

/**
 * Builds an image with BuildKit, which every supported Linux engine has built
 * in, or with the classic builder on Windows.
 *
 * @throws BulkheadError BH_BUILD_FAILED with the end of the output;
 *   BH_COMPOSE_UNSUPPORTED for what only BuildKit can do, on Windows.
 */
export async function buildImage(
  client: Client,
  request: BuildRequest,
  credentialsOf: CredentialsOf = () => Promise.resolve(undefined),
): Promise<void> {
  const { reference, build, signal, onProgress } = request
  const { os } = await client.agreement()
  if (os === 'windows') refuseUnsupported(reference, build)
  const docker = await client.streams(signal)
  const output = buildOutput(onProgress)
  try {
    await attempt(`build ${reference}`, signal, async () => {
      if (os === 'windows') await classic(client, docker, request, output)
      else await solve(docker, request, credentialsOf, (status) => output.show(status))
      signal?.throwIfAborted()
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw buildFailure(reference, error, output.end())
  }
}

async function classic(
  client: Client,
  docker: Docker,
  request: BuildRequest,
  output: BuildOutput,
): Promise<void> {
  const { build, context, signal } = request
  const query = queryOf(request)
  const body = query.remote === undefined ? await withInline(context(), build.dockerfile_inline) : undefined
  const stream = await docker.buildImage(body as NodeJS.ReadableStream, { _query: query } as object)
  for await (const line of linesOf(chunksOf(stream, client.address, signal))) {
    const message = JSON.parse(line) as BuildMessage
    const failed = message.errorDetail?.message ?? message.error
    if (failed !== undefined) throw new InStreamError(failed)
    output.read(message)
  }
}

function queryOf({ reference, build, labels, platform }: BuildRequest) {
  const args = Object.entries(build.args ?? {}).filter(([, value]) => value !== null)
  return {
    version: '1',
    t: [...new Set([reference, ...(build.tags ?? [])])],
    dockerfile: build.dockerfile_inline === undefined ? build.dockerfile : inlineName,
    remote: isRemote(build.context) ? build.context : undefined,
    buildargs: Object.fromEntries(args),
    labels: { ...build.labels, ...labels },
    target: build.target,
    platform,
    cachefrom: build.cache_from === undefined ? undefined : JSON.stringify(build.cache_from),
    networkmode: build.network,
    isolation: build.isolation,
    nocache: build.no_cache === true ? 1 : undefined,
    pull: build.pull === true ? 1 : undefined,
    // Containers of steps are taken away, those of failed ones too.
    rm: 1,
    forcerm: 1,
  }
}

/** Each of these would change what is built; leaving it out in silence would build something else. */
function refuseUnsupported(reference: string, build: Build): void {
  const wanted: readonly (readonly [string, boolean])[] = [
    ['secrets', (build.secrets ?? []).length > 0],
    ['ssh', (build.ssh ?? []).length > 0],
    ['additional_contexts', Object.keys(build.additional_contexts ?? {}).length > 0],
    ['entitlements', (build.entitlements ?? []).length > 0],
    ['privileged', build.privileged === true],
    ['no_cache_filter', (build.no_cache_filter ?? []).length > 0],
  ]
  const first = wanted.find(([, asked]) => asked)
  if (first === undefined) return
  throw new BulkheadError(
    'BH_COMPOSE_UNSUPPORTED',
    `The build of ${reference} asks for ${first[0]}, which the builder of a Windows engine does not know.`,
    { hint: 'Leave it out, or build the image elsewhere and name it by `image`.' },
  )
}

function buildFailure(reference: string, error: unknown, end: readonly string[]): unknown {
  if (!(error instanceof BulkheadError) || !(error.cause instanceof Error)) return error
  if (error.code === 'BH_ENGINE_UNREACHABLE') return error
  const tail = end.length === 0 ? '' : `\n${end.map((line) => `  ${line}`).join('\n')}`
  return new BulkheadError(
    'BH_BUILD_FAILED',
    `The build of ${reference} failed: ${error.cause.message.trim()}${tail}`,
    {
      hint:
        error.code === 'BH_ENGINE_FAILED'
          ? 'Correct the Dockerfile or its context, then try again.'
          : error.hint,
      cause: error.cause,
    },
  )
}
