/** Where each difference on purpose shows: `KIND.NAME.FIELD`, `*` for a name; containers by their service. */
export const seen: Readonly<Record<string, readonly RegExp[]>> = {
  version: [/^(container|network|volume)\.[^.]+\.(Config\.)?Labels\.com\.docker\.compose\.version$/],
  hash: [/^(container|network|volume)\.[^.]+\.(Config\.)?Labels\.com\.docker\.compose\.config-hash$/],
  'own-labels': [/^(container|network|volume)\.[^.]+\.(Config\.)?Labels\.dev\.bulkhead\.[a-z-]+$/],
  'cpu-count': [/^container\.cpu\.HostConfig\.CpuCount$/],
  'no-condition': [/^container\.policy4\.HostConfig\.RestartPolicy\.Name$/],
  'device-options': [/^container\.gpus\.HostConfig\.DeviceRequests$/],
  expose: [/^container\.ports\.Config\.ExposedPorts\.(3000|4000-4002|400[012])(\/tcp|\/udp)?$/],
  'isolation-default': [/^container\.isolated\.HostConfig\.Isolation$/],
  'mac-address': [
    /^container\.macold\.Config\.MacAddress$/,
    /^container\.macold\.NetworkSettings\.Networks\.attributes_default\.MacAddress$/,
  ],
  swappiness: [/^container\.memoryless\.HostConfig\.MemorySwappiness$/],
  'endpoint-options': [/^container\.networks\.NetworkSettings\.Networks\.attributes-back\.DriverOpts$/],
  'endpoint-address': [/^container\.networks\.NetworkSettings\.Networks\.attributes-back\.IPAddress$/],
  'endpoint-address-6': [/^container\.networks\.NetworkSettings\.Networks\.attributes-back\.IPv6Gateway$/],
  'grace-period': [/^container\.briefly\.Config\.StopTimeout$/],
  'host-path': [
    /^container\.binds\.HostConfig\.Binds$/,
    /^container\.binds\.(HostConfig\.)?Mounts\.\/b(8|10)(\.Mode)?$/,
    /^container\.recursive\.HostConfig\.Binds$/,
    /^container\.recursive\.(HostConfig\.)?Mounts\.\/r1(\.Mode)?$/,
    /^container\.recursive\.HostConfig\.Mounts\.\/r[234]\.BindOptions\.CreateMountpoint$/,
  ],
  recursive: [
    /^container\.recursive\.HostConfig\.Mounts\.\/r[234]\.BindOptions\.(NonRecursive|ReadOnlyNonRecursive|ReadOnlyForceRecursive)$/,
  ],
  'volumes-from-mode': [
    /^container\.borrowed(far)?\.HostConfig\.VolumesFrom$/,
    /^container\.borrowed\.Mounts\.\/b\d+\.RW$/,
  ],
  'ipam-options': [/^network\.attributes-back\.IPAM\.Options$/],
}
