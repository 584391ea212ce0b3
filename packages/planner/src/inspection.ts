import type { ContainerSpec, FieldChange } from '@bulkhead/model'
import { diff } from './diff.ts'

/** The engine's own words: the bodies of `GET /containers/{id}/json` and of its image's `GET /images/{id}/json`. */
export interface Inspection {
  readonly container: unknown
  readonly image: unknown
}

/**
 * What of a container is different from what its service asks for, where only
 * the engine tells what it was made from: one that Compose made, say. In the
 * specification's terms; what its image brings is left out, as are labels of
 * Compose's and our own.
 */
export function containerChanges(
  { body, networks }: ContainerSpec,
  { container, image }: Inspection,
): readonly FieldChange[] {
  const brought = record(record(image)['Config'])
  const { Config, HostConfig, Id, NetworkSettings } = record(container)
  const isAlone = networks.length === 0
  const old = viewOf(record(Config), record(HostConfig), brought)
  const now = viewOf(body, record(body['HostConfig']), brought)
  const hostname = old['hostname'] === text(Id).slice(0, 12) ? undefined : old['hostname']
  return diff(
    {
      ...old,
      hostname,
      networks: isAlone ? undefined : Object.keys(record(record(NetworkSettings)['Networks'])).toSorted(),
    },
    { ...now, networks: isAlone ? undefined : networks.map(({ network }) => network).toSorted() },
  )
}

type Fields = Readonly<Record<string, unknown>>

function viewOf(config: Fields, host: Fields, brought: Fields): Fields {
  const own = (field: string): unknown => {
    const value = some(config[field])
    return same(value, some(brought[field])) ? undefined : value
  }
  const broughtVariables = new Set(list(brought['Env']))
  const broughtLabels = record(brought['Labels'])
  const variables = list(config['Env']).filter((entry) => !broughtVariables.has(entry))
  const labels = Object.entries(record(config['Labels'])).filter(
    ([name, value]) => !/^(com\.docker\.compose|dev\.bulkhead)\./.test(name) && broughtLabels[name] !== value,
  )
  return {
    image: config['Image'],
    command: own('Cmd'),
    entrypoint: own('Entrypoint'),
    environment: Object.fromEntries(variables.map(split)),
    labels: Object.fromEntries(labels),
    hostname: some(config['Hostname']),
    domainname: some(config['Domainname']),
    user: own('User'),
    working_dir: own('WorkingDir'),
    healthcheck: own('Healthcheck'),
    stop_signal: own('StopSignal'),
    tty: some(config['Tty']),
    stdin_open: some(config['OpenStdin']),
    ports: portsOf(record(host['PortBindings'])),
    volumes: [
      ...list(host['Binds']).map(text),
      ...list(host['Mounts']).filter(isNamed).map(mountOf),
    ].toSorted(),
    restart: some(
      record(host['RestartPolicy'])['Name'] === 'no' ? '' : record(host['RestartPolicy'])['Name'],
    ),
    ...Object.fromEntries(Object.entries(hostFields).map(([field, name]) => [name, some(host[field])])),
  }
}

/** Fields of `HostConfig` that the engine leaves empty unless they are asked for. */
const hostFields: Readonly<Record<string, string>> = {
  CapAdd: 'cap_add',
  CapDrop: 'cap_drop',
  CpuShares: 'cpu_shares',
  CpusetCpus: 'cpuset',
  Devices: 'devices',
  Dns: 'dns',
  DnsOptions: 'dns_opt',
  DnsSearch: 'dns_search',
  ExtraHosts: 'extra_hosts',
  GroupAdd: 'group_add',
  Init: 'init',
  Memory: 'mem_limit',
  MemoryReservation: 'mem_reservation',
  NanoCpus: 'cpus',
  PidMode: 'pid',
  Privileged: 'privileged',
  ReadonlyRootfs: 'read_only',
  SecurityOpt: 'security_opt',
  Sysctls: 'sysctls',
  Tmpfs: 'tmpfs',
  Ulimits: 'ulimits',
  UsernsMode: 'userns_mode',
  VolumesFrom: 'volumes_from',
}

function portsOf(bindings: Fields): readonly string[] {
  return Object.entries(bindings)
    .flatMap(([target, published]) =>
      list(published).map((binding) => {
        const { HostIp, HostPort } = record(binding)
        return `${some(HostIp) === undefined ? '' : `${text(HostIp)}:`}${text(HostPort)}:${target}`
      }),
    )
    .toSorted()
}

/** An anonymous volume is handed on from container to container: it is no change. */
function isNamed(mount: unknown): boolean {
  return !/^[0-9a-f]{64}$/.test(text(record(mount)['Source']))
}

function mountOf(mount: unknown): string {
  const { Type, Source, Target, ReadOnly } = record(mount)
  const source = Source === undefined ? '' : `${text(Source)}:`
  return `${text(Type)} ${source}${text(Target)}${ReadOnly === true ? ':ro' : ''}`
}

function split(entry: unknown): readonly [string, string] {
  const variable = text(entry)
  const at = variable.indexOf('=')
  return at < 0 ? [variable, ''] : [variable.slice(0, at), variable.slice(at + 1)]
}

/** The value where it says something: the engine writes null, nothing and 0 alike. */
function some(value: unknown): unknown {
  if (value === null || value === '' || value === 0 || value === false) return undefined
  if (typeof value === 'object' && value !== undefined && Object.keys(value).length === 0) return undefined
  return value
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function record(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}
