import { pointer, positionOf } from '@bulkhead/model'
import type { EngineCapabilities, Problem, Project, Service } from '@bulkhead/model'
import { driverRules } from './drivers.ts'
import { kernelRules } from './kernel.ts'
import { schedulingRules } from './scheduling.ts'
import { securityRules } from './security.ts'
import type { Rule, Shortfall } from './shortfall.ts'
import { versionRules } from './versions.ts'

const rules: readonly Rule[] = [
  ...versionRules,
  ...kernelRules,
  ...driverRules,
  ...securityRules,
  ...schedulingRules,
]

/**
 * What the engine would leave out in silence, or refuse when half of the
 * project is made: asked of its version, machine and plugins before.
 */
export function checkCapabilities(
  project: Project,
  services: readonly Service[],
  engine: EngineCapabilities,
): readonly Problem[] {
  const problems = services.flatMap((service) =>
    rules.flatMap((rule) => rule(service, engine, project).map((one) => problemOf(project, service, one))),
  )
  const known = new Set<string>()
  return problems.filter(({ message, path }) => {
    const key = `${path} ${message}`
    return !known.has(key) && known.add(key)
  })
}

function problemOf(
  project: Project,
  { name }: Service,
  { at, ofProject = false, severity, code = 'BH_COMPOSE_UNSUPPORTED', what, hint }: Shortfall,
): Problem {
  const place = ofProject ? at : ['services', name, ...at]
  return {
    severity,
    code,
    message: ofProject ? `The project asks for ${what}.` : `Service "${name}" asks for ${what}.`,
    hint,
    at: positionOf(project, ...place),
    path: pointer(...place),
  }
}
