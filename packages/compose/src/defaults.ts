import { isMapping, mappingAt, type Mapping, type Tree } from './tree.ts'

/** Fills in, in place, what the specification says of attributes that are left out, in a document in long form. */
export function fillDefaults(document: Mapping): void {
  const services = mappingAt(document, 'services')
  for (const name of Object.keys(services ?? {})) {
    const service = mappingAt(services, name)
    if (service !== undefined) fillService(service)
  }
}

function fillService(service: Mapping): void {
  const build = mappingAt(service, 'build')
  if (build !== undefined) build['context'] ??= '.'
  for (const secret of mappingsIn(service['secrets'])) {
    if (typeof secret['source'] === 'string') secret['target'] ??= `/run/secrets/${secret['source']}`
  }
  for (const port of mappingsIn(service['ports'])) {
    port['protocol'] ??= 'tcp'
    port['mode'] ??= 'ingress'
  }
  const reservations = mappingAt(mappingAt(mappingAt(service, 'deploy'), 'resources'), 'reservations')
  for (const device of [...mappingsIn(service['gpus']), ...mappingsIn(reservations?.['devices'])]) {
    if (device['device_ids'] === undefined) device['count'] ??= 'all'
  }
}

function mappingsIn(list: Tree | undefined): readonly Mapping[] {
  return Array.isArray(list) ? list.filter(isMapping) : []
}
