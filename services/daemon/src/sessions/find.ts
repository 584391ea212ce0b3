import type { Engine } from '@bulkhead/engine'
import { BulkheadError } from '@bulkhead/model'
import type { ObservedContainer } from '@bulkhead/model'
import { unknownProject } from '../unknown.ts'
import type { Loader } from '../loaded.ts'

export interface Wanted {
  readonly project: string
  readonly service: string
  /** Number of the replica; undefined: the first that runs. */
  readonly index: number | undefined
}

/**
 * The running container of a service that somebody wants to get into: replicas
 * before one-offs, which have no number.
 *
 * @throws BulkheadError BH_PROJECT_NOT_FOUND, BH_SERVICE_NOT_FOUND, BH_CONFLICT when it doesn't run.
 */
export async function findContainer(
  { engine, loader }: { readonly engine: Pick<Engine, 'observe'>; readonly loader: Loader },
  { project, service, index }: Wanted,
): Promise<ObservedContainer> {
  const { containers } = await engine.observe({ project, networks: [], volumes: [], images: [] })
  const kept = loader.current(project)?.project
  if (kept === undefined && containers.length === 0) throw unknownProject(project)
  const its = containers
    .filter((one) => one.service === service && (index === undefined || one.number === index))
    .sort((a, b) => (a.number ?? Infinity) - (b.number ?? Infinity))
  const running = its.find(({ state }) => state === 'running')
  if (running !== undefined) return running
  const known = new Set([...Object.keys(kept?.services ?? {}), ...containers.map((one) => one.service)])
  if (!known.has(service) && kept?.disabledServices[service] === undefined) {
    throw new BulkheadError('BH_SERVICE_NOT_FOUND', `Project "${project}" has no service "${service}".`, {
      hint: `It has: ${[...known].sort().join(', ')}.`,
    })
  }
  const which = index === undefined ? '' : ` (container ${index})`
  throw new BulkheadError('BH_CONFLICT', `Service "${service}"${which} is not running.`, {
    hint: `Start it with \`bulkhead up -d ${service}\`, or see \`bulkhead ps -a\`.`,
  })
}
