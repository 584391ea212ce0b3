import { isIP } from 'node:net'
import { isIsolationMode } from '@bulkhead/model'
import { complain, isText, type Subject } from './complaint.ts'
import { mappings } from './select.ts'
import { isMapping, mappingAt, positionIn, scalarText, type Mapping, type Path, type Tree } from './tree.ts'

export function checkImage(subject: Subject): void {
  const { service, name } = subject
  // An image that isn't a text and a base that wasn't found are problems already.
  if (service['image'] !== undefined && service['image'] !== '' && service['image'] !== null) return
  if (['build', 'provider', 'extends'].some((key) => service[key] !== undefined)) return
  complain(subject, [], `The service "${name}" has neither an image nor a build.`, {
    hint: 'Add `image` or `build`.',
    token: 'key',
  })
}

export function checkHealth(subject: Subject): void {
  const test = mappingAt(subject.service, 'healthcheck')?.['test']
  if (!Array.isArray(test) || test.length === 0) return
  if (['CMD', 'CMD-SHELL', 'NONE'].includes(scalarText(test[0]))) return
  complain(
    subject,
    ['healthcheck', 'test'],
    `The test of a health check must start with CMD, CMD-SHELL or NONE, not "${scalarText(test[0])}".`,
    {
      hint: 'Put CMD first, or write the test as one text.',
    },
  )
}

/**
 * Attributes that say again what `deploy` says must agree with it: limits that
 * are given there hold all of them.
 */
export function checkTwice(subject: Subject): void {
  const { service } = subject
  const deploy = mappingAt(service, 'deploy')
  const resources = mappingAt(deploy, 'resources')
  const limits = mappingAt(resources, 'limits')
  compareTwice(subject, 'scale', deploy?.['replicas'], 'deploy.replicas')
  if (deploy !== undefined && typeof service['scale'] === 'number') deploy['replicas'] = service['scale']
  if (limits !== undefined) {
    compareTwice(subject, 'cpus', limits['cpus'] ?? 0, 'deploy.resources.limits.cpus')
    compareTwice(subject, 'mem_limit', limits['memory'] ?? 0, 'deploy.resources.limits.memory')
    compareTwice(subject, 'pids_limit', limits['pids'] ?? 0, 'deploy.resources.limits.pids')
  }
  const reservations = mappingAt(resources, 'reservations')
  if (reservations === undefined) return
  compareTwice(
    subject,
    'mem_reservation',
    reservations['memory'] ?? 0,
    'deploy.resources.reservations.memory',
  )
}

function compareTwice(subject: Subject, attribute: string, other: Tree | undefined, label: string): void {
  const own = scalarText(subject.service[attribute])
  if (own === '' || other === undefined || own === scalarText(other)) return
  if (own === '0' && attribute !== 'scale') return
  complain(
    subject,
    [attribute],
    `The service "${subject.name}" has different values for ${attribute} and ${label}.`,
    {
      hint: 'Keep one of them, or give both the same value.',
    },
  )
}

export function checkReplicas(subject: Subject): void {
  const { service, name } = subject
  const attribute = service['scale'] === undefined ? 'deploy.replicas' : 'scale'
  const replicas = Number(scalarText(service['scale'] ?? mappingAt(service, 'deploy')?.['replicas']))
  if (!isText(service['container_name']) || !(replicas > 1)) return
  complain(
    subject,
    ['container_name'],
    `The service "${name}" can't have container_name with ${attribute} above 1: names are unique.`,
    {
      hint: 'Remove `container_name`.',
      token: 'key',
    },
  )
}

export function checkWatch(subject: Subject): void {
  const rules = mappingAt(subject.service, 'develop')?.['watch']
  for (const [index, rule] of mappings(rules).entries()) {
    if (isText(rule['target']) || ['rebuild', 'restart'].includes(scalarText(rule['action']))) continue
    complain(subject, ['develop', 'watch', index], 'A watch rule that copies files needs a target.', {
      hint: 'Add `target`.',
    })
  }
}

/** Two things can't be mounted at one place. */
export function checkMounts(subject: Subject): void {
  const { service } = subject
  const seen = new Map<string, string>()
  const visit = (kind: string, index: number, target: string | undefined): void => {
    if (target === undefined) return
    const known = seen.get(target)
    if (known === undefined) {
      seen.set(target, `${kind}[${index}]`)
      return
    }
    complain(subject, [kind, index], `${target} is mounted twice: by ${known} and by ${kind}[${index}].`, {
      hint: 'Remove one of them.',
    })
  }
  const each = (kind: string, targetOf: (entry: Tree) => string | undefined): void => {
    const list = service[kind]
    if (Array.isArray(list)) for (const [index, entry] of list.entries()) visit(kind, index, targetOf(entry))
  }
  each('tmpfs', (entry) => scalarText(entry).split(':', 1)[0])
  each('volumes', (entry) => (isMapping(entry) && isText(entry['target']) ? entry['target'] : undefined))
  each('configs', mountTarget)
  each('secrets', mountTarget)
  const volumes = service['volumes']
  if (!Array.isArray(volumes)) return
  for (const [index, volume] of volumes.entries()) {
    if (!isMapping(volume) || isText(volume['target'])) continue
    complain(subject, ['volumes', index], 'A volume needs a target.', {
      hint: 'Add `target`, the path inside of the container.',
    })
  }
}

/** As written: the long form of a secret may name a target outside of /run/secrets. */
function mountTarget(entry: Tree): string | undefined {
  if (!isMapping(entry)) return undefined
  const { target, source } = entry
  if (isText(target)) return target
  return isText(source) ? `/${source}` : undefined
}

/** Compose takes any text; only these can be run. */
export function checkIsolation({ service, name, enabled, problems }: Subject): void {
  const { isolation } = service
  if (isolation === undefined || isolation === '' || isIsolationMode(isolation)) return
  problems.warning(
    'BH_ISOLATION_INVALID',
    `"${scalarText(isolation)}" is no isolation mode: the service "${name}" can't be run.`,
    {
      at: positionIn(enabled, [name, 'isolation']),
      path: ['services', name, 'isolation'],
      hint: 'Use default, process, hyperv or auto.',
    },
  )
}

/** An address that isn't one would only fail when the container is made. */
export function checkPorts(subject: Subject): void {
  for (const [index, port] of mappings(subject.service['ports']).entries()) {
    const host = port['host_ip']
    if (!isText(host) || isIP(host) !== 0) continue
    complain(subject, ['ports', index, 'host_ip'], `"${host}" is no IP address.`, {
      hint: 'Write an address like 127.0.0.1 or ::1.',
    })
  }
}

/** A request names its devices or counts them. */
export function checkDevices(subject: Subject): void {
  const resources = mappingAt(mappingAt(subject.service, 'deploy'), 'resources')
  const reserved = mappingAt(resources, 'reservations')?.['devices']
  const check = (path: Path, requests: readonly Mapping[]): void => {
    for (const [index, request] of requests.entries()) {
      if (request['count'] === undefined || request['device_ids'] === undefined) continue
      complain(subject, [...path, index], 'A device request has both count and device_ids.', {
        hint: 'Keep one of them.',
      })
    }
  }
  check(['gpus'], mappings(subject.service['gpus']))
  check(['deploy', 'resources', 'reservations', 'devices'], mappings(reserved))
}
