import {
  choice,
  duration,
  either,
  field,
  fields,
  flag,
  integer,
  list,
  nothing,
  number,
  pairs,
  strict,
  text,
  within,
  type Fields,
  type Shape,
} from './shape.ts'
import { deviceRequests } from './shared.ts'
import { ignored, linuxOnly, works, type Support } from './support.ts'

const size: Shape = { kind: 'text', format: 'bytes' }

const scheduling = ignored('There is one engine: nothing is scheduled. Compose ignores it too.')
const rolling: Support = {
  ...works,
  note: 'On plain containers; start-first falls back to stop-first where two cannot run side by side. Compose ignores it.',
}

const update = (order: string): Fields =>
  fields('an update policy', {
    delay: field(duration, 'Time between two batches.'),
    failure_action: field(text, 'What a failed update causes: pause, continue or rollback.'),
    max_failure_ratio: field(number, 'The part of an update that may fail.'),
    monitor: field(duration, 'How long a new container is watched.'),
    order: field(choice('start-first', 'stop-first'), order),
    parallelism: field(within(integer, 0), 'Containers that are replaced at a time.'),
  })

const limits = fields('resource limits', {
  cpus: field(number, 'The most CPUs.'),
  memory: field(size, 'The most memory.'),
  pids: field(integer, 'The most processes.', linuxOnly()),
})

const genericResource = fields('a generic resource', {
  discrete_resource_spec: field(
    fields('a discrete resource', {
      kind: field(text, 'What it is.'),
      value: field(number, 'How many.'),
    }),
    'A resource that is counted.',
  ),
})

const reservations = fields('resource reservations', {
  cpus: field(number, 'CPUs that are kept free.', scheduling),
  devices: field(deviceRequests(['capabilities']), 'Devices that the service needs.', linuxOnly()),
  generic_resources: field(list(genericResource), 'Resources of the user.', scheduling),
  memory: field(size, 'Memory that is kept free.', linuxOnly()),
})

const restartPolicy = fields('a restart policy', {
  condition: field(text, 'When to restart: none, on-failure or any.'),
  delay: field(
    duration,
    'Time between two attempts.',
    ignored('The engine has its own delay. Compose ignores it too.'),
  ),
  max_attempts: field(within(integer, 0), 'How often to try.'),
  window: field(
    duration,
    'How long until a restart counts as good.',
    ignored('The engine has its own. Compose ignores it too.'),
  ),
})

const placement = fields('a placement', {
  constraints: field(list(text), 'What a node must be like.'),
  max_replicas_per_node: field(within(integer, 0), 'The most containers on a node.'),
  preferences: field(
    list(fields('a preference', { spread: field(text, 'What to spread over.') })),
    'How to choose among nodes.',
  ),
})

/** `deploy` of a service. */
export const deploy: Shape = either(
  nothing,
  fields('deployment settings', {
    endpoint_mode: field(text, 'How clients find the service: vip or dnsrr.', scheduling),
    labels: field(pairs, 'Labels of the service; containers do not get them.', scheduling),
    mode: field(text, 'replicated, global or one of the job modes.', scheduling),
    placement: field(placement, 'Where containers may run.', scheduling),
    replicas: field(integer, 'How many containers.', works),
    resources: field(
      fields('resources', {
        limits: field(limits, 'What the service may use.'),
        reservations: field(reservations, 'What the service needs.'),
      }),
      'Resources of each container.',
      works,
    ),
    restart_policy: field(restartPolicy, 'When to restart a container that ended.', works),
    rollback_config: field(update('Which comes first when going back.'), 'How to go back.', rolling),
    update_config: field(update('Which comes first when replacing.'), 'How to replace containers.', rolling),
  }),
)

const probe = either(text, list(text))

/** `healthcheck` of a service. */
export const healthcheck: Fields = fields('a healthcheck', {
  disable: field(flag, 'Switch off the check of the image.'),
  interval: field(duration, 'Time between two checks.'),
  retries: field(within(number, 0), 'Failures in a row that make it unhealthy.'),
  start_interval: field(duration, 'Time between two checks while starting.'),
  start_period: field(duration, 'How long failures do not count.'),
  test: field(probe, 'The command that checks.'),
  timeout: field(duration, 'The longest that a check may take.'),
})

export const credentialSpec: Fields = fields('a credential spec', {
  config: field(text, 'Config of the project that holds it.'),
  file: field(text, 'File below the engine’s credential specs.'),
  registry: field(text, 'Value of the Windows registry.'),
})

export const logging: Fields = fields('logging settings', {
  driver: field(text, 'Name of the logging driver.'),
  options: field({ kind: 'table', values: either(text, strict(number), nothing) }, 'Options of the driver.'),
})
