import { object } from './json.ts'
import { Refusal } from './refusal.ts'
import type { Rules } from './rules.ts'

/** Filters of a list or of the events: name → wanted values. */
export type Filters = ReadonlyMap<string, readonly string[]>

/**
 * Reads the `filters` parameter, in its new form (`{"label":["a"]}`) and its old one (`{"label":{"a":true}}`).
 *
 * @throws Refusal when it can't be read or names a filter that the list doesn't have.
 */
export function parseFilters(given: string | undefined, known: readonly string[], { words }: Rules): Filters {
  if (given === undefined || given === '') return new Map()
  const filters = new Map<string, readonly string[]>()
  for (const [name, values] of Object.entries(object(parsed(given, words)))) {
    if (!known.includes(name)) throw words.invalidFilter(name)
    filters.set(name, Array.isArray(values) ? values.map(String) : wantedIn(object(values)))
  }
  return filters
}

function parsed(given: string, words: Rules['words']): unknown {
  try {
    return JSON.parse(given)
  } catch {
    throw words.unreadableFilters(given)
  }
}

function wantedIn(values: Readonly<Record<string, unknown>>): readonly string[] {
  return Object.keys(values).filter((value) => values[value] === true)
}

/** True when there is no such filter, or one of its values satisfies `test`. */
export function anyOf(filters: Filters, name: string, test: (value: string) => boolean): boolean {
  const values = filters.get(name)
  return values === undefined || values.length === 0 || values.some(test)
}

/** Labels are all wanted at once: `key`, or `key=value`. */
export function labelsMatch(
  filters: Filters,
  labels: Readonly<Record<string, string>> | null | undefined,
): boolean {
  return (filters.get('label') ?? []).every((wanted) => {
    const at = wanted.indexOf('=')
    if (at < 0) return labels?.[wanted] !== undefined
    return labels?.[wanted.slice(0, at)] === wanted.slice(at + 1)
  })
}

/** The engine takes a name for itself or for a pattern, to be found anywhere. */
export function nameMatches(pattern: string, name: string): boolean {
  if (pattern === name) return true
  try {
    return new RegExp(pattern, 'u').test(name)
  } catch {
    throw new Refusal(400, `invalid filter 'name=${pattern}'`)
  }
}
