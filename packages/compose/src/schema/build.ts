import {
  anything,
  choice,
  either,
  field,
  fields,
  fitting,
  flag,
  integer,
  list,
  nothing,
  pairs,
  scalarOrNothing,
  set,
  strict,
  table,
  text,
  texts,
  type Fields,
  type Shape,
} from './shape.ts'
import { fileReferences, hostEntries, ulimits } from './shared.ts'
import { ignored, linuxOnly, refused, type Support } from './support.ts'

const byBuildKit = linuxOnly('The builder of a Windows engine does not know it.')
const granted: Support = {
  linux: 'works',
  windows: 'refused',
  note: 'Where the `builder` section of the engine’s configuration allows it.',
}
const attestation: Support = {
  linux: 'works',
  windows: 'ignored',
  note: 'With the containerd image store; without it the build is refused.',
}
const noAgent = refused('The daemon has no way to the agent of whoever asks; build secrets do the same.')

const contexts = either(table(text), list(fitting(/=/, 'Write NAME=CONTEXT.')))
const sshKeys = either(
  table(scalarOrNothing),
  set(fitting(/^default$|=/, 'Write ID=PATH, or default for the agent.')),
)

/** `build` in its long form. */
export const buildFields: Fields = fields('a build', {
  additional_contexts: field(contexts, 'Named contexts besides the main one.', {
    linux: 'works',
    windows: 'refused',
    note: 'Folders, images, URLs and `service:NAME`; from Docker 23 on.',
  }),
  args: field(pairs, 'Build arguments; one without a value is taken from the environment.'),
  cache_from: field(list(text), 'Images whose layers may be reused.'),
  cache_to: field(list(text), 'Where the build cache is written.', {
    linux: 'works',
    windows: 'ignored',
    note: '`type=inline`; `type=registry` with the containerd image store; others are refused.',
  }),
  context: field(text, 'Folder or URL of the build context.'),
  dockerfile: field(text, 'Path of the Dockerfile inside of the context.'),
  dockerfile_inline: field(text, 'Text of the Dockerfile.'),
  entitlements: field(list(text), 'Privileges that the build is given.', granted),
  extra_hosts: field(hostEntries, 'Hosts that are known during the build.', linuxOnly()),
  isolation: field(text, 'Isolation of the build containers on a Windows engine.', {
    linux: 'ignored',
    windows: 'works',
    note: 'Build containers of a Linux engine share its kernel.',
  }),
  labels: field(pairs, 'Labels of the image.'),
  network: field(text, 'Network of the build containers.'),
  no_cache: field(flag, 'Build every step anew.'),
  no_cache_filter: field(texts, 'Stages that are built anew.', byBuildKit),
  platforms: field(list(text), 'Platforms that the image is built for.', {
    linux: 'works',
    windows: 'works',
    note: 'One: the service’s own, else that of the engine, else the first; a warning says so.',
  }),
  privileged: field(flag, 'Give the build containers all privileges.', granted),
  provenance: field(either(text, strict(flag)), 'Provenance attestation of the image.', attestation),
  pull: field(flag, 'Look for newer base images.'),
  sbom: field(either(text, strict(flag)), 'Bill of materials of the image.', attestation),
  secrets: field(fileReferences, 'Secrets that build steps may mount.', byBuildKit),
  shm_size: field(
    either(integer, { kind: 'text', format: 'bytes' }),
    'Size of /dev/shm during the build.',
    linuxOnly(),
  ),
  ssh: field(sshKeys, 'SSH agents and keys that build steps may use.', noAgent),
  tags: field(list(text), 'Further names of the image.'),
  target: field(text, 'Stage to build.'),
  ulimits: field(ulimits, 'Limits of the build containers.', linuxOnly()),
})

export const build: Shape = either(text, buildFields)

const watchAction = choice('rebuild', 'sync', 'restart', 'sync+restart', 'sync+exec')

const execution = fields('a command to run in the container', {
  command: field(texts, 'The command.'),
  environment: field(pairs, 'Variables of the command.'),
  privileged: field(flag, 'Run it with all privileges.'),
  user: field(text, 'Who runs it.'),
  working_dir: field(text, 'The folder it runs in.'),
})

const watchRule = fields(
  'a watch rule',
  {
    action: field(watchAction, 'What a change causes.'),
    exec: field(execution, 'The command of sync+exec.'),
    ignore: field(texts, 'Patterns of files that are not watched.'),
    include: field(texts, 'Patterns of the files that are watched.'),
    initial_sync: field(flag, 'Copy all files when watching begins.'),
    path: field(text, 'File or folder that is watched.'),
    target: field(text, 'Where files are copied to in the container.'),
  },
  ['path', 'action'],
)

export const develop: Shape = either(
  nothing,
  fields('development settings', {
    watch: field(
      list(watchRule),
      'What to do when files change.',
      ignored('Out of scope: see the guide on living with Docker Compose.'),
    ),
  }),
)

/** `provider`, `models` and other attributes of a service that reach beyond the engine. */
export const provider = fields(
  'a provider',
  {
    options: field(
      table(either(text, strict(integer), strict(flag), list(anything))),
      'Options of the provider.',
    ),
    type: field(text, 'Name of the provider.'),
  },
  ['type'],
)

export const serviceModels = either(
  set(text),
  table(
    either(
      nothing,
      fields('a model binding', {
        endpoint_var: field(text, 'Variable that gets the address of the model.'),
        model_var: field(text, 'Variable that gets the name of the model.'),
      }),
    ),
  ),
)
