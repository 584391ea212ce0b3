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
  return (['secrets', 'configs'] as const).flatMap((kind) => {
    const keys = new Set(services.flatMap((service) => (service[kind] ?? []).map(({ source }) => source)))
    return [...keys].flatMap((key) => {
      const place = pointer(kind, key)
      if (project[kind][key]?.external === true) return [external(project, kind, key)]
      return missing.filter(({ path = '' }) => path.startsWith(`${place}/`))
    })
  })
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
