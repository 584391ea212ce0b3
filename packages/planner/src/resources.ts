import {
  composeLabels,
  positionOf,
  type Observed,
  type Problem,
  type Project,
  type Service,
} from '@bulkhead/model'
import type { ComposeHashes } from './input.ts'
import type { Draft } from './draft.ts'
import { networkSpec, volumeSpec } from './specification/networks.ts'

/** Networks and volumes of the services that are to run. */
export interface Resources {
  /** Nodes that create the networks and volumes a service needs. */
  nodesFor(service: Service): readonly number[]
  readonly problems: readonly Problem[]
}

/**
 * Adds the networks and volumes that are missing. One that is there under the
 * right name is used, whoever made it; an external one that is not there is a
 * problem at the place where the file names it.
 */
export function planResources(
  project: Project,
  services: readonly Service[],
  observed: Observed,
  hashes: ComposeHashes,
  draft: Draft,
): Resources {
  const nodes = new Map<string, number>()
  const problems: Problem[] = []

  for (const key of used(services, networkKeys)) {
    const network = project.networks[key]
    if (network === undefined) continue
    const there = observed.networks.some(({ name }) => name === network.name)
    if (there) continue
    if (network.external === true) {
      problems.push(missingExternal(project, 'networks', key, network.name))
      continue
    }
    const spec = networkSpec(project, key, network, hashes.network(network))
    nodes.set(
      `network ${key}`,
      draft.add({ type: 'createNetwork', key, network: spec, cause: 'not found' }, []),
    )
  }
  for (const key of used(services, volumeKeys)) {
    const volume = project.volumes[key]
    if (volume === undefined) continue
    const there = observed.volumes.find(({ name }) => name === volume.name)
    if (there !== undefined) {
      const problem = volume.external === true ? undefined : foreignVolume(project, key, there)
      if (problem !== undefined) problems.push(problem)
      continue
    }
    if (volume.external === true) {
      problems.push(missingExternal(project, 'volumes', key, volume.name))
      continue
    }
    const spec = volumeSpec(project, key, volume, hashes.volume(volume))
    nodes.set(`volume ${key}`, draft.add({ type: 'createVolume', key, volume: spec, cause: 'not found' }, []))
  }
  return {
    problems,
    nodesFor: (service) => [
      ...networkKeys(service).flatMap((key) => nodes.get(`network ${key}`) ?? []),
      ...volumeKeys(service).flatMap((key) => nodes.get(`volume ${key}`) ?? []),
    ],
  }
}

function used(
  services: readonly Service[],
  keysOf: (service: Service) => readonly string[],
): readonly string[] {
  return [...new Set(services.flatMap(keysOf))].sort()
}

function networkKeys({ networks, network_mode }: Service): readonly string[] {
  return network_mode === undefined ? Object.keys(networks ?? {}) : []
}

function volumeKeys({ volumes }: Service): readonly string[] {
  return (volumes ?? []).flatMap(({ type, source }) =>
    type === 'volume' && source !== undefined ? [source] : [],
  )
}

function missingExternal(project: Project, kind: 'networks' | 'volumes', key: string, name: string): Problem {
  const noun = kind === 'networks' ? 'network' : 'volume'
  return {
    severity: 'error',
    code: kind === 'networks' ? 'BH_NETWORK_NOT_FOUND' : 'BH_VOLUME_NOT_FOUND',
    message: `External ${noun} "${name}" is not on the engine.`,
    hint: `Create it with \`docker ${noun} create ${name}\`, or remove \`external\` to have it made for the project.`,
    at: positionOf(project, kind, key),
    path: `/${kind}/${key}`,
  }
}

/** A volume under our name that carries another project's label: used as it is, and said. */
function foreignVolume(
  project: Project,
  key: string,
  { name, labels }: Observed['volumes'][number],
): Problem | undefined {
  const owner = labels[composeLabels.project]
  if (owner === undefined || owner === project.name) return undefined
  return {
    severity: 'warning',
    code: 'BH_CONFLICT',
    message: `Volume "${name}" was made by project "${owner}".`,
    hint: 'Mark it `external: true` to use it on purpose.',
    at: positionOf(project, 'volumes', key),
    path: `/volumes/${key}`,
  }
}
