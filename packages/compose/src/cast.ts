import { makeTrie } from './trie.ts'

/** What a text becomes where the specification wants a number or a boolean. */
export type Cast = 'integer' | 'float' | 'boolean'

const services: Readonly<Record<string, Cast>> = {
  'configs.*.mode': 'integer',
  cpu_count: 'integer',
  cpu_percent: 'float',
  cpu_period: 'integer',
  cpu_quota: 'integer',
  cpu_rt_period: 'integer',
  cpu_rt_runtime: 'integer',
  cpu_shares: 'integer',
  cpus: 'float',
  'depends_on.*.required': 'boolean',
  'depends_on.*.restart': 'boolean',
  'deploy.placement.max_replicas_per_node': 'integer',
  'deploy.replicas': 'integer',
  'deploy.restart_policy.max_attempts': 'integer',
  'deploy.rollback_config.max_failure_ratio': 'float',
  'deploy.rollback_config.parallelism': 'integer',
  'deploy.update_config.max_failure_ratio': 'float',
  'deploy.update_config.parallelism': 'integer',
  'healthcheck.disable': 'boolean',
  'healthcheck.retries': 'integer',
  init: 'boolean',
  oom_kill_disable: 'boolean',
  oom_score_adj: 'integer',
  pids_limit: 'integer',
  'ports.*.target': 'integer',
  privileged: 'boolean',
  read_only: 'boolean',
  scale: 'integer',
  'secrets.*.mode': 'integer',
  stdin_open: 'boolean',
  tty: 'boolean',
  'ulimits.*': 'integer',
  'ulimits.*.hard': 'integer',
  'ulimits.*.soft': 'integer',
  'volumes.*.bind.create_host_path': 'boolean',
  'volumes.*.read_only': 'boolean',
  'volumes.*.volume.nocopy': 'boolean',
}

export const casts = makeTrie<Cast>({
  ...Object.fromEntries(Object.entries(services).map(([path, cast]) => [`services.*.${path}`, cast])),
  'configs.*.external': 'boolean',
  'networks.*.attachable': 'boolean',
  'networks.*.enable_ipv4': 'boolean',
  'networks.*.enable_ipv6': 'boolean',
  'networks.*.external': 'boolean',
  'networks.*.internal': 'boolean',
  'secrets.*.external': 'boolean',
  'volumes.*.external': 'boolean',
})

export type CastResult =
  { readonly value: number | boolean; readonly warning?: string | undefined } | { readonly problem: string }

/** Never throws; what doesn't fit comes back as a sentence. */
export function applyCast(cast: Cast, text: string): CastResult {
  if (cast === 'boolean') return toBoolean(text)
  if (cast === 'integer') return toInteger(text)
  return toFloat(text)
}

function toBoolean(text: string): CastResult {
  switch (text.toLowerCase()) {
    case 'true':
      return { value: true }
    case 'false':
      return { value: false }
    case 'y':
    case 'yes':
    case 'on':
      return { value: true, warning: `"${text}" is an old form of a boolean: write true.` }
    case 'n':
    case 'no':
    case 'off':
      return { value: false, warning: `"${text}" is an old form of a boolean: write false.` }
    default:
      return { problem: `"${text}" is no boolean.` }
  }
}

function toInteger(text: string): CastResult {
  if (!/^[-+]?\d+$/.test(text)) return { problem: `"${text}" is no whole number.` }
  const value = Number(text)
  if (!Number.isSafeInteger(value)) return { problem: `"${text}" is too large.` }
  return { value }
}

function toFloat(text: string): CastResult {
  const valid = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/.test(text)
  return valid && Number.isFinite(Number(text))
    ? { value: Number(text) }
    : { problem: `"${text}" is no number.` }
}
