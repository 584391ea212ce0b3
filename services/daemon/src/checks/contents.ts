import { pointer, positionOf } from '@bulkhead/model'
import type { Problem, Project, Service } from '@bulkhead/model'

export interface ContentsInput {
  readonly project: Project
  /** Secrets and configs whose content was not sent, as problems at their paths. */
  readonly missing: readonly Problem[]
}

/** Secrets and configs that services need and cannot get: their content is missing, or kept elsewhere. */
export function checkContents(
  { project, missing }: ContentsInput,
  services: readonly Service[],
): readonly Problem[] {
  const found = (['secrets', 'configs'] as const).flatMap((kind) => {
    const used = services.flatMap((service) => [
      ...(service[kind] ?? []),
      ...(kind === 'secrets' ? (service.build?.secrets ?? []) : []),
    ])
    const keys = new Set(used.map(({ source }) => source))
    return [...keys].flatMap((key) => {
      const place = pointer(kind, key)
      if (project[kind][key]?.external === true) return [external(project, kind, key)]
      return missing.filter(({ path = '' }) => path.startsWith(`${place}/`))
    })
  })
  return [...found, ...checkReadOnly(project, services)]
}

/**
 * Nothing can be written into a container whose root is read-only: what is no
 * file of the host cannot get there, and a file cannot get another owner or mode.
 */
function checkReadOnly(project: Project, services: readonly Service[]): readonly Problem[] {
  return services
    .filter(({ read_only }) => read_only === true)
    .flatMap((service) =>
      (['secrets', 'configs'] as const).flatMap((kind) =>
        (service[kind] ?? []).flatMap((reference, index): readonly Problem[] => {
          const { source, uid, gid, mode } = reference
          const object = project[kind][source]
          const isOwned = uid !== undefined || gid !== undefined || mode !== undefined
          if (object === undefined || object.external === true) return []
          if (object.file !== undefined && !isOwned) return []
          const what = `${kind.slice(0, -1)} "${source}"`
          return [
            {
              severity: object.file === undefined ? 'error' : 'warning',
              code: 'BH_COMPOSE_UNSUPPORTED',
              message:
                object.file === undefined
                  ? `The ${what} cannot be written into service "${service.name}", whose root is read-only.`
                  : `The ${what} has the owner and mode of its file in service "${service.name}", whose root is read-only.`,
              hint: `Give the ${kind.slice(0, -1)} with \`file\`${object.file === undefined ? '' : ' and without `uid`, `gid`, `mode`'}, or leave out \`read_only\`.`,
              at: positionOf(project, 'services', service.name, kind, index),
              path: pointer('services', service.name, kind, index),
            },
          ]
        }),
      ),
    )
}

/** An engine keeps neither by itself; only a swarm does. */
function external(project: Project, kind: 'secrets' | 'configs', key: string): Problem {
  const what = kind.slice(0, -1)
  return {
    severity: 'error',
    code: 'BH_COMPOSE_UNSUPPORTED',
    message: `The ${what} "${key}" is external, and an engine without a swarm keeps none.`,
    hint: `Give the ${what} with \`file\` or \`environment\`.`,
    at: positionOf(project, kind, key, 'external'),
    path: pointer(kind, key, 'external'),
  }
}
