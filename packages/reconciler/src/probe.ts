import type { ObservedContainer } from '@bulkhead/model'

/** What the last probe of a container said, to go on a sentence with; nothing where there was none. */
export function lastWords(healthLog: ObservedContainer['healthLog']): string {
  const probe = healthLog.at(-1)
  if (probe === undefined) return ''
  return `; the last probe ended with ${probe.exitCode}: ${probe.output.trim().slice(0, 200)}`
}
