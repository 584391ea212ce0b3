import type { ContainerSettings, Service } from '@bulkhead/model'
import { bytes } from '../units.ts'
import { ownerOf } from '../names.ts'
import { present } from '../present.ts'
import { devices } from './devices.ts'
import type { HostConfigInput } from './input.ts'
import { links } from './links.ts'
import { mounts, tmpfs } from './mounts.ts'
import { portBindings } from './ports.ts'
import { security } from './security.ts'

/** `HostConfig` of the Engine API. */
export function hostConfig(input: HostConfigInput): Readonly<Record<string, unknown>> {
  const { service, profile, capabilities, network } = input
  const { Binds, Mounts } = mounts(input)
  return present({
    NetworkMode: network,
    Runtime: capabilities.os === 'windows' ? undefined : profile.runtime,
    Isolation: capabilities.os === 'windows' ? profile.isolation : undefined,
    Binds,
    Mounts,
    Tmpfs: tmpfs(service),
    VolumesFrom: volumesFrom(input),
    PortBindings: portBindings(service),
    PublishAllPorts: false,
    RestartPolicy: restartPolicy(service),
    LogConfig: service.logging && {
      Type: service.logging.driver ?? '',
      Config: service.logging.options ?? {},
    },
    CapAdd: service.cap_add,
    CapDrop: service.cap_drop,
    Privileged: service.privileged ?? false,
    ReadonlyRootfs: service.read_only ?? false,
    ...security(input),
    GroupAdd: service.group_add,
    UsernsMode: service.userns_mode,
    UTSMode: service.uts,
    PidMode: namespace(input, service.pid),
    IpcMode: namespace(input, service.ipc),
    CgroupnsMode: service.cgroup,
    CgroupParent: service.cgroup_parent,
    Dns: service.dns,
    DnsOptions: service.dns_opt,
    DnsSearch: service.dns_search,
    ExtraHosts: (service.extra_hosts ?? []).map((entry) => entry.replace('=', ':')),
    Links: links(input),
    Sysctls: service.sysctls,
    StorageOpt: service.storage_opt,
    Init: service.init,
    OomKillDisable: service.oom_kill_disable,
    OomScoreAdj: service.oom_score_adj,
    ShmSize: service.shm_size === undefined ? undefined : bytes(service.shm_size),
    Ulimits: ulimits(service),
    ...devices(service),
    ...resources(service),
    ...(capabilities.os === 'windows' ? windowsProcessors(service) : {}),
    ...blockIo(service),
    Annotations: service.annotations,
  })
}

function namespace(input: HostConfigInput, mode: string | undefined): string | undefined {
  return mode?.startsWith('service:') === true ? `container:${ownerOf(input, mode)}` : mode
}

function volumesFrom(input: HostConfigInput): readonly string[] | undefined {
  return input.service.volumes_from?.map((entry) => {
    if (entry.startsWith('container:')) return entry.slice('container:'.length)
    const [name = '', access] = entry.split(':')
    const owner = ownerOf(input, `service:${name}`)
    return access === undefined ? owner : `${owner}:${access}`
  })
}

/** @see https://github.com/compose-spec/compose-spec/blob/main/deploy.md#restart_policy */
function restartPolicy({ restart, deploy }: Service): Readonly<Record<string, unknown>> | undefined {
  const policy = deploy?.restart_policy
  if (policy === undefined) {
    if (restart === undefined) return undefined
    const [name = 'no', retries] = restart.split(':')
    return { Name: name, MaximumRetryCount: Number(retries ?? 0) }
  }
  const names: Readonly<Record<string, string>> = { any: 'always', 'on-failure': 'on-failure', none: 'no' }
  const name = names[policy.condition ?? 'any'] ?? policy.condition
  return { Name: name, MaximumRetryCount: name === 'on-failure' ? (policy.max_attempts ?? 0) : 0 }
}

/** What of a service's settings may be changed while its container runs, as the engine shows it. */
export function wantedSettings(service: Service): ContainerSettings {
  const { Name: name = 'no', MaximumRetryCount: most = 0 } = restartPolicy(service) ?? {}
  const { Memory, MemorySwap, MemoryReservation, NanoCpus, CpuShares, CpusetCpus, PidsLimit } =
    resources(service)
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0)
  return {
    restart: name === 'on-failure' && number(most) > 0 ? `${name}:${number(most)}` : String(name),
    memory: number(Memory),
    // As much again, where the file does not say.
    memorySwap: number(MemorySwap) === 0 ? 2 * number(Memory) : number(MemorySwap),
    memoryReservation: number(MemoryReservation),
    nanoCpus: number(NanoCpus),
    cpuShares: number(CpuShares),
    cpuset: typeof CpusetCpus === 'string' ? CpusetCpus : '',
    pidsLimit: Math.max(0, number(PidsLimit)),
  }
}

function resources(service: Service): Readonly<Record<string, unknown>> {
  const limits = service.deploy?.resources?.limits
  const reservations = service.deploy?.resources?.reservations
  const size = (value: string | undefined): number | undefined =>
    value === undefined ? undefined : bytes(value)
  const cpus = service.cpus ?? limits?.cpus
  return {
    NanoCpus: cpus === undefined ? undefined : Math.round(Number(cpus) * 1e9),
    CpuShares: service.cpu_shares,
    CpuPeriod: service.cpu_period,
    CpuQuota: service.cpu_quota,
    CpuRealtimePeriod: service.cpu_rt_period,
    CpuRealtimeRuntime: service.cpu_rt_runtime,
    CpusetCpus: service.cpuset,
    Memory: size(service.mem_limit ?? limits?.memory),
    MemoryReservation: size(service.mem_reservation ?? reservations?.memory),
    MemorySwap: size(service.memswap_limit),
    MemorySwappiness: service.mem_swappiness === undefined ? undefined : Number(service.mem_swappiness),
    PidsLimit: service.pids_limit ?? limits?.pids,
  }
}

/** Unlike Compose's, the part of all CPUs is not multiplied by 100: the engine takes 1 to 100. */
function windowsProcessors({ cpu_count, cpu_percent }: Service): Readonly<Record<string, unknown>> {
  return { CpuCount: cpu_count, CpuPercent: cpu_percent }
}

function blockIo({ blkio_config: config }: Service): Readonly<Record<string, unknown>> {
  if (config === undefined) return {}
  const rates = (devices: typeof config.device_read_bps): unknown =>
    devices?.map(({ path, rate }) => ({ Path: path, Rate: bytes(rate) }))
  return {
    BlkioWeight: config.weight,
    BlkioWeightDevice: config.weight_device?.map(({ path, weight }) => ({ Path: path, Weight: weight })),
    BlkioDeviceReadBps: rates(config.device_read_bps),
    BlkioDeviceReadIOps: rates(config.device_read_iops),
    BlkioDeviceWriteBps: rates(config.device_write_bps),
    BlkioDeviceWriteIOps: rates(config.device_write_iops),
  }
}

function ulimits({ ulimits: limits }: Service): readonly unknown[] | undefined {
  if (limits === undefined) return undefined
  return Object.entries(limits).map(([Name, limit]) =>
    typeof limit === 'number'
      ? { Name, Soft: limit, Hard: limit }
      : { Name, Soft: limit.soft, Hard: limit.hard },
  )
}
