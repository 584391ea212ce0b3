import type Docker from 'dockerode'
import { BulkheadError } from '@bulkhead/model'
import type { NetworkAttachment, NetworkSpec } from '@bulkhead/model'
import { connection } from './body.ts'
import { compareApi } from './client.ts'
import type { Client } from './client.ts'
import { bodyOnly } from './dial.ts'
import { attempt, statusOf, wordsOf } from './error.ts'
import { segment } from './segment.ts'

/** Done too when a network of this name has all the labels asked for: somebody was faster with the same. */
export async function createNetwork(
  client: Client,
  { name, body }: NetworkSpec,
  signal?: AbortSignal,
): Promise<void> {
  const { api } = await client.agreement()
  const docker = await client.calls(signal)
  const { EnableIPv4: enableIpv4, ...rest } = body
  const network = {
    ...rest,
    ...(enableIpv4 !== undefined && compareApi(api, '1.48') >= 0 ? { EnableIPv4: enableIpv4 } : {}),
    Name: name,
    // Without it, engines before API 1.44 make a second network of the same name.
    CheckDuplicate: true,
  }
  await attempt(`create network "${name}"`, signal, async () => {
    try {
      await docker.createNetwork(bodyOnly(network))
    } catch (error) {
      if (statusOf(error) !== 409 || !(await isSame(docker, name, body['Labels']))) throw error
    }
  })
}

/** Done too when it's gone. */
export async function removeNetwork(client: Client, id: string, signal?: AbortSignal): Promise<void> {
  const docker = await client.calls(signal)
  const network = docker.getNetwork(segment(id))
  await attempt(`remove network "${id}"`, signal, async () => {
    try {
      await network.remove()
    } catch (error) {
      if (statusOf(error) === 404) return
      throw /active endpoints/iu.test(wordsOf(error)) ? await inUse(network, error) : error
    }
  })
}

/** Done too when the container is on the network. One that does not run joins it at its next start. */
export async function connectNetwork(
  client: Client,
  container: string,
  attachment: NetworkAttachment,
  signal?: AbortSignal,
): Promise<void> {
  const { network } = attachment
  const EndpointConfig = connection(container, attachment, await client.agreement())
  const docker = await client.calls(signal)
  await attempt(`connect container "${container}" to network "${network}"`, signal, async () => {
    try {
      await docker.getNetwork(segment(network)).connect({ Container: container, EndpointConfig })
    } catch (error) {
      if (!(await isOn(docker, container, network))) throw error
    }
  })
}

/** Done too when the container is not on the network, or when either is gone. */
export async function disconnectNetwork(
  client: Client,
  container: string,
  network: string,
  signal?: AbortSignal,
): Promise<void> {
  const docker = await client.calls(signal)
  await attempt(`disconnect container "${container}" from network "${network}"`, signal, async () => {
    try {
      // Without force a container is not taken off a network that is gone.
      await docker.getNetwork(segment(network)).disconnect({ Container: container, Force: true })
    } catch (error) {
      if (await isOn(docker, container, network)) throw error
    }
  })
}

/**
 * Has a running container found under other names on a network. The engine has
 * no call for that, so it is taken off and put back. It keeps its address where
 * no lower one has become free (engines give the lowest), or where `asked`, on
 * networks with a subnet of their own; and with the address its connections,
 * which then stand still for a moment.
 *
 * @param asked not for one that goes on: it could start with no other address from then on.
 * @returns whether it has kept its address.
 */
export async function aliasContainer(
  client: Client,
  container: string,
  attachment: NetworkAttachment,
  { asked }: { readonly asked: boolean },
  signal?: AbortSignal,
): Promise<boolean> {
  const { network } = attachment
  const EndpointConfig = connection(container, attachment, await client.agreement())
  const docker = await client.calls(signal)
  const address = await addressOn(docker, container, network)
  await disconnectNetwork(client, container, network, signal)
  const request = { Container: container, EndpointConfig }
  const IPAMConfig = { IPv4Address: address }
  await attempt(`connect container "${container}" to network "${network}"`, signal, async () => {
    const join = (body: typeof request): Promise<unknown> => docker.getNetwork(segment(network)).connect(body)
    try {
      if (!asked || address === '') await join(request)
      else
        await join({ ...request, EndpointConfig: { ...EndpointConfig, IPAMConfig } }).catch(() =>
          join(request),
        )
    } catch (error) {
      if (!(await isOn(docker, container, network))) throw error
    }
  })
  return address === (await addressOn(docker, container, network))
}

/** Its IPv4 address there; empty: none, or it is gone. */
async function addressOn(docker: Docker, container: string, network: string): Promise<string> {
  try {
    const its: Docker.ContainerInspectInfo = await docker.getContainer(segment(container)).inspect()
    return its.NetworkSettings.Networks?.[network]?.IPAddress ?? ''
  } catch (error) {
    if (statusOf(error) === 404) return ''
    throw error
  }
}

async function isOn(docker: Docker, container: string, network: string): Promise<boolean> {
  try {
    const its: Docker.ContainerInspectInfo = await docker.getContainer(segment(container)).inspect()
    return Object.hasOwn(its.NetworkSettings.Networks ?? {}, network)
  } catch (error) {
    if (statusOf(error) === 404) return false
    throw error
  }
}

async function isSame(docker: Docker, name: string, labels: unknown): Promise<boolean> {
  const wanted = Object.entries((labels ?? {}) as Readonly<Record<string, string>>)
  const found: Docker.NetworkInspectInfo = await docker.getNetwork(segment(name)).inspect()
  const its = found.Labels ?? {}
  return wanted.length > 0 && wanted.every(([key, value]) => its[key] === value)
}

/** The engine says that a network is in use, not by whom. */
async function inUse(network: Docker.Network, cause: unknown): Promise<unknown> {
  try {
    const { Name: name, Containers: containers }: Docker.NetworkInspectInfo = await network.inspect()
    const users = Object.values(containers ?? {}).map((container) => container.Name)
    if (users.length === 0) return cause
    return new BulkheadError(
      'BH_CONFLICT',
      `Network "${name}" is still in use by ${users.sort().join(', ')}.`,
      {
        hint: 'Stop these containers, or disconnect them from the network.',
        cause,
      },
    )
  } catch {
    return cause
  }
}
