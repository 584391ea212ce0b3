import type { FieldChange } from '@bulkhead/model'

/**
 * What differs between two values, in the specification's own terms:
 * `environment.GREETING`, `ports[0].published`, `command`. In order of the
 * paths. A list of plain values counts as one field; entries of other lists
 * are told apart by what they are for, so that one more entry is one change.
 */
export function diff(old: unknown, now: unknown, path = ''): readonly FieldChange[] {
  return compare(old, now, path).toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function compare(old: unknown, now: unknown, path: string): readonly FieldChange[] {
  if (isRecord(old) && isRecord(now)) return compareRecords(old, now, path)
  // A map that comes or goes is told entry by entry; an entry of a list is one thing.
  if (old === undefined && isRecord(now) && !path.endsWith(']')) return compareRecords({}, now, path)
  if (now === undefined && isRecord(old) && !path.endsWith(']')) return compareRecords(old, {}, path)
  if (isList(old) && isList(now) && old.length + now.length > 0) return compareLists(old, now, path)
  if (JSON.stringify(old) === JSON.stringify(now)) return []
  return [{ path, ...(old === undefined ? {} : { old }), ...(now === undefined ? {} : { new: now }) }]
}

function compareRecords(
  old: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
  path: string,
): readonly FieldChange[] {
  const names = new Set([...Object.keys(old), ...Object.keys(now)])
  return [...names].flatMap((name) => compare(old[name], now[name], path === '' ? name : `${path}.${name}`))
}

type Entry = Readonly<Record<string, unknown>>

function compareLists(old: readonly Entry[], now: readonly Entry[], path: string): readonly FieldChange[] {
  const before = keyed(old)
  const after = keyed(now)
  const gone = [...before].filter(([key]) => !after.has(key))
  return [
    ...[...after].flatMap(([key, { entry, index }]) =>
      compare(before.get(key)?.entry, entry, `${path}[${index}]`),
    ),
    ...gone.flatMap(([, { entry, index }]) => compare(entry, undefined, `${path}[${index}]`)),
  ]
}

/** Entries by what they are for (ports, mounts, files, devices); those that are for the same are numbered. */
function keyed(
  list: readonly Entry[],
): ReadonlyMap<string, { readonly entry: Entry; readonly index: number }> {
  const found = new Map<string, { readonly entry: Entry; readonly index: number }>()
  for (const [index, entry] of list.entries()) {
    const { source, target = source, protocol, path } = entry
    const purpose = JSON.stringify([target, protocol, path])
    let key = purpose
    for (let same = 1; found.has(key); same += 1) key = `${purpose} ${same}`
    found.set(key, { entry, index })
  }
  return found
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isList(value: unknown): value is readonly Entry[] {
  return Array.isArray(value) && value.every(isRecord)
}
