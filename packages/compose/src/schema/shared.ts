import {
  commandLine,
  either,
  field,
  fields,
  flag,
  integer,
  list,
  nothing,
  number,
  pairs,
  set,
  table,
  text,
  strict,
  within,
  type Shape,
} from './shape.ts'

/** Shapes that several elements have in common. */

export const hostEntries: Shape = either(table(either(text, list(text))), set(text))

const softAndHard = fields(
  'a limit',
  {
    hard: field(integer, 'The most that a process may raise it to.'),
    soft: field(integer, 'What holds at first.'),
  },
  ['soft', 'hard'],
)

/** The limit itself, or `soft` and `hard`. */
export const ulimits: Shape = table(either(integer, softAndHard), { noun: 'a limit', keys: /^[a-z]+$/ })

const fileReference = fields(
  'a reference',
  {
    gid: field(text, 'Group of the file in the container.'),
    mode: field(within(integer, 0), 'Permissions of the file, as an octal number.'),
    source: field(text, 'Name of the secret or config.'),
    target: field(text, 'Path or name of the file in the container.'),
    uid: field(text, 'Owner of the file in the container.'),
  },
  ['source'],
)

/** References to secrets or configs of the project. */
export const fileReferences: Shape = list(either(text, fileReference))

/** A request for devices; `capabilities` are needed under `deploy` only. */
export function deviceRequests(required: readonly string[]): Shape {
  return list(
    fields(
      'a device request',
      {
        capabilities: field(set(text), 'What the devices must be able to do, such as gpu.'),
        count: field(integer, 'How many, or all.'),
        device_ids: field(set(text), 'Which ones, by their names.'),
        driver: field(text, 'Driver that gives the devices.'),
        options: field(pairs, 'Options of the driver.'),
      },
      required,
    ),
  )
}

/** A hook: a command that runs in the container, or in one of its own. */
export const hooks: Shape = list(
  fields(
    'a hook',
    {
      command: field(commandLine, 'The command.'),
      environment: field(pairs, 'Variables of the command.'),
      privileged: field(flag, 'Run it with all privileges.'),
      user: field(text, 'Who runs it.'),
      working_dir: field(text, 'The folder it runs in.'),
    },
    ['command'],
  ),
)

/** An init container: a hook with an image of its own. */
export const initHooks: Shape = list(
  fields('a hook', {
    command: field(commandLine, 'The command.'),
    environment: field(pairs, 'Variables of the command.'),
    image: field(text, 'Image that it runs from; absent: that of the service.'),
    per_replica: field(flag, 'Run it for every replica; only false so far.'),
    privileged: field(flag, 'Run it with all privileges.'),
    user: field(text, 'Who runs it.'),
    working_dir: field(text, 'The folder it runs in.'),
  }),
)

/** Options of a driver: texts and numbers. */
export const driverOptions: Shape = table(either(text, strict(number)))

/** Options of which one may stand without a value. */
export const openOptions: Shape = table(either(text, strict(number), nothing))

/** `external: true`, or the old form with the name inside. */
export const external: Shape = either(
  flag,
  fields('an external element', { name: field(text, 'Its name; write it as `name` instead.') }),
)

const weighted = fields('a device weight', {
  path: field(text, 'The device.'),
  weight: field(within(strict(integer), 0), 'Its share, from 10 to 1000.'),
})

const throttled = fields('a device limit', {
  path: field(text, 'The device.'),
  rate: field(either(integer, { kind: 'text', format: 'bytes' }), 'The most per second.'),
})

export const blkioConfig = fields('block I/O settings', {
  device_read_bps: field(list(throttled), 'The most bytes read per second, by device.'),
  device_read_iops: field(list(throttled), 'The most reads per second, by device.'),
  device_write_bps: field(list(throttled), 'The most bytes written per second, by device.'),
  device_write_iops: field(list(throttled), 'The most writes per second, by device.'),
  weight: field(within(strict(integer), 0), 'Share of the service, from 10 to 1000.'),
  weight_device: field(list(weighted), 'Share by device.'),
})
