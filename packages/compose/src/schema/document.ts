import { bulkheadProject } from './bulkhead.ts'
import { service } from './service.ts'
import {
  either,
  field,
  fields,
  flag,
  integer,
  list,
  nothing,
  pairs,
  table,
  text,
  texts,
  type Fields,
  type Shape,
} from './shape.ts'
import { driverOptions, external } from './shared.ts'
import { linuxOnly, loader, modelNote, refused } from './support.ts'

/** Names that elements may have. */
export const elementName = /^[a-zA-Z0-9._-]+$/

const pool = fields('an address pool', {
  aux_addresses: field(table(text), 'Addresses that are kept for other machines.'),
  gateway: field(text, 'Address of the gateway.'),
  ip_range: field(text, 'Part of the subnet that addresses are taken from.'),
  subnet: field(text, 'The subnet.'),
})

const ipam = fields('address management', {
  config: field(list(pool), 'Address pools.'),
  driver: field(text, 'Driver that hands out addresses.'),
  options: field(table(text), 'Options of the driver.'),
})

const network = fields('a network', {
  attachable: field(flag, 'Other containers may join.'),
  driver: field(text, 'Network driver; absent: that of the engine.'),
  driver_opts: field(driverOptions, 'Options of the driver.'),
  enable_ipv4: field(flag, 'Hand out IPv4 addresses.', linuxOnly()),
  enable_ipv6: field(flag, 'Hand out IPv6 addresses.', linuxOnly()),
  external: field(external, 'The network exists already and is left alone.'),
  internal: field(flag, 'No way out of the network.'),
  ipam: field(ipam, 'Addresses of the network.'),
  labels: field(pairs, 'Labels of the network.'),
  name: field(text, 'Name on the engine; absent: PROJECT_KEY.'),
})

const volume = fields('a volume', {
  driver: field(text, 'Volume driver; absent: local.'),
  driver_opts: field(driverOptions, 'Options of the driver.'),
  external: field(external, 'The volume exists already and is left alone.'),
  labels: field(pairs, 'Labels of the volume.'),
  name: field(text, 'Name on the engine; absent: PROJECT_KEY.'),
})

const swarmOnly = refused('There is no cluster that keeps it. Compose refuses it too.')

const secret = fields('a secret', {
  driver: field(text, 'Driver that keeps it.', swarmOnly),
  driver_opts: field(driverOptions, 'Options of the driver.', swarmOnly),
  environment: field(text, 'Variable that holds the value.'),
  external: field(external, 'The secret is kept by the engine.', swarmOnly),
  file: field(text, 'File that holds the value.'),
  labels: field(pairs, 'Labels of the secret.'),
  name: field(text, 'Name of the secret.'),
  template_driver: field(text, 'Driver that fills in its text.', swarmOnly),
})

const config = fields('a config', {
  content: field(text, 'The value itself.'),
  environment: field(text, 'Variable that holds the value.'),
  external: field(external, 'The config is kept by the engine.', swarmOnly),
  file: field(text, 'File that holds the value.'),
  labels: field(pairs, 'Labels of the config.'),
  name: field(text, 'Name of the config.'),
  template_driver: field(text, 'Driver that fills in its text.', swarmOnly),
})

const model = fields(
  'a model',
  {
    context_size: field(integer, 'The largest context, in tokens.'),
    model: field(text, 'The model, as an OCI reference.'),
    name: field(text, 'Name of the model.'),
    runtime_flags: field(list(text), 'Flags of the runtime.'),
  },
  ['model'],
)

const included = fields('an include', {
  env_file: field(texts, 'Files with the variables that the included files read.'),
  path: field(texts, 'Files that are merged and then included.'),
  project_directory: field(text, 'Folder that their relative paths start from.'),
})

function elements(shape: Fields, orNothing: boolean): Shape {
  return table(orNothing ? either(nothing, shape) : shape, { noun: shape.noun, keys: elementName })
}

/** A Compose file. */
export const document: Fields = fields('a Compose file', {
  configs: field(elements(config, false), 'Configs that services may see as files.'),
  include: field(
    either(nothing, list(either(text, included))),
    'Other Compose files, each with its own folder and variables.',
    loader('Resolved when the project is loaded; remote files are refused.'),
  ),
  models: field(elements(model, false), 'Models that services use.', loader(modelNote)),
  name: field(text, 'Name of the project.'),
  networks: field(elements(network, true), 'Networks that services are on.'),
  secrets: field(elements(secret, false), 'Secrets that services may see as files.'),
  services: field(elements(service, false), 'The services.'),
  version: field(text, 'Version of a former file format.', {
    linux: 'ignored',
    windows: 'ignored',
    note: 'Obsolete: a warning. Compose ignores it too.',
  }),
  volumes: field(elements(volume, true), 'Volumes that services mount.'),
  'x-bulkhead': field(bulkheadProject, 'What only Bulkhead does for the project.'),
})
