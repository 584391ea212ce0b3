import {
  encodeRaw,
  isRecord,
  structure,
  type Encoded,
  type Encoder,
  type Nested,
  type Structure,
} from './encode.ts'

/** The structures of a project in the order in which Compose writes them. */

export const one = (rules: Structure): Nested => ({ as: 'one', of: structure(rules) })
const always = (rules: Structure): Nested => ({ as: 'always', of: structure(rules) })
const list = (rules: Structure): Nested => ({ as: 'list', of: structure(rules) })

const update = one({
  parallelism: 'given',
  delay: 'filled',
  failure_action: 'filled',
  monitor: 'filled',
  max_failure_ratio: 'float',
  order: 'filled',
})

const devices = list({
  capabilities: 'list',
  driver: 'filled',
  count: 'filled',
  device_ids: 'list',
  options: 'map',
})

const resource = one({
  cpus: 'float',
  memory: 'size',
  pids: 'filled',
  devices,
  generic_resources: list({ discrete_resource_spec: one({ kind: 'given', value: 'given' }) }),
})

export const deploy: Structure = {
  mode: 'filled',
  replicas: 'given',
  labels: 'map',
  update_config: update,
  rollback_config: update,
  resources: always({ limits: resource, reservations: resource }),
  restart_policy: one({ condition: 'filled', delay: 'given', max_attempts: 'given', window: 'given' }),
  placement: always({
    constraints: 'list',
    preferences: list({ spread: 'filled' }),
    max_replicas_per_node: 'filled',
  }),
  endpoint_mode: 'filled',
}

const hook: Structure = {
  command: 'words',
  user: 'filled',
  privileged: 'filled',
  working_dir: 'filled',
  environment: 'map',
}

const fileReference = list({
  source: 'filled',
  target: 'filled',
  uid: 'filled',
  gid: 'filled',
  mode: 'given',
})

const ulimit: Encoder = (value, format) => {
  if (!isRecord(value))
    return typeof value === 'number' && (value !== 0 || format === 'yaml') ? value : new Map()
  const rule = format === 'json' ? 'filled' : 'given'
  return structure({ soft: rule, hard: rule })(value, format)
}

/** Compose's keys are `id: path` here, in YAML and in JSON. */
const sshKey: Encoder = (value) => {
  if (typeof value === 'string') return value
  if (!isRecord(value)) return undefined
  const { id, path } = value
  return typeof path === 'string' && path !== '' ? `${String(id)}: ${path}` : String(id)
}

/** `ssh` stands as a mapping of keys to paths, or as a list. */
const ssh: Encoder = (value, format) => {
  const keys = isRecord(value)
    ? Object.keys(value)
        .sort()
        .map((id) => ({ id, path: value[id] }))
    : Array.isArray(value)
      ? value
      : []
  return keys.length === 0 ? undefined : keys.map((key: unknown) => sshKey(key, format) ?? null)
}

const build: Structure = {
  context: 'filled',
  dockerfile: 'filled',
  dockerfile_inline: 'filled',
  entitlements: 'list',
  args: 'map',
  provenance: 'filled',
  sbom: 'filled',
  ssh: { as: 'one', of: ssh },
  labels: 'map',
  cache_from: 'list',
  cache_to: 'list',
  no_cache: 'filled',
  no_cache_filter: 'list',
  additional_contexts: 'map',
  pull: 'filled',
  extra_hosts: 'list',
  isolation: 'filled',
  network: 'filled',
  target: 'filled',
  secrets: fileReference,
  shm_size: 'size',
  tags: 'list',
  ulimits: { as: 'map', of: ulimit },
  platforms: 'list',
  privileged: 'filled',
}

/** The keys of these two are capital in Compose's JSON. */
const device = (key: 'weight' | 'rate'): Nested => ({
  as: 'list',
  of: (value, format) => {
    const given = isRecord(value) ? value : {}
    const names = format === 'json' ? ['Path', key === 'weight' ? 'Weight' : 'Rate'] : ['path', key]
    return new Map<string, Encoded>([
      [names[0] ?? '', encodeRaw(given['path'] ?? '')],
      [names[1] ?? '', encodeRaw(given[key] ?? (key === 'rate' ? '0' : 0))],
    ])
  },
})

const blkio = one({
  weight: 'filled',
  weight_device: device('weight'),
  device_read_bps: device('rate'),
  device_read_iops: device('rate'),
  device_write_bps: device('rate'),
  device_write_iops: device('rate'),
})

const healthcheck = one({
  test: 'list',
  timeout: 'given',
  interval: 'given',
  retries: 'given',
  start_period: 'given',
  start_interval: 'given',
  disable: 'filled',
})

/** A required file in the default format is its path alone. */
const envFile: Encoder = (value, format) => {
  if (!isRecord(value)) return encodeRaw(value)
  const { path, required, format: kind } = value
  if (required !== false && kind === undefined && typeof path === 'string') return path
  return structure({ path: 'given', required: 'given', format: 'filled' })(value, format)
}

const port = list({
  name: 'filled',
  mode: 'filled',
  host_ip: 'filled',
  target: 'filled',
  published: 'filled',
  protocol: 'filled',
  app_protocol: 'filled',
})

export const volumeWith = (bind: Structure): Nested =>
  list({
    type: 'filled',
    source: 'filled',
    target: 'filled',
    read_only: 'filled',
    consistency: 'filled',
    bind: one(bind),
    volume: one({ labels: 'map', nocopy: 'filled', subpath: 'filled' }),
    tmpfs: one({ size: 'size', mode: 'filled' }),
    image: one({ subpath: 'filled' }),
  })

/** A network of a service, as Compose 2.26 knows it. */
export const formerServiceNetwork: Structure = {
  priority: 'filled',
  aliases: 'list',
  ipv4_address: 'filled',
  ipv6_address: 'filled',
  link_local_ips: 'list',
  mac_address: 'filled',
  driver_opts: 'map',
}

/** A service. */
export const service: Structure = {
  profiles: 'list',
  annotations: 'map',
  attach: 'given',
  build: one(build),
  develop: one({
    watch: list({
      path: 'given',
      action: 'given',
      target: 'filled',
      exec: always(hook),
      include: 'list',
      ignore: 'list',
      initial_sync: 'filled',
    }),
  }),
  blkio_config: blkio,
  cap_add: 'list',
  cap_drop: 'list',
  cgroup_parent: 'filled',
  cgroup: 'filled',
  cpu_count: 'filled',
  cpu_percent: 'float',
  cpu_period: 'filled',
  cpu_quota: 'filled',
  cpu_rt_period: 'filled',
  cpu_rt_runtime: 'filled',
  cpus: 'float',
  cpuset: 'filled',
  cpu_shares: 'filled',
  command: 'words',
  configs: fileReference,
  container_name: 'filled',
  credential_spec: one({ config: 'filled', file: 'filled', registry: 'filled' }),
  depends_on: {
    as: 'map',
    of: structure({ condition: 'filled', restart: 'filled', required: 'given' }),
  },
  deploy: one(deploy),
  device_cgroup_rules: 'list',
  devices: list({ source: 'filled', target: 'filled', permissions: 'filled' }),
  dns: 'list',
  dns_opt: 'list',
  dns_search: 'list',
  domainname: 'filled',
  entrypoint: 'words',
  provider: one({ type: 'filled', options: 'map' }),
  environment: 'map',
  env_file: { as: 'list', of: envFile },
  expose: 'list',
  extends: one({ file: 'filled', service: 'filled' }),
  external_links: 'list',
  extra_hosts: 'list',
  group_add: 'list',
  gpus: devices,
  hostname: 'filled',
  healthcheck,
  image: 'filled',
  init: 'given',
  ipc: 'filled',
  isolation: 'filled',
  labels: 'map',
  label_file: 'list',
  links: 'list',
  logging: one({ driver: 'filled', options: 'map' }),
  mem_limit: 'size',
  mem_reservation: 'size',
  memswap_limit: 'size',
  mem_swappiness: 'size',
  mac_address: 'filled',
  models: { as: 'map', of: structure({ endpoint_var: 'filled', model_var: 'filled' }) },
  network_mode: 'filled',
  networks: {
    as: 'map',
    of: structure({ ...formerServiceNetwork, gw_priority: 'filled', interface_name: 'filled' }),
  },
  oom_kill_disable: 'filled',
  oom_score_adj: 'filled',
  pid: 'filled',
  pids_limit: 'filled',
  platform: 'filled',
  ports: port,
  privileged: 'filled',
  pull_policy: 'filled',
  pull_refresh_after: 'filled',
  read_only: 'filled',
  restart: 'filled',
  runtime: 'filled',
  scale: 'given',
  secrets: fileReference,
  security_opt: 'list',
  shm_size: 'size',
  stdin_open: 'filled',
  stop_grace_period: 'given',
  stop_signal: 'filled',
  storage_opt: 'map',
  sysctls: 'map',
  tmpfs: 'list',
  tty: 'filled',
  ulimits: { as: 'map', of: ulimit },
  use_api_socket: 'filled',
  user: 'filled',
  userns_mode: 'filled',
  uts: 'filled',
  volumes: volumeWith({
    selinux: 'filled',
    propagation: 'filled',
    create_host_path: 'filled',
    recursive: 'filled',
  }),
  volumes_from: 'list',
  working_dir: 'filled',
  pre_start: list({ image: 'filled', ...hook, per_replica: 'given' }),
  post_start: list(hook),
  pre_stop: list(hook),
}

export const network: Structure = {
  name: 'filled',
  driver: 'filled',
  driver_opts: 'map',
  ipam: always({
    driver: 'filled',
    config: list({ subnet: 'filled', gateway: 'filled', ip_range: 'filled', aux_addresses: 'map' }),
  }),
  external: 'filled',
  internal: 'filled',
  attachable: 'filled',
  labels: 'map',
  enable_ipv4: 'given',
  enable_ipv6: 'given',
}

export const volume: Structure = {
  name: 'filled',
  driver: 'filled',
  driver_opts: 'map',
  external: 'filled',
  labels: 'map',
}

const fileObject = (content: Structure): Structure => ({
  name: 'filled',
  file: 'filled',
  environment: 'filled',
  ...content,
  external: 'filled',
  labels: 'map',
  driver: 'filled',
  driver_opts: 'map',
  template_driver: 'filled',
})

/** A secret: its value is never written. */
export const secret = structure(fileObject({}))

/** A config: one from a variable has its value in the environment, not in the file. */
export const config: Encoder = (value, format) =>
  isRecord(value) && value['environment'] === undefined
    ? configWithContent(value, format)
    : secret(value, format)

const configWithContent = structure(fileObject({ content: 'filled' }))

export const model: Structure = {
  name: 'filled',
  model: 'filled',
  context_size: 'size',
  runtime_flags: 'list',
}
