import { apiAtLeast } from '@bulkhead/model'
import type { EngineCapabilities, Service } from '@bulkhead/model'
import type { Rule, Shortfall } from './shortfall.ts'

/** A part of the API that came with a release, and who uses it. */
interface Feature {
  readonly api: string
  readonly release: string
  /** Where it is used, below the service. */
  readonly used: (service: Service) => readonly (readonly (string | number)[])[]
  readonly what: string
  /** What happens without it, when the service may go on. */
  readonly without?: string
}

const features: readonly Feature[] = [
  {
    api: '1.48',
    release: 'Docker 28',
    used: ({ volumes = [] }) => where(volumes, ({ type }) => type === 'image', 'volumes', 'type'),
    what: 'an image as a mount',
  },
  {
    api: '1.45',
    release: 'Docker 26',
    used: ({ volumes = [] }) =>
      where(volumes, ({ volume }) => volume?.subpath !== undefined, 'volumes', 'volume'),
    what: 'a folder of a volume (subpath)',
  },
  {
    api: '1.44',
    release: 'Docker 25',
    used: ({ volumes = [] }) =>
      where(
        volumes,
        ({ bind }) => bind?.recursive === 'readonly' || bind?.recursive === 'writable',
        'volumes',
        'bind',
      ),
    what: 'a choice of how mounts below are made read-only (bind.recursive)',
  },
  {
    api: '1.49',
    release: 'Docker 28.1',
    used: (service) =>
      ofNetworks(service, ({ interface_name: name }) => name !== undefined, 'interface_name'),
    what: 'a name of its network interface',
  },
  {
    api: '1.48',
    release: 'Docker 28',
    used: (service) =>
      ofNetworks(service, ({ gw_priority: priority }) => priority !== undefined, 'gw_priority'),
    what: 'a priority of its default gateway (gw_priority)',
    without: 'The engine chooses the gateway by the names of the networks.',
  },
  {
    api: '1.44',
    release: 'Docker 25',
    used: ({ healthcheck }) =>
      healthcheck?.start_interval === undefined ? [] : [['healthcheck', 'start_interval']],
    what: 'checks at another interval while it starts (start_interval)',
    without: 'It is checked every `interval` from the beginning, and may be healthy later.',
  },
  {
    api: '1.43',
    release: 'Docker 24',
    used: ({ annotations = {} }) => (Object.keys(annotations).length === 0 ? [] : [['annotations']]),
    what: 'annotations for its runtime',
    without: 'The runtime does not see them.',
  },
  {
    api: '1.44',
    release: 'Docker 25',
    used: ({ devices = [] }) =>
      where(devices, ({ source }) => !source.startsWith('/') && source.includes('='), 'devices', 'source'),
    what: 'a device by the name of a CDI specification',
  },
]

/** What the engine's API has only from a later release on. */
const byRelease: Rule = (service, engine) =>
  features
    .filter(({ api }) => !apiAtLeast(engine, api))
    .flatMap(({ api, release, used, what, without }) =>
      used(service).map((at) => lacking(at, what, `${release} (API ${api})`, engine, without)),
    )

/** Before API 1.44 a container has one MAC address: that of its first network. */
const macAddresses: Rule = (service, engine) => {
  const { networks = {}, mac_address: own } = service
  const [first, ...others] = byPriority(networks)
  const given = first === undefined ? undefined : networks[first]?.mac_address
  if (own !== undefined && given !== undefined && own !== given) {
    return [
      {
        at: ['mac_address'],
        severity: 'error',
        code: 'BH_COMPOSE_INVALID',
        what: `the MAC address ${own}, and for another on its first network "${first ?? ''}"`,
        hint: 'Give it one of them, on the network.',
      },
    ]
  }
  if (apiAtLeast(engine, '1.44')) return []
  return others
    .filter((key) => networks[key]?.mac_address !== undefined)
    .map((key) =>
      lacking(
        ['networks', key, 'mac_address'],
        `a MAC address on its second network "${key}"`,
        'Docker 25 (API 1.44)',
        engine,
      ),
    )
}

/** An older engine would hand out IPv4 addresses all the same. */
const withoutIpv4: Rule = ({ networks = {} }, engine, project) =>
  apiAtLeast(engine, '1.48')
    ? []
    : Object.keys(networks)
        .filter((key) => project.networks[key]?.enable_ipv4 === false)
        .map((key) => ({
          ...lacking(
            ['networks', key, 'enable_ipv4'],
            `a network without IPv4 ("${key}")`,
            'Docker 28 (API 1.48)',
            engine,
          ),
          ofProject: true,
        }))

export const versionRules: readonly Rule[] = [byRelease, macAddresses, withoutIpv4]

function lacking(
  at: Shortfall['at'],
  what: string,
  release: string,
  { version, apiVersion }: EngineCapabilities,
  without?: string,
): Shortfall {
  const has = `this engine is ${version} (API ${apiVersion})`
  return {
    at,
    severity: without === undefined ? 'error' : 'warning',
    what: `${what}, which comes with ${release}; ${has}`,
    hint: `${without === undefined ? '' : `${without} `}Upgrade the engine, or leave it out.`,
  }
}

function where<T>(
  list: readonly T[],
  uses: (one: T) => boolean,
  name: string,
  attribute: string,
): readonly (readonly (string | number)[])[] {
  return list.flatMap((one, index) => (uses(one) ? [[name, index, attribute]] : []))
}

type ServiceNetworks = NonNullable<Service['networks']>

function ofNetworks(
  { networks = {} }: Service,
  uses: (options: NonNullable<ServiceNetworks[string]>) => boolean,
  attribute: string,
): readonly (readonly string[])[] {
  return Object.entries(networks).flatMap(([key, options]) =>
    options !== null && uses(options) ? [['networks', key, attribute]] : [],
  )
}

/** In the order in which a container joins them. */
function byPriority(networks: ServiceNetworks): readonly string[] {
  return Object.entries(networks)
    .sort(([a, x], [b, y]) => (y?.priority ?? 0) - (x?.priority ?? 0) || a.localeCompare(b))
    .map(([key]) => key)
}
