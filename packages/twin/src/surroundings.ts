import type { Container } from './state/container.ts'
import { text, texts } from './json.ts'
import type { Process, Subject } from './program.ts'
import type { World } from './state/world.ts'

/** What scripts go by. */
export function subjectOf({ config, name, argv }: Container): Subject {
  return { image: text(config['Image']), container: name, argv }
}

/** Its variables, as programs in it see them. */
export function environmentOf({ config }: Container): Readonly<Record<string, string>> {
  return Object.fromEntries(
    (texts(config['Env']) ?? []).map((entry) => {
      const at = entry.indexOf('=')
      return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)]
    }),
  )
}

export function workingDirectoryOf({ config }: Container): string {
  return text(config['WorkingDir']) || '/'
}

/** Who answers to a host name or alias on the networks that a container shares with him. */
export function reach(world: World, container: Container, host: string): Process | undefined {
  for (const [name, { networkId }] of container.attachments) {
    const network = world.networks.get(networkId)
    if (network === undefined || !network.endpoints.has(container.id)) continue
    for (const id of network.endpoints.keys()) {
      const other = world.containers.get(id)
      if (other === undefined || !namesOf(other, name).includes(host)) continue
      if (other.running !== undefined) return other.running.process
    }
  }
  return undefined
}

/** The names that a container has on a network. */
export function namesOf({ id, name, attachments }: Container, network: string): readonly string[] {
  const aliases = texts(attachments.get(network)?.settings['Aliases']) ?? []
  return [...new Set([name, ...aliases, id.slice(0, 12)])]
}
