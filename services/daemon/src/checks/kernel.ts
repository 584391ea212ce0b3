import type { EngineFeatures, Service } from '@bulkhead/model'
import type { Rule, Shortfall } from './shortfall.ts'

/** A limit that the engine drops, with a warning that nobody reads, where its kernel has none of the kind. */
interface Limit {
  readonly attributes: readonly (readonly string[])[]
  readonly what: string
  readonly holds: (features: EngineFeatures) => boolean
}

const resources = ['deploy', 'resources']
const limits: readonly Limit[] = [
  {
    attributes: [
      ['mem_limit'],
      ['mem_reservation'],
      [...resources, 'limits', 'memory'],
      [...resources, 'reservations', 'memory'],
    ],
    what: 'a limit of memory',
    holds: ({ memoryLimit }) => memoryLimit,
  },
  {
    attributes: [['memswap_limit']],
    what: 'a limit of swap',
    holds: ({ memoryLimit, swapLimit }) => memoryLimit && swapLimit,
  },
  {
    attributes: [['mem_swappiness']],
    what: 'how readily its memory is swapped out',
    holds: ({ memoryLimit, cgroupVersion }) => memoryLimit && cgroupVersion === '1',
  },
  {
    attributes: [['oom_kill_disable']],
    what: 'never being killed when memory runs out',
    holds: ({ oomKillDisable }) => oomKillDisable,
  },
  {
    attributes: [['cpus'], ['cpu_quota'], ['cpu_period'], [...resources, 'limits', 'cpus']],
    what: 'a limit of CPU time',
    holds: ({ cpuQuota }) => cpuQuota,
  },
  { attributes: [['cpu_shares']], what: 'shares of CPU time', holds: ({ cpuShares }) => cpuShares },
  { attributes: [['cpuset']], what: 'certain CPUs', holds: ({ cpuSet }) => cpuSet },
  {
    attributes: [['pids_limit'], [...resources, 'limits', 'pids']],
    what: 'a limit of processes',
    holds: ({ pidsLimit }) => pidsLimit,
  },
  { attributes: [['blkio_config']], what: 'limits of block I/O', holds: () => true },
]

const dropped: Rule = (service, { features, os }) => {
  if (features === undefined || os === 'windows') return []
  return limits
    .filter(({ holds }) => features.cgroupVersion === undefined || !holds(features))
    .flatMap(({ attributes, what }) =>
      attributes.flatMap((at): readonly Shortfall[] =>
        isSet(service, at)
          ? [
              {
                at,
                severity: 'warning',
                what: `${what}, for which the kernel of this engine has no means`,
                hint: 'It runs without. Leave it out, or run it on a machine whose control groups have it.',
              },
            ]
          : [],
      ),
    )
}

/** Only the first version of control groups has real-time groups; whether a kernel has, no engine tells. */
const realTime: Rule = (service, { features, os }) => {
  if (features === undefined || os === 'windows' || features.cgroupVersion === '1') return []
  return (['cpu_rt_period', 'cpu_rt_runtime'] as const).flatMap((attribute): readonly Shortfall[] =>
    isSet(service, [attribute])
      ? [
          {
            at: [attribute],
            severity: 'error',
            what: 'real-time scheduling, which needs control groups of version 1; this engine has not got them',
            hint: `Leave ${attribute} out.`,
          },
        ]
      : [],
  )
}

/** Numbers of CPUs are for Windows engines. */
const windowsOnly: Rule = (service, { os }) => {
  if (os === 'windows') return []
  return (['cpu_count', 'cpu_percent'] as const).flatMap((attribute): readonly Shortfall[] =>
    isSet(service, [attribute])
      ? [
          {
            at: [attribute],
            severity: 'warning',
            what: `${attribute}, which a Linux engine ignores`,
            hint: 'Use `cpus`, which holds on every engine.',
          },
        ]
      : [],
  )
}

export const kernelRules: readonly Rule[] = [dropped, realTime, windowsOnly]

function isSet(service: Service, path: readonly string[]): boolean {
  const value = path.reduce<unknown>(
    (above, name) =>
      typeof above === 'object' && above !== null
        ? (above as Readonly<Record<string, unknown>>)[name]
        : undefined,
    service,
  )
  return value !== undefined && value !== false
}
