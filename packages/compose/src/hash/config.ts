import { createHash } from 'node:crypto'
import type { Deploy, Network, Service, Volume } from '@bulkhead/model'
import { isRecord, structure, type Encoder } from '../print/encode.ts'
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
  const { build: _build, pull_policy: _policy, scale: _scale, depends_on: _dependencies, ...rest } = service
  const { profiles: _profiles, env_file: _files, deploy, ...kept } = rest
  return hashOf(labeled, {
    ...kept,
    deploy: withoutReplicas(deploy),
    network_mode: resolved(service.network_mode, containers),
    ipc: resolved(service.ipc, containers),
    pid: resolved(service.pid, containers),
    volumes_from: service.volumes_from?.map((source) => resolvedVolumes(source, containers)),
  })
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

/** Newer structures: networks in another order, and `create_host_path` written when it is off. */
const labeled = structure({
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
