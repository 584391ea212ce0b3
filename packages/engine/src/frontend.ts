import type { BuildRequest } from './port.ts'
import { inlineName, isArchive } from './build-context.ts'

export interface FrontendOptions {
  /** Where the frontend finds the context: one of the session's, or the file's own URL. */
  readonly context: string
  /** What stands for `host-gateway` in `extra_hosts`; undefined: this engine does not say. */
  readonly hostGateway: string | undefined
}

/**
 * What the Dockerfile's frontend is told of a build.
 *
 * @see https://github.com/moby/buildkit/blob/master/frontend/dockerui/config.go
 */
export function frontendAttributes(
  { build, labels, platform }: Pick<BuildRequest, 'build' | 'labels' | 'platform'>,
  { context, hostGateway }: FrontendOptions,
): Readonly<Record<string, string>> {
  const args = Object.entries(build.args ?? {}).flatMap(([name, value]) =>
    value === null ? [] : [[`build-arg:${name}`, value]],
  )
  const named = Object.entries(build.additional_contexts ?? {}).map(([name, value]) => [
    `context:${name}`,
    isArchive(value) ? `input:${name}` : value,
  ])
  return {
    ...(Object.fromEntries([...args, ...named]) as Record<string, string>),
    ...labelled({ ...build.labels, ...labels }),
    ...given({
      context,
      filename: build.dockerfile_inline === undefined ? build.dockerfile : inlineName,
      target: build.target,
      platform,
      'image-resolve-mode': build.pull === true ? 'pull' : 'default',
      'no-cache': noCache(build),
      'force-network-mode': build.network === 'default' ? undefined : build.network,
      'add-hosts': hostsOf(build.extra_hosts ?? [], hostGateway),
      'shm-size': build.shm_size,
      ulimit: ulimitsOf(build.ulimits ?? {}),
      'attest:provenance': attestation(build.provenance),
      'attest:sbom': attestation(build.sbom),
    }),
  }
}

/** What the build asks to be allowed; the engine's configuration says whether it is. */
export function entitlementsOf({
  entitlements = [],
  privileged,
  network,
}: BuildRequest['build']): readonly string[] {
  return [
    ...new Set([
      ...entitlements,
      ...(privileged === true ? ['security.insecure'] : []),
      ...(network === 'host' ? ['network.host'] : []),
    ]),
  ]
}

/** A place where a cache is kept: `type=registry,ref=team/app:cache`, or the reference alone. */
export interface CachePlace {
  readonly type: string
  readonly attributes: Readonly<Record<string, string>>
}

export function cachePlace(text: string): CachePlace {
  if (!text.includes('=')) return { type: 'registry', attributes: { ref: text } }
  const pairs = text.split(',').map((pair) => {
    const at = pair.indexOf('=')
    return [pair.slice(0, at).trim(), pair.slice(at + 1)] as const
  })
  const { type = 'registry', ...attributes } = Object.fromEntries(pairs) as Record<string, string>
  return { type, attributes }
}

function labelled(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [`label:${name}`, value]))
}

/** Empty: every step; else the stages. */
function noCache({ no_cache: all, no_cache_filter: stages = [] }: BuildRequest['build']): string | undefined {
  if (all === true) return ''
  return stages.length === 0 ? undefined : stages.join(',')
}

function hostsOf(entries: readonly string[], hostGateway: string | undefined): string | undefined {
  if (entries.length === 0) return undefined
  return entries
    .map((entry) => {
      const at = entry.search(/[=:]/u)
      const [host, address] = [entry.slice(0, at), entry.slice(at + 1)]
      return `${host}=${address === 'host-gateway' ? (hostGateway ?? address) : address}`
    })
    .join(',')
}

function ulimitsOf(ulimits: NonNullable<BuildRequest['build']['ulimits']>): string | undefined {
  const all = Object.entries(ulimits).map(([name, limit]) => {
    const { soft, hard } = typeof limit === 'number' ? { soft: limit, hard: limit } : limit
    return `${name}=${soft}:${hard}`
  })
  return all.length === 0 ? undefined : all.join(',')
}

function attestation(value: string | boolean | undefined): string | undefined {
  if (value === undefined || value === false || value === 'false') return undefined
  return value === true || value === 'true' ? '' : value
}

function given(attributes: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes).filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
}
