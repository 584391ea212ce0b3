import { usageError } from '../exit.ts'

/** Value of a flag that takes whole seconds. */
export function seconds(flag: string, value: string | undefined): number | undefined {
  return wholeNumber(flag, value, 'seconds')
}

/** @throws BulkheadError BH_USAGE for what is no whole number from 0. */
export function wholeNumber(flag: string, value: string | undefined, unit: string): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,9}$/.test(value)) return Number(value)
  throw usageError(`${flag} takes a whole number of ${unit}, not "${value}".`)
}
