import { usageError } from '../exit.ts'

/**
 * Replicas by service, from `web=3`; undefined for none.
 *
 * @param flag as it was written, for the message.
 * @throws BulkheadError BH_USAGE for what is no service and number.
 */
export function replicas(
  flag: string,
  values: readonly string[],
): Readonly<Record<string, number>> | undefined {
  if (values.length === 0) return undefined
  return Object.fromEntries(
    values.map((value) => {
      const [, service = '', number = ''] = /^([^=]+)=(\d{1,6})$/.exec(value) ?? []
      if (service === '') throw usageError(`${flag} takes SERVICE=NUMBER, not "${value}".`)
      return [service, Number(number)]
    }),
  )
}
