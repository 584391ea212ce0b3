import { contains, formatAddress, macOf, overlap, parseAddress, parseSubnet, sizeOf } from './address.ts'
import type { Subnet } from './address.ts'
import { timestamp } from './clock.ts'
import { flag, list, object, text, textMap } from './json.ts'
import type { Json } from './json.ts'
import { Refusal } from './refusal.ts'
import type { World } from './state/world.ts'
import type { ActiveEndpoint, Network } from './state/network.ts'

/** The networks that are there before anybody asks. */
export function addPredefinedNetworks(world: World): void {
  for (const [name, driver] of Object.entries(world.rules.predefinedNetworks)) {
    const addressed = name === world.rules.defaultNetwork
    const subnet = addressed ? parseSubnet('172.17.0.0/16') : undefined
    const gateway = addressed ? '172.17.0.1' : undefined
    const pools = addressed ? [{ Subnet: '172.17.0.0/16', Gateway: gateway }] : []
    add(world, { name, driver, body: {}, subnet, gateway, pools, ownSubnet: false })
  }
}

/** @throws Refusal as the engine would. */
export function createNetwork(world: World, body: Json): Network {
  const { rules } = world
  const name = text(body['Name'])
  const driver = text(body['Driver']) === '' ? rules.defaultDriver : text(body['Driver'])
  if (name.trim() === '') throw rules.words.networkNameMissing()
  if (rules.predefinedNetworks[name] !== undefined)
    throw new Refusal(403, `operation is not permitted on predefined ${name} network `)
  const holder = [...world.networks.values()].find((network) => network.name === name)
  if (holder !== undefined && (rules.uniqueNetworkNames || body['CheckDuplicate'] === true))
    throw new Refusal(409, `network with name ${name} already exists`)
  if (driver === 'host' || driver === 'null')
    throw new Refusal(403, `only one instance of "${driver}" network is allowed`)
  if (!rules.networkDrivers.includes(driver)) throw new Refusal(404, `plugin "${driver}" not found`)
  return add(world, { name, driver, body, ...addressing(world, body) })
}

type Addressing = Pick<Network, 'subnet' | 'gateway' | 'pools' | 'ownSubnet'>

function add(world: World, network: Pick<Network, 'name' | 'driver' | 'body'> & Addressing): Network {
  const made: Network = {
    ...network,
    id: world.random.hex(64),
    createdAt: world.nanoseconds(),
    labels: textMap(network.body['Labels']),
    endpoints: new Map(),
  }
  world.networks.set(made.id, made)
  if (world.rules.predefinedNetworks[made.name] === undefined) tellNetwork(world, 'create', made)
  return made
}

function addressing(world: World, body: Json): Addressing {
  const pools = list(object(body['IPAM'])['Config']).map(object)
  const wanted = pools.find((pool) => text(pool['Subnet']) !== '')
  if (wanted === undefined) {
    const subnet = freeSubnet(world)
    const gateway = formatAddress(subnet.first + 1)
    const shown = { Subnet: `${formatAddress(subnet.first)}/${subnet.bits}`, Gateway: gateway }
    return { subnet, gateway, pools: [shown], ownSubnet: false }
  }
  const given = text(wanted['Subnet'])
  const subnet = parseSubnet(given)
  if (subnet === undefined && given.includes(':'))
    return { subnet: freeSubnet(world), gateway: undefined, pools, ownSubnet: true }
  if (subnet === undefined) throw world.rules.words.invalidSubnet(given)
  if (takenSubnets(world).some((other) => overlap(other, subnet)))
    throw new Refusal(403, 'Pool overlaps with other one on this address space')
  const gateway = text(wanted['Gateway'])
  return {
    subnet,
    gateway: gateway === '' ? formatAddress(subnet.first + 1) : gateway,
    pools,
    ownSubnet: true,
  }
}

function freeSubnet(world: World): Subnet {
  const taken = takenSubnets(world)
  for (let index = 0; index < 256; index += 1) {
    const subnet = parseSubnet(`${world.addressPool}.${index}.0/24`)
    if (subnet !== undefined && !taken.some((other) => overlap(other, subnet))) return subnet
  }
  throw new Refusal(
    404,
    'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
  )
}

function takenSubnets({ networks }: World): readonly Subnet[] {
  return [...networks.values()].flatMap(({ subnet }) => (subnet === undefined ? [] : [subnet]))
}

/** By id, name, or the beginning of an id. */
export function lookUpNetwork({ networks }: World, given: string): Network | undefined {
  const all = [...networks.values()]
  return (
    networks.get(given) ??
    all.find(({ name }) => name === given) ??
    (given === '' ? undefined : all.find(({ id }) => id.startsWith(given)))
  )
}

/** @throws Refusal 404 */
export function networkNamed(world: World, given: string): Network {
  const found = lookUpNetwork(world, given)
  if (found === undefined) throw new Refusal(404, `network ${given} not found`)
  return found
}

/** @throws Refusal 403 while a running container is on it. */
export function removeNetwork(world: World, given: string): void {
  const network = networkNamed(world, given)
  if (world.rules.predefinedNetworks[network.name] !== undefined)
    throw new Refusal(403, `${network.name} is a pre-defined network and cannot be removed`)
  if (network.endpoints.size > 0)
    throw new Refusal(
      403,
      `error while removing network: network ${network.name} id ${network.id} has active endpoints`,
    )
  world.networks.delete(network.id)
  tellNetwork(world, 'destroy', network)
}

/** Gives a container that runs its place on a network. @throws Refusal when the address it wants can't be had. */
export function join(
  world: World,
  network: Network,
  container: string,
  wanted: { readonly address: string; readonly mac: string },
): ActiveEndpoint {
  const address = addressFor(network, wanted.address)
  const mac = wanted.mac === '' && address !== '' ? macOf(parseAddress(address) ?? 0) : wanted.mac
  const endpoint = { id: world.random.hex(64), container, address, mac }
  network.endpoints.set(container, endpoint)
  tellNetwork(world, 'connect', network, container)
  return endpoint
}

function addressFor({ subnet, gateway, endpoints, ownSubnet }: Network, wanted: string): string {
  if (subnet === undefined) return ''
  const taken = new Set([...endpoints.values()].map(({ address }) => address).concat(gateway ?? ''))
  if (wanted !== '') {
    if (!ownSubnet)
      throw new Refusal(
        400,
        'user specified IP address is supported only when connecting to networks with user configured subnets',
      )
    const number = parseAddress(wanted)
    if (number === undefined || !contains(subnet, number))
      throw new Refusal(
        400,
        `invalid endpoint settings:\nno configured subnet or ip-range contain the IP address ${wanted}`,
      )
    if (taken.has(wanted)) throw new Refusal(403, 'Address already in use')
    return wanted
  }
  for (let offset = 2; offset < sizeOf(subnet) - 1; offset += 1) {
    const address = formatAddress(subnet.first + offset)
    if (!taken.has(address)) return address
  }
  throw new Refusal(403, "no available IPv4 addresses on this network's address pools")
}

export function leave(world: World, network: Network, container: string): void {
  if (network.endpoints.delete(container)) tellNetwork(world, 'disconnect', network, container)
}

export function tellNetwork(
  world: World,
  action: string,
  { id, name, driver }: Network,
  container?: string,
): void {
  world.tell('network', action, id, {
    name,
    type: driver,
    ...(container === undefined ? {} : { container }),
  })
}

/** A network as the Engine API shows it; a list leaves out who is on it. */
export function networkView(world: World, network: Network, withContainers: boolean): Json {
  const { id, name, driver, createdAt, body, labels, pools, subnet } = network
  const ipam = object(body['IPAM'])
  const bits = subnet?.bits ?? 0
  const containers = Object.fromEntries(
    [...network.endpoints.values()].map((endpoint) => [
      endpoint.container,
      {
        Name: world.containers.get(endpoint.container)?.name ?? '',
        EndpointID: endpoint.id,
        MacAddress: endpoint.mac,
        IPv4Address: endpoint.address === '' ? '' : `${endpoint.address}/${bits}`,
        IPv6Address: '',
      },
    ]),
  )
  return {
    Name: name,
    Id: id,
    Created: timestamp(createdAt),
    Scope: 'local',
    Driver: driver,
    EnableIPv6: body['EnableIPv6'] === true,
    IPAM: {
      Driver: text(ipam['Driver']) === '' ? 'default' : ipam['Driver'],
      Options: ipam['Options'] ?? null,
      Config: pools,
    },
    Internal: body['Internal'] === true || flag(body['Internal']),
    Attachable: body['Attachable'] === true,
    Ingress: false,
    ConfigFrom: { Network: '' },
    ConfigOnly: false,
    Containers: withContainers ? containers : {},
    Options: body['Options'] ?? {},
    Labels: labels,
  }
}
