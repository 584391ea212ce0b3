import type { Container } from './state/container.ts'
import { object, text } from './json.ts'
import { join, leave, lookUpNetwork, networkNamed } from './network.ts'
import type { World } from './state/world.ts'

/** Puts a container that is about to run on all its networks. @throws Refusal when one is gone. */
export function joinNetworks(world: World, container: Container): void {
  for (const [name, attachment] of container.attachments) attach(world, container, name, attachment.networkId)
}

/** Puts a running container, or one that is about to run, on a network. */
export function attach(world: World, container: Container, name: string, knownId: string): void {
  const attachment = container.attachments.get(name)
  // One that it was on before is looked for by its id: another of the same name is not the same.
  const isPredefined = world.rules.predefinedNetworks[name] !== undefined
  const network = networkNamed(world, knownId === '' || isPredefined ? name : knownId)
  const settings = attachment?.settings ?? {}
  join(world, network, container.id, {
    address: text(object(settings['IPAMConfig'])['IPv4Address']),
    mac: text(settings['MacAddress']),
  })
  if (attachment !== undefined) attachment.networkId = network.id
}

/** Takes a container off all its networks. */
export function leaveNetworks(world: World, container: Container): void {
  for (const [name, { networkId }] of container.attachments) {
    const network = world.networks.get(networkId) ?? lookUpNetwork(world, name)
    if (network !== undefined) leave(world, network, container.id)
  }
}
