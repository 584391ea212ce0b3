import type { Problems } from './problems.ts'
import { parseBytes } from './short/bytes.ts'
import { parseDeviceCount } from './short/device.ts'
import { formatDuration, parseDuration } from './short/duration.ts'
import { formatExtraHosts, parseExtraHost, type ExtraHost } from './short/host.ts'
import { parsed, refused, type Parsed } from './short/parsed.ts'
import { parseWords } from './short/words.ts'
import { copyOf } from './canonical.ts'
import {
  copyMarks,
  isMapping,
  makeMapping,
  markOf,
  markPosition,
  push,
  put,
  textOf,
  scalarText,
} from './tree.ts'
import type { Mapping, Mark, Path, Tree } from './tree.ts'
import { makeTrie, stepInto, type Trie } from './trie.ts'

/** An element with what is around it. */
interface Element {
  readonly value: Tree
  readonly parent: Mapping | Tree[]
  readonly key: string | number
  readonly mark: Mark | undefined
}

type Convert = (element: Element) => Parsed<Tree>

/**
 * Brings every attribute of a document in long form to the one type that the
 * model has for it: durations and sizes as their canonical texts, command lines
 * as words, `KEY=value` lists as mappings, numbers as numbers.
 */
export function convert(document: Mapping, problems: Problems): Mapping {
  return visit(document, types, [], problems) as Mapping
}

const labels = pairs('')
const environment = pairs(null)

const build = {
  additional_contexts: labels,
  args: environment,
  cache_from: texts,
  cache_to: texts,
  entitlements: texts,
  extra_hosts: hosts,
  labels,
  no_cache: flag,
  no_cache_filter: texts,
  privileged: flag,
  pull: flag,
  'secrets.*.gid': text,
  'secrets.*.uid': text,
  shm_size: bytes,
  ssh: sshKeys,
  'ulimits.*': ulimit,
}

const hook = {
  command: words,
  environment,
  privileged: flag,
  per_replica: flag,
  user: text,
}

const service: Readonly<Record<string, Convert>> = {
  annotations: labels,
  attach: flag,
  'blkio_config.device_read_bps.*.rate': bytes,
  'blkio_config.device_read_iops.*.rate': bytes,
  'blkio_config.device_write_bps.*.rate': bytes,
  'blkio_config.device_write_iops.*.rate': bytes,
  'blkio_config.weight': number,
  'blkio_config.weight_device.*.weight': number,
  ...below('build', build),
  command: words,
  'configs.*.gid': text,
  'configs.*.uid': text,
  cpu_count: number,
  cpu_percent: number,
  cpu_period: number,
  cpu_quota: number,
  cpu_rt_period: number,
  cpu_rt_runtime: number,
  cpu_shares: number,
  cpus: number,
  cpuset: text,
  'deploy.labels': labels,
  'deploy.replicas': number,
  'deploy.resources.limits.cpus': number,
  'deploy.resources.limits.memory': bytes,
  'deploy.resources.limits.pids': number,
  'deploy.resources.reservations.cpus': number,
  'deploy.resources.reservations.devices.*.count': count,
  'deploy.resources.reservations.devices.*.options': labels,
  'deploy.resources.reservations.memory': bytes,
  'deploy.restart_policy.delay': duration,
  'deploy.restart_policy.max_attempts': number,
  'deploy.restart_policy.window': duration,
  ...below('deploy.rollback_config', {
    delay: duration,
    monitor: duration,
    parallelism: number,
    max_failure_ratio: number,
  }),
  ...below('deploy.update_config', {
    delay: duration,
    monitor: duration,
    parallelism: number,
    max_failure_ratio: number,
  }),
  ...below('develop.watch.*.exec', hook),
  'develop.watch.*.ignore': texts,
  'develop.watch.*.include': texts,
  'develop.watch.*.initial_sync': flag,
  dns: texts,
  dns_opt: texts,
  dns_search: texts,
  entrypoint: words,
  environment,
  expose: texts,
  external_links: texts,
  extra_hosts: hosts,
  'gpus.*.count': count,
  'gpus.*.options': labels,
  group_add: texts,
  'healthcheck.disable': flag,
  'healthcheck.interval': duration,
  'healthcheck.retries': number,
  'healthcheck.start_interval': duration,
  'healthcheck.start_period': duration,
  'healthcheck.test': healthTest,
  'healthcheck.timeout': duration,
  init: flag,
  label_file: texts,
  labels,
  'logging.options': labels,
  mem_limit: bytes,
  mem_reservation: bytes,
  mem_swappiness: bytes,
  memswap_limit: unlimitedBytes,
  'networks.*.driver_opts': labels,
  'networks.*.gw_priority': number,
  'networks.*.priority': number,
  oom_kill_disable: flag,
  oom_score_adj: number,
  pids_limit: number,
  'ports.*.target': number,
  'ports.*.published': text,
  ...below('post_start.*', hook),
  ...below('pre_start.*', hook),
  ...below('pre_stop.*', hook),
  privileged: flag,
  read_only: flag,
  scale: number,
  'secrets.*.gid': text,
  'secrets.*.uid': text,
  shm_size: bytes,
  stdin_open: flag,
  stop_grace_period: duration,
  storage_opt: labels,
  sysctls: labels,
  tmpfs: texts,
  tty: flag,
  'ulimits.*': ulimit,
  use_api_socket: flag,
  user: text,
  'volumes.*.read_only': flag,
  'volumes.*.bind.create_host_path': flag,
  'volumes.*.tmpfs.size': bytes,
  'volumes.*.volume.labels': labels,
  'volumes.*.volume.nocopy': flag,
}

const types = makeTrie<Convert>({
  ...below('services.*', service),
  'configs.*.external': flag,
  'configs.*.labels': labels,
  ...below('networks.*', {
    attachable: flag,
    driver_opts: labels,
    enable_ipv4: flag,
    enable_ipv6: flag,
    external: flag,
    internal: flag,
    'ipam.config.*.aux_addresses': labels,
    'ipam.options': labels,
    labels,
  }),
  'secrets.*.driver_opts': labels,
  'secrets.*.external': flag,
  'secrets.*.labels': labels,
  'volumes.*.driver_opts': labels,
  'volumes.*.external': flag,
  'volumes.*.labels': labels,
})

function below(path: string, rules: Readonly<Record<string, Convert>>): Readonly<Record<string, Convert>> {
  return Object.fromEntries(Object.entries(rules).map(([key, rule]) => [`${path}.${key}`, rule]))
}

function visit(tree: Tree, trie: Trie<Convert> | undefined, path: Path, problems: Problems): Tree {
  if (trie === undefined || typeof tree !== 'object' || tree === null) return tree
  const result = Array.isArray(tree) ? tree.slice() : copyOf(tree)
  if (Array.isArray(tree)) copyMarks(tree, result)
  for (const key of Array.isArray(result) ? result.keys() : Object.keys(result)) {
    const rules = stepInto(trie, key)
    if (rules === undefined) continue
    const value = (Array.isArray(result) ? result[Number(key)] : result[String(key)]) as Tree
    const converted = convertElement(
      { value, parent: tree, key, mark: markOf(tree, key) },
      rules,
      [...path, key],
      problems,
    )
    if (Array.isArray(result)) result[Number(key)] = converted
    else result[String(key)] = converted
  }
  return result
}

function convertElement(element: Element, rules: Trie<Convert>, path: Path, problems: Problems): Tree {
  const { value, mark } = element
  if (rules.rule === undefined || value === null) return visit(value, rules, path, problems)
  const read = rules.rule(element)
  if (read.ok) return rules.children.size > 0 ? visit(read.value, rules, path, problems) : read.value
  if (problems.has(path)) return value
  problems.error('BH_COMPOSE_INVALID', `${path.join('.')}: ${read.problem.message}`, {
    path,
    at: mark === undefined ? undefined : markPosition(mark, 'value'),
    hint: read.problem.hint,
  })
  return value
}

function flag({ value }: Element): Parsed<Tree> {
  if (typeof value !== 'string') return parsed(value)
  const lower = value.toLowerCase()
  if (['true', 'y', 'yes', 'on'].includes(lower)) return parsed(true)
  if (['false', 'n', 'no', 'off'].includes(lower)) return parsed(false)
  return refused(`"${value}" is no boolean.`, 'Write true or false.')
}

function number({ value }: Element): Parsed<Tree> {
  if (typeof value !== 'string') return parsed(value)
  if (value.trim() === '' || !Number.isFinite(Number(value)))
    return refused(`"${value}" is no number.`, 'Write a number.')
  return parsed(Number(value))
}

function count({ value }: Element): Parsed<Tree> {
  return typeof value === 'string' || typeof value === 'number' ? parseDeviceCount(value) : parsed(value)
}

function text({ value, parent, key }: Element): Parsed<Tree> {
  return parsed(typeof value === 'number' ? textOf(parent, key, value) : value)
}

function duration({ value }: Element): Parsed<Tree> {
  if (typeof value !== 'string') return parsed(value)
  const read = parseDuration(value)
  return read.ok ? parsed(formatDuration(read.value)) : read
}

function bytes({ value }: Element): Parsed<Tree> {
  return typeof value === 'string' || typeof value === 'number' ? parseBytes(value) : parsed(value)
}

function unlimitedBytes({ value }: Element): Parsed<Tree> {
  return typeof value === 'string' || typeof value === 'number'
    ? parseBytes(value, { unlimited: true })
    : parsed(value)
}

function words({ value, mark }: Element): Parsed<Tree> {
  if (typeof value !== 'string') return texts({ value, mark, parent: [], key: 0 })
  const read = parseWords(value)
  return read.ok ? parsed([...read.value.words]) : read
}

function healthTest({ value }: Element): Parsed<Tree> {
  return parsed(typeof value === 'string' ? ['CMD-SHELL', value] : value)
}

function texts({ value, mark }: Element): Parsed<Tree> {
  const list: Tree[] = []
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      push(
        list,
        typeof item === 'number' || typeof item === 'boolean' ? textOf(value, index, item) : item,
        markOf(value, index),
      )
    return parsed(list)
  }
  push(list, value, mark)
  return parsed(list)
}

function hosts({ value }: Element): Parsed<Tree> {
  const found: ExtraHost[] = []
  for (const entry of hostTexts(value)) {
    const read = parseExtraHost(entry)
    if (!read.ok) return read
    found.push(read.value)
  }
  return parsed([...formatExtraHosts(found)])
}

function hostTexts(value: Tree): readonly string[] {
  if (Array.isArray(value)) return value.map(scalarText)
  if (!isMapping(value)) return []
  return Object.keys(value).flatMap((host) => {
    const addresses = value[host]
    return (Array.isArray(addresses) ? addresses : [addresses]).map(
      (address) => `${host}=${scalarText(address)}`,
    )
  })
}

function ulimit({ value }: Element): Parsed<Tree> {
  if (!isMapping(value)) return number({ value, parent: [], key: 0, mark: undefined })
  const limits = makeMapping()
  for (const key of Object.keys(value)) {
    const read = number({ value: value[key] as Tree, parent: value, key, mark: undefined })
    if (!read.ok) return read
    put(limits, key, read.value, markOf(value, key))
  }
  return parsed(limits)
}

/** The mapping of keys to paths as a list, by key. */
function sshKeys({ value }: Element): Parsed<Tree> {
  if (!isMapping(value)) return parsed(value)
  const keys: Tree[] = []
  for (const id of Object.keys(value).sort()) {
    const mark = markOf(value, id)
    const key = makeMapping()
    put(key, 'id', id, mark)
    if (value[id] !== null) put(key, 'path', textOf(value, id, value[id] ?? null), mark)
    push(keys, key, mark)
  }
  return parsed(keys)
}

/** Lists of `KEY=value` and mappings as a mapping of texts; a key alone gets `bare`. */
function pairs(bare: string | null): Convert {
  return ({ value }) => {
    const result = makeMapping()
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        const entry = textOf(value, index, item)
        const equals = entry.indexOf('=')
        const mark = markOf(value, index)
        if (equals < 0) put(result, entry, bare, mark)
        else put(result, entry.slice(0, equals), entry.slice(equals + 1), mark)
      }
      return parsed(result)
    }
    if (!isMapping(value)) return parsed(value)
    for (const key of Object.keys(value)) {
      const item = value[key] as Tree
      put(result, key, item === null ? bare : textOf(value, key, item), markOf(value, key))
    }
    return parsed(result)
  }
}
