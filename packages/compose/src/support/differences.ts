/** Something that `docker inspect` shows otherwise than where Docker Compose made it of the same file, on purpose. */
export interface Difference {
  readonly id: string
  /** As in the tables of attributes; undefined: not of one attribute. */
  readonly attribute: string | undefined
  /** What Compose 2.26 does. */
  readonly compose: string
  readonly bulkhead: string
  readonly why: string
  /** Where it shows; absent: on every engine. */
  readonly engines?: readonly ('20' | '26' | 'windows')[]
}

/**
 * All of them. A test makes every attribute by both on Docker 26.1 and 20.10
 * and compares what the engine says: it fails for a difference that is not
 * here, and for one here that does not show.
 */
export const differences: readonly Difference[] = [
  {
    id: 'version',
    attribute: undefined,
    compose: 'label `com.docker.compose.version: 2.26.1`',
    bulkhead: '`2.40.3`',
    why: 'Labels and hashes are those of Compose 2.40, so that it and what follows it leave our containers alone.',
  },
  {
    id: 'hash',
    attribute: undefined,
    compose: 'label `com.docker.compose.config-hash` in the form of 2.26; networks and volumes have none',
    bulkhead: 'in the form of 2.40',
    why: 'As above.',
  },
  {
    id: 'own-labels',
    attribute: undefined,
    compose: 'nothing',
    bulkhead: 'labels `dev.bulkhead.*`',
    why: 'Bulkhead decides by a hash of its own, which covers the isolation mode and the contents of secrets and configs.',
  },
  {
    id: 'cpu-count',
    attribute: 'services.*.cpu_count',
    compose: 'sent to every engine',
    bulkhead: 'sent to a Windows engine only',
    why: 'A Linux engine keeps the number and does nothing with it.',
  },
  {
    id: 'cpu-percent',
    attribute: 'services.*.cpu_percent',
    compose: 'times 100: a Windows engine refuses 5000; a Linux engine drops it with a warning',
    bulkhead: 'sent as it is to a Windows engine, not sent to a Linux one',
    why: 'A Windows engine takes 1 to 100, a Linux engine has no such setting.',
    engines: ['windows'],
  },
  {
    id: 'max-attempts',
    attribute: 'services.*.deploy.restart_policy.max_attempts',
    compose: 'sent with every condition: the engine refuses to create the container',
    bulkhead: 'sent with on-failure only',
    why: 'Engines count retries after failures only.',
  },
  {
    id: 'no-condition',
    attribute: 'services.*.deploy.restart_policy.condition',
    compose: 'absent: never restarted',
    bulkhead: 'absent: any',
    why: 'The specification has any for its default.',
  },
  {
    id: 'device-options',
    attribute: 'services.*.deploy.resources.reservations.devices.*.options',
    compose: 'ignored',
    bulkhead: 'sent',
    why: 'The engine honors them. Compose 2.40 sends them too.',
  },
  {
    id: 'expose',
    attribute: 'services.*.expose',
    compose: 'as text: `3000`, `4000-4002/udp`',
    bulkhead: 'port by port with its protocol: `3000/tcp`, `4000/udp`, …',
    why: 'That is what an engine understands.',
  },
  {
    id: 'isolation-default',
    attribute: 'services.*.isolation',
    compose: 'sent: a Linux engine refuses all but default',
    bulkhead: 'never sent to a Linux engine; a runtime is chosen instead',
    why: 'See the isolation reference.',
  },
  {
    id: 'mac-address',
    attribute: 'services.*.mac_address',
    compose: 'lost with API 1.44 and newer where the network says nothing else of the service',
    bulkhead: 'given to the first network',
    why: 'Compose repaired it later.',
    engines: ['26'],
  },
  {
    id: 'swappiness',
    attribute: 'services.*.mem_swappiness',
    compose: '0 is taken for absent',
    bulkhead: '0 is sent',
    why: '0 means: swap as little as possible.',
  },
  {
    id: 'endpoint-options',
    attribute: 'services.*.networks.*.driver_opts',
    compose: 'ignored',
    bulkhead: 'sent',
    why: 'The engine hands them to the driver. Compose 2.40 sends them too.',
  },
  {
    id: 'endpoint-address',
    attribute: 'services.*.networks.*.ipv4_address',
    compose: 'written a second time, as the address that the container has already',
    bulkhead: 'asked for once',
    why: 'The engine overwrites it at start.',
  },
  {
    id: 'endpoint-address-6',
    attribute: 'services.*.networks.*.ipv6_address',
    compose: 'written a second time, as the gateway',
    bulkhead: 'asked for once',
    why: 'The engine overwrites it at start.',
  },
  {
    id: 'grace-period',
    attribute: 'services.*.stop_grace_period',
    compose: 'rounded down to whole seconds: 900ms kills at once',
    bulkhead: 'rounded up',
    why: 'Nothing is killed earlier than asked for.',
  },
  {
    id: 'host-path',
    attribute: 'services.*.volumes.*.bind.create_host_path',
    compose: 'false for the long form: a folder that is missing fails the start',
    bulkhead: 'true, as with the short form',
    why: 'The specification and Compose 2.40 have true for its default.',
  },
  {
    id: 'recursive',
    attribute: 'services.*.volumes.*.bind.recursive',
    compose: 'ignored',
    bulkhead: 'sent',
    why: 'The engine honors it from API 1.44 on. Compose 2.40 sends it too.',
    engines: ['26'],
  },
  {
    id: 'volumes-from-mode',
    attribute: 'services.*.volumes_from',
    compose: '`:ro` is dropped',
    bulkhead: '`:ro` is sent',
    why: 'What was to be read only stays so.',
  },
  {
    id: 'ipam-options',
    attribute: 'networks.*.ipam.options',
    compose: 'ignored',
    bulkhead: 'sent',
    why: 'The engine hands them to the driver.',
  },
]
