import { bulkheadLabels, composeLabels, type Network, type Problem, type Service } from '@bulkhead/model'
import type { Clearing } from './clear.ts'
import type { Draft } from './draft.ts'
import type { UpInput } from './input.ts'
import { definitionLabels, networkKeys, volumeKeys, type Judgment } from './judge.ts'
import { networkSpec, volumeSpec } from './specification/networks.ts'

/** Networks and volumes of the services that are to run. */
export interface Resources {
  /** Nodes that create the networks and volumes a service needs. */
  nodesFor(service: Service): readonly number[]
  /** Nodes that create the network of this engine name. */
  network(name: string): readonly number[]
}

/** Adds the networks and volumes that are missing, or that are made again once nobody is on them. */
export function emitResources(
  { project, composeHashes, owner }: UpInput,
  { networks, volumes }: Judgment,
  clearing: Clearing,
  draft: Draft,
): Resources {
  const nodes = new Map<string, number>()
  const own = owner === undefined ? {} : { [bulkheadLabels.owner]: owner }
  for (const { key, definition, found, renewed } of networks.values()) {
    if (found !== undefined && !renewed) continue
    const cause = renewed ? 'its definition has changed' : 'not found'
    const after =
      found === undefined
        ? []
        : [
            draft.add(
              { type: 'removeNetwork', id: found.id, name: found.name, cause },
              clearing.network(found.name),
            ),
          ]
    const labels = { ...definitionLabels(definition, composeHashes.network(definition)), ...own }
    const network = networkSpec(project, key, definition, labels)
    nodes.set(`network ${key}`, draft.add({ type: 'createNetwork', key, network, cause }, after))
  }
  for (const { key, definition, found, renewed } of volumes.values()) {
    if (found !== undefined && !renewed) continue
    const cause = renewed ? 'its definition has changed' : 'not found'
    const after =
      found === undefined
        ? []
        : [draft.add({ type: 'removeVolume', name: found.name, cause }, clearing.volume(found.name))]
    const labels = { ...definitionLabels(definition, composeHashes.volume(definition)), ...own }
    const volume = volumeSpec(project, key, definition, labels)
    nodes.set(`volume ${key}`, draft.add({ type: 'createVolume', key, volume, cause }, after))
  }
  const keyOf = new Map([...networks.values()].map(({ key, definition }) => [definition.name, key]))
  return {
    nodesFor: (service) => [
      ...networkKeys(service).flatMap((key) => nodes.get(`network ${key}`) ?? []),
      ...volumeKeys(service).flatMap((key) => nodes.get(`volume ${key}`) ?? []),
    ],
    network: (name) => {
      const node = nodes.get(`network ${keyOf.get(name) ?? ''}`)
      return node === undefined ? [] : [node]
    },
  }
}

/**
 * Removes networks of the project that its files know under another name by
 * now, once those that were on them are. Networks that the files know no more
 * stay until the project goes down.
 */
export function emitFormerNetworks(
  { project, observed, deployment }: UpInput,
  draft: Draft,
): readonly Problem[] {
  const names = new Set(Object.values(project.networks).map(({ name }) => name))
  const problems: Problem[] = []
  for (const { id, name, labels, strangers = [] } of observed.networks) {
    const key = labels[composeLabels.network]
    if (labels[composeLabels.project] !== project.name || key === undefined || names.has(name)) continue
    const now: Network | undefined = project.networks[key]
    if (now === undefined) {
      if (deployment !== undefined) problems.push(undeclared(name))
      continue
    }
    const users = observed.containers.filter(({ networks }) => networks[name] !== undefined)
    const gone = users.map((user) => draft.removalOf(user.id))
    const staying = users.filter((_user, index) => gone[index] === undefined).map((user) => user.name)
    if (staying.length + strangers.length > 0) {
      problems.push(stillUsed(name, now.name, [...staying, ...strangers]))
      continue
    }
    const after = gone.filter((node) => node !== undefined)
    draft.add({ type: 'removeNetwork', id, name, cause: `it is ${now.name} now` }, after)
  }
  return problems
}

function undeclared(name: string): Problem {
  return {
    severity: 'warning',
    code: 'BH_CONFLICT',
    message: `Network "${name}" is of the project, and its files no longer have it.`,
    hint: 'It goes with `bulkhead down`.',
  }
}

function stillUsed(name: string, now: string, users: readonly string[]): Problem {
  return {
    severity: 'warning',
    code: 'BH_CONFLICT',
    message: `Network "${name}", which is "${now}" now, stays: ${users.join(', ')} ${users.length === 1 ? 'is' : 'are'} on it.`,
    hint: 'Remove these containers, or take them off the network.',
  }
}
