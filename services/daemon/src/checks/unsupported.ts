import { pointer, positionOf } from '@bulkhead/model'
import type { Problem, Project, Service } from '@bulkhead/model'

interface Gap {
  readonly attribute: 'provider' | 'use_api_socket' | 'models' | 'pre_start' | 'post_start' | 'pre_stop'
  readonly severity: Problem['severity']
  readonly says: string
  readonly hint: string
}

/** What a service may ask for and does not get: refused where it could not do its work without, else warned of. */
const gaps: readonly Gap[] = [
  {
    attribute: 'provider',
    severity: 'error',
    says: 'is provided by a program, and programs are not run so far',
    hint: 'Run the provider yourself, and remove the service or put it into a profile.',
  },
  {
    attribute: 'use_api_socket',
    severity: 'error',
    says: "asks for the engine's socket, which is not handed out so far",
    hint: 'Mount the socket as a volume if the service is to have it.',
  },
  ...(['pre_start', 'post_start', 'pre_stop'] as const).map((attribute): Gap => ({
    attribute,
    severity: 'warning',
    says: `has ${attribute} hooks, which are not run so far`,
    hint: 'Do their work in the entrypoint for now.',
  })),
  {
    attribute: 'models',
    severity: 'warning',
    says: 'uses models, and there is no model runner so far',
    hint: 'Set the variables that tell where the model is yourself.',
  },
]

/** Attributes of services that are read and checked, but not acted on. */
export function checkUnsupported(project: Project, services: readonly Service[]): readonly Problem[] {
  return services.flatMap((service) =>
    gaps
      .filter(({ attribute }) => isUsed(service[attribute]))
      .map(({ attribute, severity, says, hint }) => ({
        severity,
        code: 'BH_COMPOSE_UNSUPPORTED',
        message: `Service "${service.name}" ${says}.`,
        hint,
        at: positionOf(project, 'services', service.name, attribute),
        path: pointer('services', service.name, attribute),
      })),
  )
}

function isUsed(value: Service[Gap['attribute']]): boolean {
  if (value === undefined || value === false) return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}
