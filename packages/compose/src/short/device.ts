import type { DeviceMapping, DeviceRequest } from '@bulkhead/model'
import { parsed, refused, shown, type Parsed } from './parsed.ts'

/**
 * Reads the short form of a device, `SOURCE[:TARGET[:PERMISSIONS]]`, or the
 * name of a CDI device.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#devices
 */
export function parseDevice(text: string): Parsed<DeviceMapping> {
  const parts = text.split(':')
  const [source = '', target = '', permissions = 'rwm'] = parts
  if (source === '') return refused(`The device ${shown(text)} has no source.`, format)
  if (parts.length > 3)
    return refused(`The device ${shown(text)} has too many colons.`, `${format} Or use the long form.`)
  return parsed({ source, target: target || source, ...(permissions === '' ? {} : { permissions }) })
}

/** Reads the short form of `gpus`: the word `all`. */
export function parseGpus(text: string): Parsed<readonly DeviceRequest[]> {
  if (text === 'all') return parsed([{ count: -1 }])
  return refused(`${shown(text)} is not a choice of GPUs.`, 'Write all, or a list of device requests.')
}

/** Reads the `count` of a device request: a number, or `all` for every device (-1). */
export function parseDeviceCount(value: string | number): Parsed<number> {
  if (value === 'all') return parsed(-1)
  const count = typeof value === 'number' ? value : /^-?\d+$/.test(value) ? Number(value) : Number.NaN
  if (Number.isInteger(count)) return parsed(count)
  return refused(`${shown(value)} is not a number of devices.`, 'Write a number or all.')
}

const format = 'Write SOURCE[:TARGET[:PERMISSIONS]].'
