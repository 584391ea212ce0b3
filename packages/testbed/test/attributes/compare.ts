/** Lists that Compose makes of mappings, in no order. */
const unordered = new Set(['Env', 'Binds', 'ExtraHosts', 'Ulimits'])
const unorderedLabel = 'com.docker.compose.depends_on'

function sorted(value: unknown): unknown {
  return Array.isArray(value)
    ? value.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    : value
}

/** Two JSON values field by field: objects are walked, all else is compared as a whole. */
export interface Unequal {
  /** `HostConfig.Memory` */
  readonly field: string
  readonly compose: unknown
  readonly bulkhead: unknown
}

export function compare(compose: unknown, bulkhead: unknown, field = ''): readonly Unequal[] {
  if (isObject(compose) && isObject(bulkhead)) {
    const keys = [...new Set([...Object.keys(compose), ...Object.keys(bulkhead)])].sort()
    return keys.flatMap((key) => compare(compose[key], bulkhead[key], field === '' ? key : `${field}.${key}`))
  }
  return JSON.stringify(compose) === JSON.stringify(bulkhead) ? [] : [{ field, compose, bulkhead }]
}

/** How many fields there are to compare. */
export function fieldsIn(value: unknown): number {
  if (!isObject(value)) return 1
  return Object.values(value).reduce<number>((sum, one) => sum + fieldsIn(one), 0)
}

// An engine of the testbed takes the next of its pool for a network that names no subnet: 10.202.N.0/24.

/** What two creations of the same thing cannot have in common: ids, times, the folders that the engine chose. */
const perCreation = new Set([
  'Id',
  'Created',
  'CreatedAt',
  'State',
  'ResolvConfPath',
  'HostnamePath',
  'HostsPath',
  'LogPath',
  'GraphDriver',
  'Mountpoint',
])

/**
 * An inspection without what differs from creation to creation. Ids of known
 * objects become their names; mounts, which the engine lists in no order, are
 * sorted by target.
 */
export function normalized(inspected: unknown, names: ReadonlyMap<string, string>): unknown {
  return rename(withoutCreation(inspected), names)
}

function withoutCreation(inspected: unknown): unknown {
  if (!isObject(inspected)) return inspected
  const kept = Object.fromEntries(
    Object.entries(inspected)
      .filter(([key]) => !perCreation.has(key))
      .map(([key, value]) => [key, unordered.has(key) ? sorted(value) : value]),
  )
  const { HostConfig: host, Config: config } = kept
  if (isObject(host)) kept['HostConfig'] = withoutCreation(host)
  if (isObject(config)) kept['Config'] = withoutCreation(config)
  const mounts = kept['Mounts']
  if (!Array.isArray(mounts)) return kept
  return {
    ...kept,
    Mounts: Object.fromEntries(mounts.map((mount: unknown) => [targetOf(mount), anonymous(mount)])),
  }
}

function targetOf(mount: unknown): string {
  return isObject(mount) ? String(mount['Destination'] ?? mount['Target']) : ''
}

/** The engine names a volume that nobody named. */
function anonymous(mount: unknown): unknown {
  if (!isObject(mount) || !/^[0-9a-f]{64}$/.test(String(mount['Name']))) return mount
  return { ...mount, Name: '<anonymous>', Source: '<anonymous>' }
}

function rename(value: unknown, names: ReadonlyMap<string, string>, key = ''): unknown {
  if (key === unorderedLabel && typeof value === 'string') return value.split(',').sort().join(',')
  if (Array.isArray(value)) return value.map((one: unknown) => rename(one, names))
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, rename(one, names, key)]))
  if (typeof value !== 'string') return value
  return value
    .replace(/^10\.202\.\d+\./, '10.202.N.')
    .replaceAll(/\b(?:[0-9a-f]{64}|[0-9a-f]{12})\b/g, (id) => {
      const name = names.get(id.slice(0, 12))
      return name ?? id
    })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
