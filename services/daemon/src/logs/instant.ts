import { BulkheadError } from '@bulkhead/model'

const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}
const duration = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/
const part = /(\d+(?:\.\d+)?)(ms|s|m|h)/g

/** The same in ISO 8601. */
export function moment(text: string, now: Date): string {
  return new Date(Number(instant(text, now)) * 1000).toISOString()
}

/**
 * A moment as the engine takes it: RFC 3339 and Unix seconds as they are, a
 * duration (`1h30m`) as so long before `now`.
 *
 * @throws BulkheadError BH_BAD_REQUEST
 */
export function instant(text: string, now: Date): string {
  if (/^\d+(?:\.\d+)?$/.test(text)) return text
  if (duration.test(text)) {
    const back = [...text.matchAll(part)].reduce(
      (sum, [, amount, unit = 'ms']) => sum + Number(amount) * (units[unit] ?? 0),
      0,
    )
    return String((now.getTime() - back) / 1000)
  }
  const time = Date.parse(text)
  if (!Number.isNaN(time)) return String(time / 1000)
  throw new BulkheadError('BH_BAD_REQUEST', `"${text}" is neither a time nor a duration.`, {
    hint: 'Write it as 2026-01-02T13:23:37Z, as Unix seconds, or as 10m.',
  })
}
