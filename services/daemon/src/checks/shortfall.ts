import type { EngineCapabilities, Problem, Project, Service } from '@bulkhead/model'

/** Something that a service asks for and that this engine does not give. */
export interface Shortfall {
  /** Below the service, or below `networks`/`volumes` of the project where it begins with one of them. */
  readonly at: readonly (string | number)[]
  /** Of the project rather than of the service. */
  readonly ofProject?: boolean
  /** A warning for what the engine leaves out and the service may do without. */
  readonly severity: Problem['severity']
  readonly code?: Problem['code']
  /** The sentence's end, after `Service "web" asks for`. */
  readonly what: string
  readonly hint: string
}

/** Finds what an engine lacks for a service. Pure. */
export type Rule = (
  service: Service,
  engine: EngineCapabilities,
  project: Pick<Project, 'networks' | 'volumes' | 'seccompProfiles'>,
) => readonly Shortfall[]
