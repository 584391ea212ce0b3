import { humanDuration, never, timestamp } from './clock.ts'
import type { Container, Mount } from './state/container.ts'
import { object, text, texts } from './json.ts'
import type { Json } from './json.ts'
import { isUp } from './container.ts'
import { namesOf } from './surroundings.ts'
import type { World } from './state/world.ts'

/** A container as `GET /containers/{id}/json` shows it. */
export function containerView(world: World, container: Container): Json {
  const { id, name, createdAt, imageId, config, host, argv, state } = container
  const folder = `/var/lib/docker/containers/${id}`
  const started = state.startedAt !== undefined
  const file = (end: string): string => (started ? `${folder}/${end}` : '')
  return {
    Id: id,
    Created: timestamp(createdAt),
    Path: argv[0] ?? '',
    Args: argv.slice(1),
    State: stateView(container),
    Image: imageId,
    ResolvConfPath: file('resolv.conf'),
    HostnamePath: file('hostname'),
    HostsPath: file('hosts'),
    LogPath: file(`${id}-json.log`),
    Name: `/${name}`,
    RestartCount: container.restartCount,
    Driver: 'overlay2',
    Platform: world.rules.os,
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: execIds(world, container),
    HostConfig: host,
    GraphDriver: { Data: {}, Name: 'overlay2' },
    // The engine keeps them in a map, and its order is of chance.
    Mounts: world.random.shuffled(container.mounts).map(mountView),
    Config: config,
    NetworkSettings: {
      Bridge: '',
      SandboxID: started ? id : '',
      SandboxKey: started ? `/var/run/docker/netns/${id.slice(0, 12)}` : '',
      Ports: portsView(container),
      HairpinMode: false,
      LinkLocalIPv6Address: '',
      LinkLocalIPv6PrefixLen: 0,
      SecondaryIPAddresses: null,
      SecondaryIPv6Addresses: null,
      ...bridgeSettings(world, container),
      Networks: networksView(world, container, true),
    },
  }
}

function stateView({ state, health }: Container): Json {
  const { status } = state
  return {
    Status: status,
    Running: status === 'running' || status === 'paused' || status === 'restarting',
    Paused: status === 'paused',
    Restarting: status === 'restarting',
    OOMKilled: state.oomKilled,
    Dead: status === 'dead',
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt === undefined ? never : timestamp(state.startedAt),
    FinishedAt: state.finishedAt === undefined ? never : timestamp(state.finishedAt),
    ...(health === undefined
      ? {}
      : {
          Health: {
            Status: health.status,
            FailingStreak: health.failingStreak,
            Log: health.log.map(({ start, end, exitCode, output }) => ({
              Start: timestamp(start),
              End: timestamp(end),
              ExitCode: exitCode,
              Output: output,
            })),
          },
        }),
  }
}

function execIds({ executions }: World, container: Container): readonly string[] | null {
  const ids = [...executions.values()]
    .filter((one) => one.container === container && one.state === 'running')
    .map(({ id }) => id)
  return ids.length === 0 ? null : ids
}

function mountView({ type, name, source, target, mode, writable }: Mount): Json {
  return {
    Type: type,
    ...(name === undefined ? {} : { Name: name }),
    Source: source,
    Destination: target,
    ...(type === 'volume' ? { Driver: 'local' } : {}),
    Mode: mode,
    RW: writable,
    Propagation: type === 'bind' ? 'rprivate' : '',
  }
}

function portsView(container: Container): Json {
  if (container.running === undefined) return {}
  const shown: Record<string, unknown> = {}
  if (container.host['NetworkMode'] !== 'none')
    for (const port of Object.keys(object(container.config['ExposedPorts']))) shown[port] = null
  for (const { target, hostIp, hostPort } of container.ports) {
    const addresses = hostIp === '' ? ['0.0.0.0', '::'] : [hostIp]
    const bound = addresses.map((address) => ({ HostIp: address, HostPort: String(hostPort) }))
    shown[target] = [...((shown[target] ?? []) as readonly unknown[]), ...bound]
  }
  return shown
}

/** Set for the default network alone. */
function bridgeSettings(world: World, container: Container): Json {
  const endpoint = object(networksView(world, container, true)[world.rules.defaultNetwork])
  return {
    EndpointID: text(endpoint['EndpointID']),
    Gateway: text(endpoint['Gateway']),
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    IPAddress: text(endpoint['IPAddress']),
    IPPrefixLen: endpoint['IPPrefixLen'] ?? 0,
    IPv6Gateway: '',
    MacAddress: text(endpoint['MacAddress']),
  }
}

function networksView(world: World, container: Container, detailed: boolean): Json {
  const views = [...container.attachments].map(([name, { settings, networkId }]) => {
    const network = world.networks.get(networkId)
    const endpoint = network?.endpoints.get(container.id)
    const hasAddress = endpoint !== undefined && endpoint.address !== ''
    const everUp = networkId !== ''
    return [
      name,
      {
        IPAMConfig: settings['IPAMConfig'] ?? null,
        Links: settings['Links'] ?? null,
        Aliases: detailed ? aliasesView(world, container, settings, everUp) : null,
        MacAddress: endpoint?.mac ?? '',
        NetworkID: networkId,
        EndpointID: endpoint?.id ?? '',
        Gateway: hasAddress ? (network?.gateway ?? '') : '',
        IPAddress: endpoint?.address ?? '',
        IPPrefixLen: hasAddress ? (network?.subnet?.bits ?? 0) : 0,
        IPv6Gateway: '',
        GlobalIPv6Address: '',
        GlobalIPv6PrefixLen: 0,
        DriverOpts: settings['DriverOpts'] ?? null,
        ...(world.rules.shortIdAlias
          ? {}
          : { DNSNames: detailed && everUp && isUserDefined(world, name) ? namesOf(container, name) : null }),
      },
    ] as const
  })
  return Object.fromEntries(views)
}

function aliasesView(
  { rules }: World,
  { id }: Container,
  settings: Json,
  everUp: boolean,
): readonly string[] | null {
  const aliases = texts(settings['Aliases'])
  if (!rules.shortIdAlias || !everUp) return aliases ?? null
  return [...(aliases ?? []), id.slice(0, 12)]
}

function isUserDefined({ rules }: World, network: string): boolean {
  return rules.predefinedNetworks[network] === undefined
}

/** A container as `GET /containers/json` lists it. */
export function containerSummary(world: World, container: Container, withSize: boolean): Json {
  const { id, name, createdAt, imageId, host, argv, labels, state } = container
  return {
    Id: id,
    Names: [`/${name}`],
    Image: shownImage(world, container),
    ImageID: imageId,
    Command: argv.map((argument) => (argument.includes(' ') ? `'${argument}'` : argument)).join(' '),
    Created: Number(createdAt / 1_000_000_000n),
    Ports: portList(container),
    ...(withSize ? { SizeRw: 0, SizeRootFs: 1_984_472 } : {}),
    Labels: labels,
    State: state.status,
    Status: statusText(world, container),
    HostConfig: { NetworkMode: text(host['NetworkMode']) },
    NetworkSettings: { Networks: networksView(world, container, false) },
    Mounts: world.random.shuffled(container.mounts).map(mountView),
  }
}

/** The reference while it still names the image, else the image's id. */
function shownImage({ images }: World, { config, imageId }: Container): string {
  const given = text(config['Image'])
  const image = images.get(imageId)
  const tag = /:[\w.-]+$/u.test(given) ? given : `${given}:latest`
  return image === undefined || image.tags.has(tag) || image.tags.has(given) || given.includes('@')
    ? given
    : imageId
}

function portList(container: Container): readonly Json[] {
  if (container.running === undefined) return []
  const bound = container.ports.flatMap(({ target, hostIp, hostPort }) => {
    const [port, type] = target.split('/')
    const addresses = hostIp === '' ? ['0.0.0.0', '::'] : [hostIp]
    return addresses.map((address) => ({
      IP: address,
      PrivatePort: Number(port),
      PublicPort: hostPort,
      Type: type ?? 'tcp',
    }))
  })
  const exposed = Object.keys(object(container.config['ExposedPorts']))
    .filter((port) => !container.ports.some(({ target }) => target === port))
    .map((port) => ({ PrivatePort: Number(port.split('/')[0]), Type: port.split('/')[1] ?? 'tcp' }))
  return [...exposed, ...bound]
}

/** `Up 2 minutes (healthy)`, `Exited (0) 3 seconds ago`, … */
function statusText(world: World, container: Container): string {
  const { state, health } = container
  const since = (moment: bigint | undefined): string =>
    humanDuration(Math.max(0, world.clock.now() - Number((moment ?? 0n) / 1_000_000n)))
  if (state.status === 'created') return 'Created'
  if (state.status === 'dead') return 'Dead'
  if (state.status === 'removing') return 'Removal In Progress'
  if (state.status === 'restarting') return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`
  if (!isUp(container)) return `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`
  if (state.status === 'paused') return `Up ${since(state.startedAt)} (Paused)`
  if (health === undefined) return `Up ${since(state.startedAt)}`
  return `Up ${since(state.startedAt)} (${health.status === 'starting' ? 'health: starting' : health.status})`
}
