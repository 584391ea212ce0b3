import { pointer, positionOf } from '@bulkhead/model'
import type { EngineCapabilities, Problem, Project, Service } from '@bulkhead/model'

interface Gap {
  readonly attribute: 'use_api_socket'
  readonly severity: Problem['severity']
  readonly says: string
  readonly hint: string
}

/** What a service may ask for and does not get: refused where it could not do its work without, else warned of. */
const gaps: readonly Gap[] = [
  {
    attribute: 'use_api_socket',
    severity: 'error',
    says: "asks for the engine's socket and the credentials of whoever deploys; whoever has them rules the machine, and they would have to be kept",
    hint: 'Mount /var/run/docker.sock as a volume, and credentials of its own as a secret, if the service is to have them.',
  },
]

/** Attributes of services that are read and checked, but not acted on. */
export function checkUnsupported(
  project: Project,
  services: readonly Service[],
  os: EngineCapabilities['os'],
): readonly Problem[] {
  const missing = services.flatMap((service) =>
    gaps
      .filter(({ attribute }) => service[attribute] === true)
      .map(({ attribute, severity, says, hint }): Problem => ({
        severity,
        code: 'BH_COMPOSE_UNSUPPORTED',
        message: `Service "${service.name}" ${says}.`,
        hint,
        at: positionOf(project, 'services', service.name, attribute),
        path: pointer('services', service.name, attribute),
      })),
  )
  return [
    ...missing,
    ...services.flatMap((service) => perReplica(project, service)),
    ...(os === 'linux' ? services.flatMap((service) => windowsOnly(project, service)) : []),
  ]
}

/** A Linux engine knows no managed service accounts: the service runs without, and that is told. */
function windowsOnly(project: Project, { name, credential_spec: spec }: Service): readonly Problem[] {
  if (spec === undefined) return []
  return [
    {
      severity: 'warning',
      code: 'BH_COMPOSE_UNSUPPORTED',
      message: `Service "${name}" has a credential_spec; the engine runs Linux containers and leaves it out.`,
      hint: 'Remove it, or use an engine that runs Windows containers.',
      at: positionOf(project, 'services', name, 'credential_spec'),
      path: pointer('services', name, 'credential_spec'),
    },
  ]
}

/** As Compose: a `pre_start` hook runs once for the service. */
function perReplica(project: Project, { name, pre_start: hooks = [] }: Service): readonly Problem[] {
  return hooks.flatMap(({ per_replica: isAsked }, index) =>
    isAsked === true
      ? [
          {
            severity: 'error',
            code: 'BH_COMPOSE_UNSUPPORTED',
            message: `Service "${name}" asks for a pre_start hook per replica; such hooks run once for the service.`,
            hint: 'Remove `per_replica`, or do the work in the entrypoint.',
            at: positionOf(project, 'services', name, 'pre_start', index, 'per_replica'),
            path: pointer('services', name, 'pre_start', index, 'per_replica'),
          },
        ]
      : [],
  )
}
