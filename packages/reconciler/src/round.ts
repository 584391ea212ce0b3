import type { ObserveQuery } from '@bulkhead/engine'
import type { Intent } from '@bulkhead/model'
import { hookImages, imageOf, mountedImages, networkLabels, type ComposeHashes } from '@bulkhead/planner'
import type { DesiredState } from './port.ts'

/** What one look at the engine must show for a project to be planned. */
export function queryFor(
  name: string,
  desired: Pick<DesiredState, 'project' | 'intent'> | undefined,
  composeHashes: ComposeHashes,
): ObserveQuery {
  const { project, intent } = desired ?? {}
  const leaving = intent?.removeImages ?? []
  if (project === undefined) return { project: name, networks: [], volumes: [], images: leaving }
  return {
    project: name,
    networks: Object.values(project.networks).map((network) => network.name),
    settled: networkLabels(project, composeHashes),
    volumes: Object.values(project.volumes).map((volume) => volume.name),
    images: [
      ...new Set([
        ...Object.values(project.services).flatMap((service) => [
          imageOf(project, service),
          ...hookImages(project, service),
          ...mountedImages(service),
        ]),
        ...leaving,
      ]),
    ],
  }
}

/** True when the loop itself, without a deployment, has something to keep. */
export function isKept({ target }: Pick<Intent, 'target'>): boolean {
  return target === 'up'
}

/**
 * Milliseconds before round number `attempt` (from 1) of a project whose rounds
 * fail: doubles from 1 s up to 60 s; `jitter` in [0, 1) takes off up to a quarter.
 */
export function retryDelayMs(attempt: number, jitter: number): number {
  if (attempt < 1) throw new RangeError('attempts count from 1')
  const full = Math.min(1000 * 2 ** (attempt - 1), 60_000)
  return Math.round(full * (1 - jitter / 4))
}
