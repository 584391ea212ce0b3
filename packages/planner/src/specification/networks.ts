import {
  composeLabels,
  type Network,
  type NetworkAttachment,
  type NetworkSpec,
  type Project,
  type Service,
  type Volume,
  type VolumeSpec,
} from '@bulkhead/model'
import { present } from '../present.ts'
import { composeVersion } from '../compose-version.ts'
import { links, type Linking } from './links.ts'

/**
 * The networks a container joins, the one with the highest priority first.
 * Container name and service name are aliases on each, as with Compose.
 */
export function attachments(input: Linking, name: string): readonly NetworkAttachment[] {
  const { project, service } = input
  if (service.network_mode !== undefined) return []
  const entries = Object.entries(service.networks ?? {})
  return entries
    .sort(([a, x], [b, y]) => (y?.priority ?? 0) - (x?.priority ?? 0) || a.localeCompare(b))
    .map(([key, options], index) => ({
      network: project.networks[key]?.name ?? key,
      endpoint: present({
        Aliases: [...new Set([name, service.name, ...(options?.aliases ?? [])])],
        Links: links(input),
        IPAMConfig: addresses(options),
        MacAddress: options?.mac_address ?? (index === 0 ? service.mac_address : undefined),
        DriverOpts: driverOptions(options),
        GwPriority: options?.gw_priority,
      }),
    }))
}

type Options = NonNullable<Service['networks']>[string]

function addresses(options: Options): Readonly<Record<string, unknown>> | undefined {
  if (options === null) return undefined
  const { ipv4_address, ipv6_address, link_local_ips } = options
  return present({ IPv4Address: ipv4_address, IPv6Address: ipv6_address, LinkLocalIPs: link_local_ips })
}

function driverOptions(options: Options): Readonly<Record<string, string>> | undefined {
  const name = options?.interface_name
  if (name === undefined) return options?.driver_opts
  return { ...options?.driver_opts, 'com.docker.network.endpoint.ifname': name }
}

/**
 * A network of the project's own, as it is created.
 *
 * @param definition labels that tell its definition.
 */
export function networkSpec(
  project: Project,
  key: string,
  network: Network,
  definition: Readonly<Record<string, string>>,
): NetworkSpec {
  const { name, driver, driver_opts, ipam, internal, attachable, enable_ipv4, enable_ipv6, labels } = network
  return {
    name,
    body: present({
      Driver: driver,
      Options: driver_opts,
      Internal: internal,
      Attachable: attachable,
      EnableIPv4: enable_ipv4,
      EnableIPv6: enable_ipv6,
      IPAM:
        ipam &&
        present({
          Driver: ipam.driver,
          Options: ipam.options,
          Config: ipam.config?.map((pool) =>
            present({
              Subnet: pool.subnet,
              IPRange: pool.ip_range,
              Gateway: pool.gateway,
              AuxiliaryAddresses: pool.aux_addresses,
            }),
          ),
        }),
      Labels: {
        ...labels,
        [composeLabels.project]: project.name,
        [composeLabels.network]: key,
        ...definition,
        [composeLabels.version]: composeVersion,
      },
    }),
  }
}

/** A volume of the project's own, as it is created. */
export function volumeSpec(
  project: Project,
  key: string,
  volume: Volume,
  definition: Readonly<Record<string, string>>,
): VolumeSpec {
  const { name, driver, driver_opts, labels } = volume
  return {
    name,
    body: present({
      Driver: driver,
      DriverOpts: driver_opts,
      Labels: {
        ...labels,
        [composeLabels.project]: project.name,
        [composeLabels.volume]: key,
        ...definition,
        [composeLabels.version]: composeVersion,
      },
    }),
  }
}
