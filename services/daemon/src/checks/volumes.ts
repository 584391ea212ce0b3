import type { DeploymentRequest } from '@bulkhead/api'
import type { Engine } from '@bulkhead/engine'
import { positionOf, toError } from '@bulkhead/model'
import type { Problem, Project } from '@bulkhead/model'
import { changedVolumes, selectServices } from '@bulkhead/planner'
import type { ComposeHashes } from '@bulkhead/planner'

export interface VolumesCheck {
  readonly request: Pick<DeploymentRequest, 'askAboutVolumes' | 'recreateVolumes'>
  readonly project: Project
  readonly services: readonly string[] | undefined
  readonly engine: Engine
  readonly composeHashes: ComposeHashes
}

/**
 * For a client that would rather ask somebody than have a changed volume left
 * as it is.
 *
 * @throws BulkheadError BH_VOLUME_CHANGED with a problem for each volume that nobody decided on.
 */
export async function checkVolumes(check: VolumesCheck): Promise<void> {
  const { request, project, services, engine, composeHashes } = check
  const { askAboutVolumes, recreateVolumes = [] } = request
  if (askAboutVolumes !== true || recreateVolumes === 'all') return
  const names = Object.values(project.volumes).map(({ name }) => name)
  if (names.length === 0) return
  const observed = await engine.observe({ project: project.name, networks: [], volumes: names, images: [] })
  const undecided = changedVolumes(project, selectServices(project, { services }), observed, composeHashes)
    .filter((key) => !recreateVolumes.includes(key))
    .map((key): Problem => {
      const name = project.volumes[key]?.name ?? key
      return {
        severity: 'error',
        code: 'BH_VOLUME_CHANGED',
        message: `Volume "${name}" was made from another definition, and only a new one can follow this one: its data would be lost.`,
        hint: 'Allow it with `bulkhead up --yes`, or give the volume another `name`.',
        at: positionOf(project, 'volumes', key),
        path: `/volumes/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      }
    })
  if (undecided.length > 0) throw toError(undecided)
}
