import type { DeviceMapping, DeviceRequest, Service } from '@bulkhead/model'
import { present } from '../present.ts'

/** Devices of the host by path, by the name that a CDI specification gives them, and by what they can do. */
export function devices(service: Service): Readonly<Record<string, unknown>> {
  const { devices: mappings = [], gpus = [], deploy } = service
  const byPath = mappings.filter((device) => !isCdiDevice(device))
  const names = mappings.filter(isCdiDevice).map(({ source }) => source)
  const reserved = deploy?.resources?.reservations?.devices ?? []
  const requests = [
    ...reserved.map((request) => deviceRequest(request, [])),
    ...(names.length === 0 ? [] : [{ Driver: 'cdi', DeviceIDs: names }]),
    ...gpus.map((request) => deviceRequest(request, ['gpu'])),
  ]
  return {
    Devices:
      byPath.length === 0
        ? undefined
        : byPath.map(({ source, target = source, permissions = 'rwm' }) => ({
            PathOnHost: source,
            PathInContainer: target,
            CgroupPermissions: permissions,
          })),
    DeviceCgroupRules: service.device_cgroup_rules,
    DeviceRequests: requests.length === 0 ? undefined : requests,
  }
}

/**
 * True for `vendor.com/class=name`.
 *
 * @see https://github.com/cncf-tags/container-device-interface/blob/main/SPEC.md#cdi-json-specification
 */
export function isCdiDevice({ source, target = source }: DeviceMapping): boolean {
  return source === target && /^[a-z][\w.-]*[a-z\d]\/[a-z][\w-]*=[\w.:-]+$/i.test(source)
}

function deviceRequest(
  request: DeviceRequest,
  implied: readonly string[],
): Readonly<Record<string, unknown>> {
  const { capabilities = [], driver, count, device_ids, options } = request
  return present({
    Capabilities: [[...capabilities, ...implied.filter((capability) => !capabilities.includes(capability))]],
    Driver: driver ?? '',
    Count: count === 'all' ? -1 : count === undefined ? (device_ids === undefined ? -1 : 0) : Number(count),
    DeviceIDs: device_ids,
    Options: options,
  })
}
