import {
  bulkheadLabels,
  composeLabels,
  type ContainerSpec,
  type ObservedContainer,
  type OperationOf,
} from '@bulkhead/model'
import { anonymousIn } from './anonymous.ts'
import type { Wanted } from './divergence.ts'
import { containerName, imageOf, temporaryName } from './names.ts'

/**
 * A container that never runs: it holds the anonymous volumes of one that must
 * go before the one that takes its place can be made. Whatever ends the round
 * in between, the engine still tells whose they are, and nobody prunes them:
 * by its name and labels a keeper is the replica whose replacement was
 * interrupted, so that any later round, and Compose, makes that anew with them.
 *
 * @returns undefined: there is nothing to keep.
 */
export function keeperOf(
  { project, service }: Wanted,
  number: number,
  container: ObservedContainer,
): ContainerSpec | undefined {
  const volumes = anonymousIn(container.mounts)
  if (volumes.length === 0) return undefined
  return {
    name: temporaryName(container.id, containerName(project, service, number)),
    service: service.name,
    number,
    platform: service.platform ?? project.defaultPlatform,
    networks: [],
    body: {
      Image: imageOf(project, service),
      // An image without a command of its own can't be made a container of without one.
      Cmd: ['never run'],
      Labels: {
        [composeLabels.project]: project.name,
        [composeLabels.service]: service.name,
        [composeLabels.number]: String(number),
        [composeLabels.oneOff]: 'False',
        [bulkheadLabels.keeps]: container.id,
      },
      HostConfig: {
        NetworkMode: 'none',
        Mounts: volumes.map(({ name, target }) => ({
          Type: 'volume',
          Source: name,
          Target: target,
          VolumeOptions: { NoCopy: true },
        })),
      },
    },
  }
}

export function isKeeper({ labels }: Pick<ObservedContainer, 'labels'>): boolean {
  return labels[bulkheadLabels.keeps] !== undefined
}

/** Takes a keeper away, with the volumes that its image asked for and nobody has used; what it keeps has a name. */
export function keeperRemoval(
  { service, name }: ContainerSpec,
  cause: string,
): OperationOf<'removeContainer'> {
  return { type: 'removeContainer', service, container: name, name, volumes: true, cause }
}

/** The name of the container that takes the place of the one a keeper stands for; undefined: it is no keeper. */
export function keptName({ name, body }: ContainerSpec): string | undefined {
  const labels = body['Labels']
  const isKeeper = typeof labels === 'object' && labels !== null && bulkheadLabels.keeps in labels
  return isKeeper ? name.replace(/^[0-9a-f]{12}_/, '') : undefined
}
