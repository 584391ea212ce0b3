import { BulkheadError } from '@bulkhead/model'
import type { ContainerSpec, NetworkAttachment } from '@bulkhead/model'
import { compareApi } from './client.ts'
import type { Agreement } from './client.ts'

type Json = Readonly<Record<string, unknown>>

/** What to send to create a container, and which networks it must be connected to afterwards, before it starts. */
export interface CreateRequest {
  readonly body: Json
  readonly connectLater: readonly NetworkAttachment[]
}

/**
 * Turns a specification, written for the newest API, into what this engine
 * understands. An older engine ignores fields that it does not know: those that
 * only tune are left out, those that change what a service may see are refused.
 *
 * @throws BulkheadError BH_COMPOSE_UNSUPPORTED.
 */
export function createRequest(
  spec: ContainerSpec,
  { api, os }: Pick<Agreement, 'api' | 'os'>,
): CreateRequest {
  const knows = (version: string): boolean => compareApi(api, version) >= 0
  const { HostConfig: hostConfig, Healthcheck: healthcheck, ...rest } = spec.body
  const atOnce = knows('1.44') ? spec.networks : spec.networks.slice(0, 1)
  const [first] = spec.networks
  const host = {
    ...(first === undefined ? {} : { NetworkMode: first.network }),
    ...hostConfigFor(spec.service, object(hostConfig), os, knows),
  }
  const connectLater = spec.networks.slice(atOnce.length)
  const lateMac = connectLater.find(({ endpoint }) => filled(endpoint['MacAddress']))
  if (lateMac !== undefined) {
    throw unsupported(
      spec.service,
      `a MAC address on its second network "${lateMac.network}"`,
      '1.44',
      'Docker 25',
    )
  }
  return {
    body: {
      ...rest,
      ...(healthcheck === undefined ? {} : { Healthcheck: healthcheckFor(object(healthcheck), knows) }),
      ...macAddressFor(first, knows),
      HostConfig: host,
      ...(atOnce.length === 0 ? {} : { NetworkingConfig: { EndpointsConfig: endpoints(atOnce, knows) } }),
    },
    connectLater: connectLater.map((one) => ({ ...one, endpoint: endpointFor(one.endpoint, knows) })),
  }
}

/**
 * What to send to put a container that is there on a network.
 *
 * @throws BulkheadError BH_COMPOSE_UNSUPPORTED.
 */
export function connection(
  container: string,
  { network, endpoint }: NetworkAttachment,
  { api }: Pick<Agreement, 'api'>,
): Json {
  const knows = (version: string): boolean => compareApi(api, version) >= 0
  if (filled(endpoint['MacAddress']) && !knows('1.44')) {
    throw new BulkheadError(
      'BH_COMPOSE_UNSUPPORTED',
      `Container "${container}" cannot be put on network "${network}" again with its MAC address: this engine gives one at creation only.`,
      { hint: `Remove the container, so that it is created anew: \`docker rm -f ${container}\`.` },
    )
  }
  return endpointFor(endpoint, knows)
}

type Knows = (version: string) => boolean

/** Before 1.44 a container had one MAC address, that of its first network. */
function macAddressFor(first: NetworkAttachment | undefined, knows: Knows): Json {
  const address = first?.endpoint['MacAddress']
  return filled(address) && !knows('1.44') ? { MacAddress: address } : {}
}

function healthcheckFor(healthcheck: Json, knows: Knows): Json {
  const { StartInterval: startInterval, ...rest } = healthcheck
  return startInterval === undefined || !knows('1.44') ? rest : healthcheck
}

function endpoints(networks: readonly NetworkAttachment[], knows: Knows): Json {
  return Object.fromEntries(networks.map(({ network, endpoint }) => [network, endpointFor(endpoint, knows)]))
}

function endpointFor(endpoint: Json, knows: Knows): Json {
  const { GwPriority: gatewayPriority, MacAddress: macAddress, ...rest } = endpoint
  return {
    ...rest,
    ...(gatewayPriority !== undefined && knows('1.48') ? { GwPriority: gatewayPriority } : {}),
    ...(filled(macAddress) && knows('1.44') ? { MacAddress: macAddress } : {}),
  }
}

function hostConfigFor(service: string, host: Json, os: Agreement['os'], knows: Knows): Json {
  const { Isolation: isolation, Annotations: annotations, Mounts: mounts, Binds: binds, ...rest } = host
  const converted = mountsFor(service, list(mounts), knows)
  const allBinds = [...list(binds), ...converted.binds]
  return {
    ...rest,
    // A Linux engine refuses every isolation but its own default.
    ...(isolation !== undefined && os === 'windows' ? { Isolation: isolation } : {}),
    ...(annotations !== undefined && knows('1.43') ? { Annotations: annotations } : {}),
    ...(mounts === undefined ? {} : { Mounts: converted.mounts }),
    ...(binds === undefined && allBinds.length === 0 ? {} : { Binds: allBinds }),
  }
}

interface ConvertedMounts {
  readonly mounts: readonly Json[]
  /** `source:target:options`. */
  readonly binds: readonly string[]
}

function mountsFor(service: string, mounts: readonly unknown[], knows: Knows): ConvertedMounts {
  const kept: Json[] = []
  const binds: string[] = []
  for (const mount of mounts.map(object)) {
    refuseUnknown(service, mount, knows)
    const bind = object(mount['BindOptions'])
    if (mount['Type'] === 'bind' && bind['CreateMountpoint'] === true && !knows('1.42')) {
      binds.push(asBind(mount, bind))
      continue
    }
    kept.push(mount)
  }
  return { mounts: kept, binds }
}

/** The old form of a mount, which always creates a source that is not there. */
function asBind(mount: Json, bind: Json): string {
  const options = [mount['ReadOnly'] === true ? 'ro' : 'rw', bind['Propagation']].filter(filled)
  return `${String(mount['Source'])}:${String(mount['Target'])}:${options.join(',')}`
}

function refuseUnknown(service: string, mount: Json, knows: Knows): void {
  const target = String(mount['Target'])
  if (mount['Type'] === 'image' && !knows('1.48'))
    throw unsupported(service, `an image mounted at ${target}`, '1.48', 'Docker 28')
  if (filled(object(mount['VolumeOptions'])['Subpath']) && !knows('1.45')) {
    throw unsupported(service, `a subpath of a volume at ${target}`, '1.45', 'Docker 26')
  }
  const bind = object(mount['BindOptions'])
  if ((bind['ReadOnlyForceRecursive'] === true || bind['ReadOnlyNonRecursive'] === true) && !knows('1.44')) {
    throw unsupported(service, `a choice of recursive read-only at ${target}`, '1.44', 'Docker 25')
  }
}

function unsupported(service: string, what: string, api: string, release: string): BulkheadError {
  return new BulkheadError(
    'BH_COMPOSE_UNSUPPORTED',
    `Service "${service}" asks for ${what}, which this engine does not know.`,
    {
      hint: `Upgrade the engine to ${release} (API ${api}) or newer, or leave it out.`,
    },
  )
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : []
}

function filled(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}
