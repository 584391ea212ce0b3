import { createHash } from 'node:crypto'
import type { Deploy, Network, Service, Volume } from '@bulkhead/model'
import { isRecord, structure, type Encoder, type Structure } from '../print/encode.ts'
import { writeJson } from '../print/json.ts'
import * as structures from '../print/structures.ts'

/**
 * The hash that `docker compose config --hash` prints for a service (form of
 * Compose 2.26). The service must come from a project that was loaded without
 * its environment resolved: an `env_file` is hashed by its path.
 *
 * @returns 64 hexadecimal digits.
 */
export function configHash(service: Service): string {
  const { build: _build, pull_policy: _policy, scale: _scale, deploy, ...kept } = service
  return hashOf(printed, { ...kept, deploy: withoutReplicas(deploy) })
}

/** Containers whose namespaces or volumes a service uses, by the service that they belong to. */
export type ContainerIds = ReadonlyMap<string, string>

/**
 * The hash in the `config-hash` label of a container, in the form of Compose
 * 2.40 and 5. The service must come from a project with its environment
 * resolved. References to another service's namespaces and volumes are hashed
 * with the id of its container, as far as `containers` knows one.
 *
 * @returns 64 hexadecimal digits.
 */
export function containerConfigHash(service: Service, containers: ContainerIds = new Map()): string {
  return hashOf(labeled, newerForm(service, containers))
}

/**
 * The hash of a service in every form in which a container of it may carry it:
 * that of Compose 2.40, of 5, and of 2.26. A container that has one of them is
 * what Compose makes of the service.
 */
export function containerConfigHashes(
  service: Service,
  containers: ContainerIds = new Map(),
): readonly string[] {
  const { env_file: _files, ...former } = service
  return [
    containerConfigHash(service, containers),
    hashOf(labeledTersely, newerForm(service, containers)),
    configHash({ ...former, ...references(service, containers) }),
  ]
}

function newerForm(service: Service, containers: ContainerIds): unknown {
  const { build: _build, pull_policy: _policy, scale: _scale, depends_on: _dependencies, ...rest } = service
  const { profiles: _profiles, env_file: _files, deploy, ...kept } = rest
  return { ...kept, deploy: withoutReplicas(deploy), ...references(service, containers) }
}

/** What a service shares with others, by the ids of their containers. */
function references(
  service: Service,
  containers: ContainerIds,
): Pick<Service, 'network_mode' | 'ipc' | 'pid' | 'volumes_from'> {
  const shared = {
    network_mode: resolved(service.network_mode, containers),
    ipc: resolved(service.ipc, containers),
    pid: resolved(service.pid, containers),
    volumes_from: service.volumes_from?.map((source) => resolvedVolumes(source, containers)),
  }
  return Object.fromEntries(Object.entries(shared).filter(([, value]) => value !== undefined))
}

/** The hash in the `config-hash` label of a network. */
export function networkHash(value: Network): string {
  return hashOf(network, value)
}

/** The hash in the `config-hash` label of a volume. */
export function volumeHash(value: Volume): string {
  return hashOf(volume, { ...value, driver: value.driver ?? 'local' })
}

const printed = structure({
  ...structures.service,
  networks: { as: 'map', of: structure(structures.formerServiceNetwork) },
})
const network = structure(structures.network)
const volume = structure(structures.volume)

/** Newer structures: networks in another order. */
const newer: Structure = {
  ...structures.service,
  networks: {
    as: 'map',
    of: structure({
      aliases: 'list',
      driver_opts: 'map',
      gw_priority: 'filled',
      interface_name: 'filled',
      ipv4_address: 'filled',
      ipv6_address: 'filled',
      link_local_ips: 'list',
      mac_address: 'filled',
      priority: 'filled',
    }),
  },
}
const labeled = structure(newer)
/** Compose 5 writes `create_host_path` when it is off only. */
const labeledTersely = structure({
  ...newer,
  volumes: structures.volumeWith({
    selinux: 'filled',
    propagation: 'filled',
    create_host_path: { as: 'one', of: (value) => (value === false ? false : undefined) },
    recursive: 'filled',
  }),
})

function hashOf(encoder: Encoder, value: unknown): string {
  const text = writeJson(encoder(value, 'json') ?? null)
  return createHash('sha256').update(text).digest('hex')
}

function withoutReplicas(deploy: Deploy | undefined): Deploy | undefined {
  if (!isRecord(deploy)) return undefined
  const { replicas: _replicas, ...settings } = deploy
  return settings
}

function resolved(reference: string | undefined, containers: ContainerIds): string | undefined {
  if (reference?.startsWith('service:') !== true) return reference
  const id = containers.get(reference.slice('service:'.length))
  return id === undefined ? reference : `container:${id}`
}

function resolvedVolumes(source: string, containers: ContainerIds): string {
  if (source.startsWith('container:')) return source
  const [name = '', ...options] = source.split(':')
  const id = containers.get(name)
  return id === undefined ? source : [`container:${id}`, ...options].join(':')
}
