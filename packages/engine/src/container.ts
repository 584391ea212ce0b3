import type Docker from 'dockerode'
import { composeLabels, containerStates } from '@bulkhead/model'
import type {
  ContainerSettings,
  ContainerState,
  Health,
  ObservedContainer,
  ObservedPort,
} from '@bulkhead/model'

/** An inspection as the model's noun. */
export function observedContainer(detail: Docker.ContainerInspectInfo): ObservedContainer {
  const { State: state, Config: config, HostConfig: host } = detail
  // The engine writes null for what it has none of, whatever the types say.
  const labels = (config.Labels as typeof config.Labels | null) ?? {}
  const number = Number(labels[composeLabels.number])
  const hook = labels[composeLabels.hook]
  const oneOff = labels[composeLabels.oneOff] === 'True' || hook !== undefined
  return {
    id: detail.Id,
    name: detail.Name.replace(/^\//u, ''),
    service: labels[composeLabels.service] ?? '',
    number: oneOff || !Number.isInteger(number) ? undefined : number,
    oneOff,
    ...(hook === undefined ? {} : { hook }),
    state: stateOf(state.Status),
    health: healthOf(state.Health?.Status),
    exitCode: state.ExitCode,
    error: blank(state.Error),
    oomKilled: state.OOMKilled,
    restartCount: detail.RestartCount,
    startedAt: moment(state.StartedAt),
    finishedAt: moment(state.FinishedAt),
    createdAt: detail.Created,
    labels,
    image: config.Image,
    imageId: detail.Image,
    command: commandOf(detail),
    runtime: blank(host.Runtime),
    isolation: blank(host.Isolation),
    ...sharing(host),
    networks: Object.fromEntries(
      Object.entries(detail.NetworkSettings.Networks ?? {}).map(([name, { NetworkID: id }]) => [name, id]),
    ),
    aliases: Object.fromEntries(
      Object.entries(detail.NetworkSettings.Networks ?? {}).map(([name, { Aliases: aliases }]) => [
        name,
        (aliases as readonly string[] | null | undefined) ?? [],
      ]),
    ),
    settings: settingsOf(host),
    mounts: (detail.Mounts ?? []).map(({ Type: type, Name: name, Source: source, Destination: target }) => ({
      type,
      name: type === 'volume' ? name : undefined,
      source,
      target,
    })),
    ports: portsOf(detail.NetworkSettings.Ports),
    healthLog: (state.Health?.Log ?? []).map(({ ExitCode: exitCode, Output: output }) => ({
      exitCode,
      output,
    })),
  }
}

function settingsOf(host: Docker.HostConfig): ContainerSettings {
  const {
    RestartPolicy: policy,
    Memory,
    MemorySwap,
    MemoryReservation,
    NanoCpus,
    CpuShares,
    CpusetCpus,
    PidsLimit,
  } = host
  const most = policy?.MaximumRetryCount ?? 0
  const name = blank(policy?.Name) ?? 'no'
  return {
    restart: name === 'on-failure' && most > 0 ? `${name}:${most}` : name,
    memory: Memory ?? 0,
    memorySwap: MemorySwap ?? 0,
    memoryReservation: MemoryReservation ?? 0,
    nanoCpus: NanoCpus ?? 0,
    cpuShares: CpuShares ?? 0,
    cpuset: CpusetCpus ?? '',
    // Both -1 and nothing mean no limit.
    pidsLimit: Math.max(0, PidsLimit ?? 0),
  }
}

/** The engine has turned the names given at creation into ids. */
function sharing(host: Docker.HostConfig): Pick<ObservedContainer, 'sharesWith'> {
  const modes = [host.NetworkMode, host.IpcMode, host.PidMode]
  const owners = modes.flatMap((mode) =>
    mode?.startsWith('container:') === true ? [mode.slice('container:'.length)] : [],
  )
  return owners.length === 0 ? {} : { sharesWith: [...new Set(owners)] }
}

/** Entrypoint and arguments in one, as the engine's own list writes them. */
function commandOf({ Path: path, Args: args }: Docker.ContainerInspectInfo): string {
  return [path, ...args.map((argument) => (argument.includes(' ') ? `'${argument}'` : argument))].join(' ')
}

function stateOf(status: string): ContainerState {
  return containerStates.find((known) => known === status) ?? 'dead'
}

function healthOf(status: string | undefined): Health {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none'
}

/** The engine's year 1 means never. */
function moment(time: string): string | undefined {
  return time === '' || time.startsWith('0001-') ? undefined : time
}

type PortMap = Readonly<
  Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
>

function portsOf(ports: PortMap | null | undefined): readonly ObservedPort[] {
  return Object.entries(ports ?? {}).flatMap(([key, bindings]): readonly ObservedPort[] => {
    const [target = '', protocol = 'tcp'] = key.split('/')
    const bare = { target: Number(target), protocol }
    if (bindings === null || bindings.length === 0)
      return [{ ...bare, hostIp: undefined, published: undefined }]
    return bindings.map(({ HostIp: hostIp, HostPort: port }) => ({
      ...bare,
      hostIp: blank(hostIp),
      published: Number(port),
    }))
  })
}

function blank(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text
}
