import {
  choice,
  either,
  field,
  fields,
  flag,
  integer,
  list,
  nothing,
  number,
  pairs,
  set,
  strict,
  table,
  text,
  within,
  type Shape,
} from './shape.ts'
import { driverOptions } from './shared.ts'
import { ignored, linuxOnly } from './support.ts'

const serviceNetwork = fields('a network of a service', {
  aliases: field(list(text), 'Further names of the service on the network.'),
  driver_opts: field(driverOptions, 'Options of the network driver.'),
  gw_priority: field(strict(number), 'The network with the highest one is the default route.'),
  interface_name: field(text, 'Name of the network interface in the container.', linuxOnly()),
  ipv4_address: field(text, 'Fixed IPv4 address.'),
  ipv6_address: field(text, 'Fixed IPv6 address.'),
  link_local_ips: field(list(text), 'Link-local addresses.', linuxOnly()),
  mac_address: field(text, 'Hardware address on the network.'),
  priority: field(strict(number), 'Networks are connected from the highest to the lowest.'),
})

export const serviceNetworks: Shape = either(set(text), table(either(nothing, serviceNetwork)))

const published = either(text, strict(integer))

const port = fields(
  'a port',
  {
    app_protocol: field(text, 'What is spoken on it, such as http.', ignored('For the reader.')),
    host_ip: field(text, 'Address of the host.'),
    mode: field(text, 'host or ingress.', ignored('There is one engine. Compose ignores it too.')),
    name: field(text, 'Name of the port.', ignored('For the reader.')),
    protocol: field(text, 'tcp or udp.'),
    published: field(published, 'Port of the host, or a range to choose from.'),
    target: field(within(integer, 0), 'Port of the container.'),
  },
  ['target'],
)

export const servicePorts: Shape = list(either(strict(number), text, port))

const bind = fields('bind options', {
  create_host_path: field(flag, 'Make the folder when it is missing.'),
  propagation: field(text, 'How mounts inside of it spread.', linuxOnly()),
  recursive: field(
    choice('enabled', 'disabled', 'writable', 'readonly'),
    'What becomes of mounts inside of it.',
    linuxOnly(),
  ),
  selinux: field(choice('z', 'Z'), 'Relabel it: z shared, Z private.', linuxOnly()),
})

const volumeOptions = fields('volume options', {
  labels: field(pairs, 'Labels of an anonymous volume.'),
  nocopy: field(flag, 'Do not copy what the image has there.'),
  subpath: field(text, 'Folder of the volume that is mounted.'),
})

const tmpfs = fields('tmpfs options', {
  mode: field(within(strict(number), 0), 'Permissions of the folder.'),
  size: field(
    either({ kind: 'number', integer: true, text: false, minimum: 0 }, text),
    'Size of the folder.',
  ),
})

const volume = fields(
  'a volume',
  {
    bind: field(bind, 'Options of a folder of the host.'),
    consistency: field(text, 'How exact the copy has to be.', ignored('Engines ignore it.')),
    image: field(
      fields('image options', { subpath: field(text, 'Folder of the image that is mounted.') }),
      'Options of an image.',
    ),
    read_only: field(flag, 'Mount it read-only.'),
    source: field(text, 'Volume, path of the host or image.'),
    target: field(text, 'Path in the container.'),
    tmpfs: field(tmpfs, 'Options of a folder in memory.', linuxOnly()),
    type: field(choice('bind', 'volume', 'tmpfs', 'npipe', 'cluster', 'image'), 'What is mounted.', {
      linux: 'works',
      windows: 'works',
      note: 'npipe needs a Windows engine, tmpfs and image a Linux one; cluster is refused.',
    }),
    volume: field(volumeOptions, 'Options of a volume.'),
  },
  ['type'],
)

export const serviceVolumes: Shape = list(either(text, volume))
