import { Readable } from 'node:stream'
import { BulkheadError } from '@bulkhead/model'
import type { Build } from '@bulkhead/model'
import { archiveEndBytes, archiveOf } from './archive.ts'
import { buildOutput } from './build-output.ts'
import type { BuildMessage } from './build-output.ts'
import type { Agreement, Client } from './client.ts'
import { attempt, InStreamError } from './error.ts'
import type { BuildRequest } from './port.ts'
import { openSession } from './session.ts'
import type { CredentialsOf } from './session.ts'
import { chunksOf, linesOf } from './stream.ts'

/** The name that `dockerfile_inline` gets in the context. */
const inlineName = '.inline.Dockerfile'

/**
 * Builds an image with BuildKit, which every supported Linux engine has built
 * in, or with the classic builder on Windows.
 *
 * @throws BulkheadError BH_BUILD_FAILED with the end of the output;
 *   BH_COMPOSE_UNSUPPORTED for what would need a BuildKit session.
 */
export async function buildImage(
  client: Client,
  request: BuildRequest,
  credentialsOf?: CredentialsOf,
): Promise<void> {
  const { reference, build, context, signal, onProgress } = request
  refuseUnsupported(reference, build)
  const { os } = await client.agreement()
  const docker = await client.streams(signal)
  const session =
    credentialsOf === undefined || os === 'windows' ? undefined : await openSession(docker, credentialsOf)
  const query = { ...queryOf(request, os), session: session?.id }
  const output = buildOutput(onProgress)
  const action = `build ${reference}`
  try {
    await attempt(action, signal, async () => {
      const body = query.remote === undefined ? await withInline(context, build.dockerfile_inline) : undefined
      const file = body as NodeJS.ReadableStream
      const stream = await docker.buildImage(file, { _query: query } as object)
      for await (const line of linesOf(chunksOf(stream, client.address, signal))) {
        const message = JSON.parse(line) as BuildMessage
        const failed = message.errorDetail?.message ?? message.error
        if (failed !== undefined) throw new InStreamError(failed)
        output.read(message)
      }
      signal?.throwIfAborted()
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw buildFailure(reference, error, output.end())
  } finally {
    session?.close()
  }
}

function queryOf({ reference, build, labels, platform }: BuildRequest, os: Agreement['os']) {
  const args = Object.entries(build.args ?? {}).filter(([, value]) => value !== null)
  return {
    version: os === 'windows' ? '1' : '2',
    t: [...new Set([reference, ...(build.tags ?? [])])],
    dockerfile: build.dockerfile_inline === undefined ? build.dockerfile : inlineName,
    remote: isRemote(build.context) ? build.context : undefined,
    buildargs: Object.fromEntries(args),
    labels: { ...build.labels, ...labels },
    target: build.target,
    platform: platform ?? build.platforms?.[0],
    cachefrom: build.cache_from === undefined ? undefined : JSON.stringify(build.cache_from),
    extrahosts: build.extra_hosts?.map((entry) => entry.replace('=', ':')),
    networkmode: build.network,
    shmsize: build.shm_size,
    ulimits: build.ulimits === undefined ? undefined : JSON.stringify(ulimitsOf(build.ulimits)),
    isolation: os === 'windows' ? build.isolation : undefined,
    nocache: build.no_cache === true ? 1 : undefined,
    pull: build.pull === true ? 1 : undefined,
    // Of the classic builder: containers of steps are taken away, those of failed ones too.
    rm: 1,
    forcerm: 1,
  }
}

function ulimitsOf(ulimits: NonNullable<Build['ulimits']>) {
  return Object.entries(ulimits).map(([name, limit]) => {
    const { soft, hard } = typeof limit === 'number' ? { soft: limit, hard: limit } : limit
    return { Name: name, Soft: soft, Hard: hard }
  })
}

/** `git` and web addresses are fetched by the engine itself. */
function isRemote(context: string | undefined): boolean {
  return context !== undefined && /^(?:https?:\/\/|git:\/\/|git@|ssh:\/\/|github\.com\/)/u.test(context)
}

/** A tar is one entry after the other, so an entry more goes in front of it. */
async function withInline(
  context: NodeJS.ReadableStream,
  dockerfile: string | undefined,
): Promise<NodeJS.ReadableStream> {
  if (dockerfile === undefined) return context
  const archive = await archiveOf([
    { headers: { name: inlineName, mode: 0o644, mtime: new Date(0) }, content: dockerfile },
  ])
  const entry = archive.subarray(0, -archiveEndBytes)
  return Readable.from(concatenated(entry, context), { objectMode: false })
}

async function* concatenated(first: Buffer, rest: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  yield first
  yield* rest as AsyncIterable<Buffer>
}

/** Each of these would change what is built; leaving it out in silence would build something else. */
function refuseUnsupported(reference: string, build: Build): void {
  const wanted: readonly (readonly [string, boolean])[] = [
    ['secrets', (build.secrets ?? []).length > 0],
    ['ssh', (build.ssh ?? []).length > 0],
    ['additional_contexts', Object.keys(build.additional_contexts ?? {}).length > 0],
    ['entitlements', (build.entitlements ?? []).length > 0],
    ['privileged', build.privileged === true],
    ['more than one of platforms', (build.platforms ?? []).length > 1],
  ]
  const first = wanted.find(([, asked]) => asked)
  if (first === undefined) return
  throw new BulkheadError(
    'BH_COMPOSE_UNSUPPORTED',
    `The build of ${reference} asks for ${first[0]}, which is not supported.`,
    {
      hint: `Build the image with \`docker buildx build -t ${reference}\`, and leave \`build\` out or set \`pull_policy: never\`.`,
    },
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
