import { build, develop, provider, serviceModels } from './build.ts'
import { bulkheadService } from './bulkhead.ts'
import { credentialSpec, deploy, healthcheck, logging } from './deploy.ts'
import { serviceNetworks, servicePorts, serviceVolumes } from './attachment.ts'
import {
  blkioConfig,
  deviceRequests,
  openOptions,
  fileReferences,
  hooks,
  hostEntries,
  initHooks,
  ulimits,
} from './shared.ts'
import {
  bytes,
  choice,
  commandLine,
  duration,
  either,
  field,
  fields,
  flag,
  integer,
  list,
  nothing,
  number,
  pairs,
  set,
  strict,
  table,
  text,
  texts,
  within,
  type Fields,
} from './shape.ts'
import { linuxOnly, loader, modelNote, refused, windowsOnly } from './support.ts'

const condition = choice('service_started', 'service_healthy', 'service_completed_successfully')

const dependency = fields(
  'a dependency',
  {
    condition: field(condition, 'What has to be so before this service starts.'),
    required: field(flag, 'Whether the project fails without it.'),
    restart: field(flag, 'Restart this service after the other was replaced or restarted.'),
  },
  ['condition'],
)

const envFile = fields(
  'an env file',
  {
    format: field(text, 'raw: values are taken as they are.'),
    path: field(text, 'Path of the file.'),
    required: field(flag, 'Whether the project fails when it is missing.'),
  },
  ['path'],
)

const device = fields(
  'a device',
  {
    permissions: field(text, 'Any of r, w and m.'),
    source: field(text, 'The device on the host, or the name of a CDI device.'),
    target: field(text, 'The device in the container.'),
  },
  ['source'],
)

const extended = fields(
  'an extends',
  {
    file: field(either(text, nothing), 'File that the other service is in; absent: this one.'),
    service: field(text, 'Name of the other service.'),
  },
  ['service'],
)

/** A service: every attribute in each of its spellings. */
export const service: Fields = fields('a service', {
  annotations: field(pairs, 'Annotations of the container, for its runtime.', linuxOnly()),
  attach: field(flag, 'Whether `up` shows its output.'),
  blkio_config: field(blkioConfig, 'Limits of block I/O.', linuxOnly()),
  build: field(build, 'How the image is built.'),
  cap_add: field(list(text), 'Capabilities that the container gets.', linuxOnly()),
  cap_drop: field(list(text), 'Capabilities that the container loses.', linuxOnly()),
  cgroup: field(choice('host', 'private'), 'Namespace of control groups.', linuxOnly()),
  cgroup_parent: field(text, 'Control group above that of the container.', linuxOnly()),
  command: field(commandLine, 'Command of the container; overrides that of the image.'),
  configs: field(fileReferences, 'Configs that the container sees as files.'),
  container_name: field(text, 'Name of the container; allows one replica only.'),
  cpu_count: field(within(integer, 0), 'How many CPUs.', windowsOnly()),
  cpu_percent: field(within(number, 0, 100), 'Part of all CPUs.', windowsOnly()),
  cpu_period: field(number, 'Period of the CPU scheduler, in microseconds.', linuxOnly()),
  cpu_quota: field(number, 'Quota of the CPU scheduler, in microseconds.', linuxOnly()),
  cpu_rt_period: field(number, 'Period of the real-time scheduler.', linuxOnly()),
  cpu_rt_runtime: field(number, 'Quota of the real-time scheduler.', linuxOnly()),
  cpu_shares: field(number, 'Share of CPU time against other containers.'),
  cpus: field(number, 'The most CPUs, as a decimal number.'),
  cpuset: field(text, 'CPUs that may be used, as in 0-3 or 0,2.', linuxOnly()),
  credential_spec: field(credentialSpec, 'Credentials of a managed service account.', {
    linux: 'ignored',
    windows: 'works',
    note: 'A security option of the engine; Compose sends none. On Linux: a warning.',
  }),
  depends_on: field(
    either(set(text), table(dependency)),
    'Services that come first.',
    loader('Kept by Bulkhead: at start, after changes and after an engine restart.'),
  ),
  deploy: field(deploy, 'How many containers, with which resources.'),
  develop: field(develop, 'What to do when sources change.'),
  device_cgroup_rules: field(set(text), 'Rules for access to devices.', linuxOnly()),
  devices: field(list(either(text, device)), 'Devices of the host.', linuxOnly()),
  dns: field(texts, 'Name servers.'),
  dns_opt: field(list(text), 'Options of the resolver.', linuxOnly()),
  dns_search: field(texts, 'Search domains.'),
  domainname: field(text, 'Domain name of the container.'),
  entrypoint: field(commandLine, 'Entrypoint of the container; overrides that of the image.'),
  env_file: field(
    either(text, list(either(text, envFile))),
    'Files with variables.',
    loader('The variables go into `environment`.'),
  ),
  environment: field(pairs, 'Variables of the container.'),
  expose: field(list(either(text, strict(number))), 'Ports that other services may use.'),
  extends: field(
    either(text, extended),
    'Another service that this one builds on.',
    loader('Resolved when the project is loaded.'),
  ),
  external_links: field(set(text), 'Containers outside of the project that are linked.', linuxOnly()),
  extra_hosts: field(hostEntries, 'Names and addresses for the hosts file.'),
  gpus: field(either(choice('all'), deviceRequests([])), 'GPUs of the container.', linuxOnly()),
  group_add: field(set(either(text, strict(integer))), 'Further groups of the user.', linuxOnly()),
  healthcheck: field(healthcheck, 'How to tell whether the service is well.'),
  hostname: field(text, 'Host name of the container.'),
  image: field(text, 'Image that the container is made from.'),
  init: field(flag, 'Run an init process that reaps processes.', linuxOnly()),
  ipc: field(text, 'Namespace of shared memory.', linuxOnly()),
  isolation: field({ kind: 'text' }, 'The wall around the service: default, process, hyperv or auto.', {
    linux: 'works',
    windows: 'works',
    note: 'On Linux hyperv chooses a runtime that gives the service its own kernel; see the isolation reference.',
  }),
  label_file: field(texts, 'Files with labels.', loader('The labels go into `labels`.')),
  labels: field(pairs, 'Labels of the container.'),
  links: field(set(text), 'Services that are reached under another name.'),
  logging: field(logging, 'Where the output goes.'),
  mac_address: field(text, 'Hardware address of the container.'),
  mem_limit: field(bytes, 'The most memory.'),
  mem_reservation: field(either(integer, text), 'Memory that is kept free.', linuxOnly()),
  mem_swappiness: field(
    either(integer, text),
    'How readily memory is swapped out, from 0 to 100.',
    linuxOnly(),
  ),
  memswap_limit: field(bytes, 'The most memory and swap together; -1 for no limit.', linuxOnly()),
  models: field(serviceModels, 'Models that the service uses.', loader(modelNote)),
  network_mode: field(text, 'none, host, bridge, service:NAME or container:NAME.', {
    linux: 'works',
    windows: 'works',
    note: 'A Windows engine has no host network, and shares none with a service under hyperv.',
  }),
  networks: field(serviceNetworks, 'Networks that the service is on.'),
  oom_kill_disable: field(flag, 'Never kill it when memory runs out.', linuxOnly()),
  oom_score_adj: field(
    within(integer, -1000, 1000),
    'How readily it is killed when memory runs out.',
    linuxOnly(),
  ),
  pid: field(either(text, nothing), 'Namespace of processes.', linuxOnly()),
  pids_limit: field(number, 'The most processes.', linuxOnly()),
  platform: field(text, 'Platform of the image.'),
  ports: field(servicePorts, 'Ports that are published on the host.'),
  post_start: field(
    hooks,
    'Commands that run after the container started.',
    loader('After every start, whoever made it. What fails is tried again; dependents wait.'),
  ),
  pre_start: field(
    initHooks,
    'Commands that run before the container starts, each in a container of its own.',
    loader('Before the first start of what the service is now: again when anything of it changed.'),
  ),
  pre_stop: field(
    hooks,
    'Commands that run before the container stops.',
    loader('Before every stop by Bulkhead, replacement and scale-down too; those it was made with.'),
  ),
  privileged: field(flag, 'Give the container all privileges.', linuxOnly()),
  profiles: field(
    list(text),
    'Profiles that switch the service on.',
    loader('Services of profiles that are off are left alone.'),
  ),
  provider: field(
    provider,
    'A program that provides the service.',
    loader(
      "A Docker plugin, or a program in the daemon's PATH. Runs again when its options change or with --force-recreate, not on every `up`. `stop` is called where its metadata has a `stop` block.",
    ),
  ),
  pull_policy: field(
    {
      kind: 'text',
      choices: ['always', 'never', 'missing', 'if_not_present', 'build', 'refresh', 'daily', 'weekly'],
      pattern: /^every_(?:\d+[wdhms])+$/,
    },
    'When to pull: always, never, missing, build, refresh, daily, weekly or every_<duration>.',
  ),
  pull_refresh_after: field(text, 'With pull_policy: refresh, the age from which an image is pulled again.'),
  read_only: field(flag, 'Make the file system of the container read-only.', linuxOnly()),
  restart: field(text, 'When the engine restarts it: no, always, on-failure[:N] or unless-stopped.'),
  runtime: field(text, 'OCI runtime; `isolation` chooses one where this is absent.', linuxOnly()),
  scale: field(integer, 'How many containers.'),
  secrets: field(fileReferences, 'Secrets that the container sees as files.'),
  security_opt: field(set(text), 'Options of the security modules.', {
    linux: 'works',
    windows: 'works',
    note: 'A Windows engine knows credentialspec alone.',
  }),
  shm_size: field(bytes, 'Size of /dev/shm.', linuxOnly()),
  stdin_open: field(flag, 'Keep standard input open.'),
  stop_grace_period: field(duration, 'How long it may take to stop.'),
  stop_signal: field(text, 'Signal that stops it.'),
  storage_opt: field(openOptions, 'Options of the storage driver.'),
  sysctls: field(pairs, 'Kernel parameters.', linuxOnly()),
  tmpfs: field(texts, 'Folders in memory.', linuxOnly()),
  tty: field(flag, 'Give it a terminal.'),
  ulimits: field(ulimits, 'Limits of processes.', linuxOnly()),
  use_api_socket: field(
    flag,
    'Let the service use the engine.',
    refused('It would hand out the machine and keep credentials; mount socket and secret yourself.'),
  ),
  user: field(text, 'User that runs the command.'),
  userns_mode: field(text, 'Namespace of users.', linuxOnly()),
  uts: field(text, 'Namespace of host names.', linuxOnly()),
  volumes: field(serviceVolumes, 'Volumes, folders of the host and folders in memory.'),
  volumes_from: field(set(text), 'Services or containers whose volumes are mounted.'),
  working_dir: field(text, 'Folder that the command runs in.'),
  'x-bulkhead': field(bulkheadService, 'What only Bulkhead does for the service.'),
})

/** Attributes of file formats before the specification, which Compose has dropped. */
export const formerServiceAttributes: Readonly<Record<string, string>> = {
  dockerfile: 'Write it under `build`.',
  log_driver: 'Write `logging: {driver: …}`.',
  log_opt: 'Write `logging: {options: …}`.',
  net: 'Write `network_mode`.',
  volume_driver: 'Name the driver of the volume under the top-level `volumes`.',
}
