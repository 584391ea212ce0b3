import { pointer, positionOf } from '@bulkhead/model'
import type { Observed, Problem, Project, Service } from '@bulkhead/model'

/** Engine names of the external networks and volumes that services use. */
export interface Externals {
  readonly networks: ReadonlyMap<string, string>
  readonly volumes: ReadonlyMap<string, string>
}

/** By their keys in the project. */
export function externalsOf(project: Project, services: readonly Service[]): Externals {
  const networkKeys = services.flatMap(({ networks, network_mode }) =>
    network_mode === undefined ? Object.keys(networks ?? {}) : [],
  )
  const volumeKeys = services.flatMap(({ volumes = [] }) =>
    volumes.flatMap(({ type, source }) => (type === 'volume' && source !== undefined ? [source] : [])),
  )
  return {
    networks: pick(project.networks, networkKeys),
    volumes: pick(project.volumes, volumeKeys),
  }
}

/** External networks and volumes that the engine does not have, each at its place in the file. */
export function checkExternals(
  project: Pick<Project, 'positions'>,
  { networks, volumes }: Externals,
  observed: Pick<Observed, 'networks' | 'volumes'>,
): readonly Problem[] {
  const networkNames = new Set(observed.networks.flatMap(({ name, id }) => [name, id]))
  const volumeNames = new Set(observed.volumes.map(({ name }) => name))
  const missing = (
    kind: 'network' | 'volume',
    code: 'BH_NETWORK_NOT_FOUND' | 'BH_VOLUME_NOT_FOUND',
    wanted: ReadonlyMap<string, string>,
    there: ReadonlySet<string>,
  ): readonly Problem[] =>
    [...wanted].flatMap(([key, name]) =>
      there.has(name)
        ? []
        : [
            {
              severity: 'error',
              code,
              message: `The external ${kind} "${name}" does not exist on the engine.`,
              hint: `Create it with \`docker ${kind} create ${name}\`, or remove \`external\` to have it made with the project.`,
              at: positionOf(project, `${kind}s`, key, 'external'),
              path: pointer(`${kind}s`, key),
            } satisfies Problem,
          ],
    )
  return [
    ...missing('network', 'BH_NETWORK_NOT_FOUND', networks, networkNames),
    ...missing('volume', 'BH_VOLUME_NOT_FOUND', volumes, volumeNames),
  ]
}

function pick(
  objects: Readonly<Record<string, { readonly name: string; readonly external?: boolean | undefined }>>,
  keys: readonly string[],
): ReadonlyMap<string, string> {
  return new Map(
    [...new Set(keys)].flatMap((key) => {
      const object = objects[key]
      return object?.external === true ? [[key, object.name] as const] : []
    }),
  )
}
