import type { NetworkAttachment, ObservedContainer, ObservedNetwork, Project, Service } from '@bulkhead/model'
import type { Judgment } from './judge.ts'
import { containerName } from './names.ts'
import { isUp } from './orphans.ts'
import { attachments } from './specification/networks.ts'

/** One network that a container, right in everything else, is not on as it should be. */
export interface Repair {
  readonly attachment: NetworkAttachment
  /** It is still on what was there under the network's name, and is taken off first. */
  readonly off: boolean
  /** Why, in the user's words. */
  readonly cause: string
  /**
   * The container may go on while it is put on the network. Not when it ran
   * before the network was made: its connections went with the former one.
   */
  readonly live: boolean
}

/**
 * What it takes to have a container on its networks: those that are made
 * again, that were removed and come back, that it was taken off, or on which it
 * has not its name. It keeps its identity, addresses and data.
 */
export function repairsOf(
  container: ObservedContainer,
  { project, service }: { readonly project: Project; readonly service: Service },
  { networks }: Judgment,
): readonly Repair[] {
  const name = containerName(project, service, container.number ?? 1)
  const judged = new Map([...networks.values()].map((one) => [one.definition.name, one]))
  return attachments({ project, service }, name).flatMap((attachment): readonly Repair[] => {
    const network = judged.get(attachment.network)
    // Nobody whom this round is about uses it.
    if (network === undefined) return []
    const { found, renewed } = network
    const id = container.networks[attachment.network]
    // Until it has run there, its place is known by name alone, and that is right whatever bears the name.
    if (id === '' && !isUp(container)) return []
    if (renewed || found === undefined) {
      const cause = `network ${attachment.network} ${renewed ? 'has changed' : 'was removed'}`
      return [{ attachment, off: id !== undefined, cause, live: false }]
    }
    if (id === undefined) {
      const cause = `not attached to network ${attachment.network}`
      return [{ attachment, off: false, cause, live: ranSince(container, found) }]
    }
    if (id !== found.id)
      return [{ attachment, off: true, cause: `network ${attachment.network} is another`, live: false }]
    const aliases = container.aliases?.[attachment.network]
    if (aliases === undefined || !isUp(container) || aliases.includes(service.name)) return []
    const cause = `not known as ${service.name} on network ${attachment.network}`
    return [{ attachment, off: true, cause, live: true }]
  })
}

/**
 * True for a container that a repair has left stopped: one that ended by itself
 * is on its networks still, under the id that they had.
 */
export function isLeftStopped(
  container: ObservedContainer,
  wanted: { readonly project: Project; readonly service: Service },
  judgment: Judgment,
): boolean {
  if (container.state !== 'exited') return false
  if (repairsOf(container, wanted, judgment).length > 0) return true
  return Object.values(container.networks).includes('')
}

function ranSince({ startedAt }: ObservedContainer, { createdAt }: ObservedNetwork): boolean {
  if (startedAt === undefined || createdAt === undefined) return true
  return Date.parse(startedAt) >= Date.parse(createdAt)
}
