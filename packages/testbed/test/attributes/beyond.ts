import type { Case } from './cases.ts'

/** What Compose 2.26 does not know or cannot do: held to what the specification says, not to what it makes. */
export interface Beyond extends Case {
  /** Differences on purpose that it shows. */
  readonly differences?: readonly string[]
  /** What the engine must have, as a part of the inspection. */
  readonly expects: Readonly<Record<string, unknown>>
  /** Only below this API. */
  readonly before?: string
}

export const beyond: readonly Beyond[] = [
  {
    service: 'labelfile',
    covers: ['label_file'],
    yaml: `
      label_file: some.labels
      labels: { tier: front }`,
    expects: { Config: { Labels: { 'from.file': 'yes', tier: 'front' } } },
  },
  {
    service: 'rawfile',
    covers: ['env_file.*.format'],
    yaml: `env_file: [{ path: raw.env, format: raw }]`,
    expects: {
      Config: {
        Env: ['RAW="kept as is"', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      },
    },
  },
  {
    service: 'labeled',
    covers: ['volumes.*.volume.labels'],
    yaml: `volumes: [{ type: volume, target: /labeled, volume: { labels: { keep: 'yes' } } }]`,
    expects: { HostConfig: { Mounts: [{ VolumeOptions: { Labels: { keep: 'yes' } } }] } },
  },
  {
    service: 'allgpus',
    covers: ['gpus'],
    yaml: `gpus: all`,
    expects: { HostConfig: { DeviceRequests: [{ Count: -1, Capabilities: [['gpu']] }] } },
  },
  {
    service: 'gpulist',
    covers: [
      'gpus',
      'gpus.*.driver',
      'gpus.*.count',
      'gpus.*.options',
      'gpus.*.device_ids',
      'gpus.*.capabilities',
    ],
    yaml: `gpus: [{ driver: acme, count: 2, options: { a: b } }, { device_ids: ['1'], capabilities: [utility] }]`,
    expects: {
      HostConfig: {
        DeviceRequests: [
          { Driver: 'acme', Count: 2, Capabilities: [['gpu']], Options: { a: 'b' } },
          { Count: 0, DeviceIDs: ['1'], Capabilities: [['utility', 'gpu']] },
        ],
      },
    },
  },
  {
    service: 'attempts',
    covers: ['deploy.restart_policy.max_attempts'],
    differences: ['max-attempts'],
    yaml: `deploy: { restart_policy: { condition: any, max_attempts: 7 } }`,
    expects: { HostConfig: { RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } } },
  },
  {
    service: 'oldmac',
    covers: ['networks.*.mac_address'],
    before: '1.44',
    yaml: `networks: { front: { mac_address: '02:42:ac:11:65:45' } }`,
    expects: { Config: { MacAddress: '02:42:ac:11:65:45' } },
  },
  {
    service: 'placed',
    covers: ['configs.*.target'],
    yaml: `configs: [{ source: config, target: relative }]`,
    expects: { HostConfig: { Mounts: [{ Target: '/relative' }] } },
  },
]

/** Attributes that no inspection of a container here can show, and where else they are shown. */
export const elsewhere: Readonly<Record<string, string>> = {
  'services.*.cpu_rt_period': 'this kernel has no real-time groups: refused, see the checks',
  'services.*.cpu_rt_runtime': 'this kernel has no real-time groups: refused, see the checks',
  'services.*.credential_spec': 'for Windows engines',
  'services.*.credential_spec.config': 'for Windows engines',
  'services.*.credential_spec.file': 'for Windows engines',
  'services.*.credential_spec.registry': 'for Windows engines',
  'services.*.storage_opt': 'needs xfs with quotas: refused, see the checks',
  'services.*.networks.*.gw_priority': 'needs API 1.48: refused, see the checks',
  'services.*.networks.*.interface_name': 'needs API 1.49: refused, see the checks',
  'services.*.volumes.*.image': 'needs API 1.48: refused, see the checks',
  'services.*.volumes.*.image.subpath': 'needs API 1.48: refused, see the checks',
  'services.*.secrets.*.uid': 'written into the container',
  'services.*.secrets.*.gid': 'written into the container',
  'services.*.secrets.*.mode': 'written into the container',
  'services.*.configs.*.uid': 'written into the container',
  'services.*.configs.*.gid': 'written into the container',
  'services.*.configs.*.mode': 'written into the container',
  'services.*.deploy.update_config': 'followed by the loop, on no container',
  'services.*.deploy.update_config.delay': 'followed by the loop, on no container',
  'services.*.deploy.update_config.failure_action': 'followed by the loop, on no container',
  'services.*.deploy.update_config.max_failure_ratio': 'followed by the loop, on no container',
  'services.*.deploy.update_config.monitor': 'followed by the loop, on no container',
  'services.*.deploy.update_config.order': 'followed by the loop, on no container',
  'services.*.deploy.update_config.parallelism': 'followed by the loop, on no container',
  'services.*.deploy.rollback_config': 'followed by the loop, on no container',
  'services.*.deploy.rollback_config.delay': 'followed by the loop, on no container',
  'services.*.deploy.rollback_config.failure_action': 'followed by the loop, on no container',
  'services.*.deploy.rollback_config.max_failure_ratio': 'followed by the loop, on no container',
  'services.*.deploy.rollback_config.monitor': 'followed by the loop, on no container',
  'services.*.deploy.rollback_config.order': 'followed by the loop, on no container',
  'services.*.deploy.rollback_config.parallelism': 'followed by the loop, on no container',
  'services.*.x-bulkhead.drain': 'followed by the loop, on no container',
  'services.*.deploy.resources.reservations.generic_resources': 'nothing is scheduled',
  'services.*.deploy.resources.reservations.generic_resources.*.discrete_resource_spec':
    'nothing is scheduled',
  'services.*.deploy.resources.reservations.generic_resources.*.discrete_resource_spec.kind':
    'nothing is scheduled',
  'services.*.deploy.resources.reservations.generic_resources.*.discrete_resource_spec.value':
    'nothing is scheduled',
  'services.*.profiles': 'decides which services there are',
  'services.*.pull_policy': 'decides where the image is from',
  'services.*.pull_refresh_after': 'decides when an image is pulled',
  'services.*.attach': 'decides what `up` shows',
  'services.*.provider': 'for programs outside the engine',
  'services.*.provider.type': 'for programs outside the engine',
  'services.*.provider.options': 'for programs outside the engine',
  'services.*.x-bulkhead.drift': 'for the loop, not for the engine',
  'services.*.x-bulkhead.health': 'for the loop, not for the engine',
  'services.*.x-bulkhead.health.on_unhealthy': 'for the loop, not for the engine',
  'services.*.x-bulkhead.health.retries': 'for the loop, not for the engine',
  'services.*.x-bulkhead.health.window': 'for the loop, not for the engine',
  'services.*.x-bulkhead': 'decides the isolation',
  'services.*.x-bulkhead.trust': 'decides the isolation',
  'networks.*.enable_ipv4': 'needs API 1.48: refused, see the checks',
  'networks.*.external': 'is not made',
  'networks.*.external.name': 'is not made',
  'volumes.*.external': 'is not made',
  'volumes.*.external.name': 'is not made',
}
