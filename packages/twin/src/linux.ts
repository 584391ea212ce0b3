import { list, object, text } from './json.ts'
import type { Json } from './json.ts'
import { Refusal } from './refusal.ts'
import type { Rules, Words } from './rules.ts'

/** The releases whose words and ways are known here. */
export type LinuxRelease = '26' | '20'

/** A Linux engine, Docker 26.1 or 20.10. */
export function linuxRules(release: LinuxRelease): Rules {
  const is26 = release === '26'
  return {
    os: 'linux',
    version: is26 ? '26.1.5' : '20.10.24',
    apiVersion: is26 ? '1.45' : '1.41',
    minApiVersion: is26 ? '1.24' : '1.12',
    architecture: 'amd64',
    words: is26 ? words26 : words20,
    predefinedNetworks: { bridge: 'bridge', host: 'host', none: 'null' },
    defaultNetwork: 'bridge',
    defaultDriver: 'bridge',
    networkDrivers: ['bridge', 'host', 'ipvlan', 'macvlan', 'null', 'overlay'],
    runtimes: is26 ? ['io.containerd.runc.v2', 'runc', 'runsc'] : ['runc', 'runsc'],
    defaultRuntime: 'runc',
    manyNetworksAtCreate: is26,
    shortIdAlias: !is26,
    uniqueNetworkNames: is26,
    dieFirst: !is26,
    executionTime: is26,
    labelsAnonymousVolumes: is26,
    tellsEveryVolume: !is26,
    hostConfig: (given) => hostConfig(given, is26),
    checkHostConfig: (given) => checkHostConfig(given, is26 ? words26 : words20),
    info: () => ({
      OperatingSystem: 'Debian GNU/Linux 12 (bookworm)',
      OSVersion: '12',
      OSType: 'linux',
      Architecture: 'x86_64',
      KernelVersion: '6.1.0',
      CgroupDriver: 'cgroupfs',
      CgroupVersion: '1',
      Runtimes: {
        ...(is26 ? { 'io.containerd.runc.v2': { path: 'runc' } } : {}),
        runc: { path: 'runc' },
        runsc: { path: '/usr/bin/runsc' },
      },
      DefaultRuntime: 'runc',
      Isolation: '',
      SecurityOptions: ['name=seccomp,profile=builtin'],
      Plugins: {
        Volume: ['local'],
        Network: ['bridge', 'host', 'ipvlan', 'macvlan', 'null', 'overlay'],
        Authorization: null,
        Log: ['json-file', 'local'],
      },
    }),
  }
}

const words26: Words = {
  invalidFilter: (name) => new Refusal(400, `invalid filter '${name}'`),
  unreadableFilters: () => new Refusal(400, 'invalid filter'),
  noSuchContainer: (name) => new Refusal(404, `No such container: ${name}`),
  notRunning: (id) => new Refusal(409, `container ${id} is not running`),
  cannotKill: (name, why) => new Refusal(why.status, `cannot kill container: ${name}: ${why.message}`),
  invalidSignal: (name, signal) =>
    new Refusal(400, `cannot kill container: ${name}: invalid signal: ${signal}`),
  removeRunning: (_id, name) =>
    new Refusal(
      409,
      `cannot remove container "/${name}": container is running: stop the container before removing or force remove`,
    ),
  removePaused: (_id, name) =>
    new Refusal(409, `cannot remove container "/${name}": container is paused and must be unpaused first`),
  unknownRuntime: (name) => new Refusal(400, `unknown or invalid runtime name: ${name}`),
  invalidRestartPolicy: (name) =>
    new Refusal(
      400,
      `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`,
    ),
  emptyConfig: () => new Refusal(400, 'config cannot be empty in order to create a container'),
  noSuchImage: (_given, full) => new Refusal(404, `No such image: ${full}`),
  upperCaseName: (repository) =>
    new Refusal(400, `invalid reference format: repository name (${repository}) must be lowercase`),
  programMissing: (program) => `failed to create task for container: ${missing(program)}`,
  manyNetworks: (names) => manyNetworks(names),
  networkNameMissing: () => new Refusal(400, 'invalid name: '),
  invalidSubnet: (subnet) =>
    new Refusal(400, `invalid network config:\ninvalid subnet ${subnet}: invalid CIDR block notation`),
  invalidCondition: (condition) => new Refusal(400, `invalid condition: "${condition}"`),
}

const words20: Words = {
  ...words26,
  invalidFilter: (name) => new Refusal(400, `Invalid filter '${name}'`),
  unreadableFilters: (given) =>
    new Refusal(500, `invalid character '${given.slice(0, 1)}' looking for beginning of value`),
  notRunning: (id) => new Refusal(409, `Container ${id} is not running`),
  cannotKill: (name, why) => new Refusal(why.status, `Cannot kill container: ${name}: ${why.message}`),
  invalidSignal: (_name, signal) => new Refusal(400, `Invalid signal: ${signal}`),
  removeRunning: (id) =>
    new Refusal(
      409,
      `You cannot remove a running container ${id}. Stop the container before attempting removal or force remove`,
    ),
  removePaused: (id) =>
    new Refusal(
      409,
      `You cannot remove a paused container ${id}. Unpause and then stop the container before attempting removal or force remove`,
    ),
  unknownRuntime: (name) => new Refusal(400, `Unknown runtime specified ${name}`),
  invalidRestartPolicy: (name) => new Refusal(400, `invalid restart policy '${name}'`),
  emptyConfig: () => new Refusal(400, 'Config cannot be empty in order to create a container'),
  noSuchImage: (given, full) => new Refusal(404, `no such image: ${given}: No such image: ${full}`),
  upperCaseName: () => new Refusal(400, 'invalid reference format: repository name must be lowercase'),
  programMissing: (program) => missing(program),
  networkNameMissing: () => new Refusal(500, 'invalid name: '),
  invalidSubnet: (subnet) => new Refusal(500, `Invalid subnet ${subnet} : invalid CIDR address: ${subnet}`),
  invalidCondition: () => undefined,
}

function manyNetworks(names: readonly string[]): Refusal {
  return new Refusal(
    400,
    `Container cannot be connected to network endpoints: ${[...names].sort().join(', ')}`,
  )
}

function missing(program: string): string {
  const why = program.includes('/')
    ? `stat ${program}: no such file or directory`
    : 'executable file not found in $PATH'
  return `failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "${program}": ${why}: unknown`
}

const policies = ['', 'no', 'always', 'on-failure', 'unless-stopped']

function checkHostConfig(given: Json, words: Words): void {
  const isolation = text(given['Isolation'])
  if (isolation !== '' && isolation !== 'default')
    throw new Refusal(500, `Invalid isolation: "${isolation}" - linux only supports 'default'`)
  const policy = text(object(given['RestartPolicy'])['Name'])
  if (!policies.includes(policy)) throw words.invalidRestartPolicy(policy)
  if (given['AutoRemove'] === true && policy !== '' && policy !== 'no')
    throw new Refusal(400, "can't create 'AutoRemove' container with restart policy")
}

/** Every member that the engine shows, filled in where nothing was given. */
function hostConfig(given: Json, is26: boolean): Json {
  const policy = object(given['RestartPolicy'])
  const name = text(policy['Name'])
  return {
    Binds: null,
    ContainerIDFile: '',
    VolumeDriver: '',
    VolumesFrom: null,
    ConsoleSize: [0, 0],
    CapAdd: null,
    CapDrop: null,
    CgroupnsMode: 'host',
    Dns: null,
    DnsOptions: null,
    DnsSearch: null,
    ExtraHosts: null,
    GroupAdd: null,
    IpcMode: 'private',
    Cgroup: '',
    Links: null,
    OomScoreAdj: 0,
    PidMode: '',
    Privileged: false,
    PublishAllPorts: false,
    ReadonlyRootfs: false,
    SecurityOpt: null,
    UTSMode: '',
    UsernsMode: '',
    CpuShares: 0,
    Memory: 0,
    NanoCpus: 0,
    CgroupParent: '',
    BlkioWeight: 0,
    BlkioWeightDevice: null,
    BlkioDeviceReadBps: null,
    BlkioDeviceWriteBps: null,
    BlkioDeviceReadIOps: null,
    BlkioDeviceWriteIOps: null,
    CpuPeriod: 0,
    CpuQuota: 0,
    CpuRealtimePeriod: 0,
    CpuRealtimeRuntime: 0,
    CpusetCpus: '',
    CpusetMems: '',
    Devices: null,
    DeviceCgroupRules: null,
    DeviceRequests: null,
    ...(is26 ? {} : { KernelMemory: 0, KernelMemoryTCP: 0 }),
    MemoryReservation: 0,
    MemorySwap: 0,
    MemorySwappiness: null,
    OomKillDisable: false,
    PidsLimit: null,
    Ulimits: null,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
    AutoRemove: false,
    ...given,
    LogConfig: { Type: 'json-file', Config: {}, ...object(given['LogConfig']) },
    NetworkMode: networkMode(given),
    PortBindings: portBindings(given),
    RestartPolicy: {
      Name: name === '' && is26 ? 'no' : name,
      MaximumRetryCount: policy['MaximumRetryCount'] ?? 0,
    },
    ShmSize: given['ShmSize'] === undefined || given['ShmSize'] === 0 ? 67_108_864 : given['ShmSize'],
    Runtime: text(given['Runtime']) === '' ? 'runc' : given['Runtime'],
    Isolation: text(given['Isolation']),
    MaskedPaths: given['MaskedPaths'] ?? maskedPaths(given, is26),
    ReadonlyPaths: given['ReadonlyPaths'] ?? (given['Privileged'] === true ? null : readonlyPaths),
  }
}

function networkMode(given: Json): string {
  const mode = text(given['NetworkMode'])
  return mode === '' ? 'default' : mode
}

function portBindings(given: Json): Json {
  return Object.fromEntries(
    Object.entries(object(given['PortBindings'])).map(([port, bindings]) => [
      port,
      list(bindings).map((one) => ({ HostIp: '', HostPort: '', ...object(one) })),
    ]),
  )
}

const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']

function maskedPaths(given: Json, is26: boolean): readonly string[] | null {
  if (given['Privileged'] === true) return null
  return [
    '/proc/asound',
    '/proc/acpi',
    '/proc/kcore',
    '/proc/keys',
    '/proc/latency_stats',
    '/proc/timer_list',
    '/proc/timer_stats',
    '/proc/sched_debug',
    '/proc/scsi',
    '/sys/firmware',
    ...(is26 ? ['/sys/devices/virtual/powercap'] : []),
  ]
}
