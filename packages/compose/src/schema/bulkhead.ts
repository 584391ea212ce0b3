import { isolationModes } from '@bulkhead/model'
import { choice, duration, field, fields, integer, within } from './shape.ts'
import { later, works } from './support.ts'

const drift = field(
  choice('repair', 'report'),
  'What happens when somebody changes a container from outside.',
  works,
)

const health = field(
  fields('a health policy', {
    on_unhealthy: field(choice('restart', 'recreate', 'report'), 'What an unhealthy container causes.'),
    retries: field(within(integer, 0), 'How often to try within the window.'),
    window: field(duration, 'The time over which tries are counted.'),
  }),
  'What to do about containers that are unhealthy.',
  works,
)

const drain = field(
  duration,
  'How long a container that is replaced start-first goes on after its names are gone, for clients that remember them.',
  works,
)

const trust = field(
  choice('trusted', 'untrusted'),
  'How far the service is trusted; `isolation: auto` gives the others their own kernel.',
  works,
)

const isolation = field(
  choice(...isolationModes),
  'The isolation mode of services that name none.',
  later('Write `isolation` in the service.'),
)

/** `x-bulkhead` of a service. */
export const bulkheadService = fields('an x-bulkhead of a service', { drain, drift, health, trust })

/** `x-bulkhead` of the project: what holds for services that say nothing themselves. */
export const bulkheadProject = fields('an x-bulkhead of a project', {
  drain,
  drift,
  health,
  isolation,
  trust: { ...trust, support: later('Write it in the service.') },
})
