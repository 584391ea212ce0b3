import { isIsolationMode } from '@bulkhead/model'
import type { ErrorCode } from '@bulkhead/model'
import type { Problems } from './problems.ts'
import { suggest } from './schema/suggest.ts'
import { mappings } from './select.ts'
import {
  isMapping,
  makeMapping,
  mappingAt,
  markOf,
  positionIn,
  type Mapping,
  type Path,
  type Tree,
  scalarText,
} from './tree.ts'

export interface Checked {
  /** The whole document: networks, volumes, … that services refer to. */
  readonly document: Mapping
  readonly enabled: Mapping
  readonly disabled: Mapping
  readonly problems: Problems
}

interface Subject extends Checked {
  readonly name: string
  readonly service: Mapping
}

/** Checks what a schema can't: that references lead somewhere and that attributes fit together. */
export function checkServices(checked: Checked): void {
  for (const name of Object.keys(checked.enabled)) {
    const service = checked.enabled[name]
    if (!isMapping(service)) continue
    const subject = { ...checked, name, service }
    for (const check of checks) check(subject)
  }
}

const checks: readonly ((subject: Subject) => void)[] = [
  checkImage,
  checkBuild,
  checkNetworks,
  checkHealth,
  checkDependencies,
  checkReferences,
  checkTwice,
  checkReplicas,
  checkWatch,
  checkMounts,
  checkIsolation,
]

interface Complaint {
  readonly code?: ErrorCode
  readonly hint: string
  readonly token?: 'key' | 'value'
}

function complain(
  subject: Subject,
  path: Path,
  message: string,
  { code = 'BH_COMPOSE_INVALID', hint, token = 'value' }: Complaint,
): void {
  const { problems, enabled, name } = subject
  const at = positionIn(enabled, [name, ...path], token)
  problems.error(code, message, { at, hint, path: ['services', name, ...path] })
}

function checkImage(subject: Subject): void {
  const { service, name } = subject
  // An image that isn't a text and a base that wasn't found are problems already.
  if (service['image'] !== undefined && service['image'] !== '' && service['image'] !== null) return
  if (['build', 'provider', 'extends'].some((key) => service[key] !== undefined)) return
  complain(subject, [], `The service "${name}" has neither an image nor a build.`, {
    hint: 'Add `image` or `build`.',
    token: 'key',
  })
}

function checkBuild(subject: Subject): void {
  const { service, name, enabled, disabled } = subject
  const build = mappingAt(service, 'build')
  if (build === undefined) return
  if (isText(build['dockerfile']) && isText(build['dockerfile_inline'])) {
    complain(
      subject,
      ['build', 'dockerfile_inline'],
      `The build of "${name}" has both dockerfile and dockerfile_inline.`,
      {
        hint: 'Keep one of them.',
        token: 'key',
      },
    )
  }
  const contexts = mappingAt(build, 'additional_contexts') ?? {}
  for (const key of Object.keys(contexts)) {
    const value = contexts[key]
    if (typeof value !== 'string' || !value.startsWith('service:')) continue
    const target = value.slice('service:'.length)
    const service = mappingAt(enabled, target) ?? mappingAt(disabled, target)
    if (service?.['build'] !== undefined) continue
    const what = service === undefined ? 'is not a service' : 'has no build'
    complain(
      subject,
      ['build', 'additional_contexts', key],
      `The build context "${key}" of "${name}" is taken from "${target}", which ${what}.`,
      {
        code: service === undefined ? 'BH_SERVICE_NOT_FOUND' : 'BH_COMPOSE_INVALID',
        hint: 'Name a service that is built.',
      },
    )
  }
  const platforms = build['platforms']
  const platform = service['platform']
  if (Array.isArray(platforms) && platforms.length > 0 && isText(platform) && !platforms.includes(platform)) {
    complain(subject, ['platform'], `build.platforms of "${name}" lacks its platform ${platform}.`, {
      hint: 'Add it to `build.platforms`.',
    })
  }
  for (const [index, secret] of mappings(build['secrets']).entries()) {
    checkReference(subject, 'secrets', secret['source'], ['build', 'secrets', index])
  }
}

function checkNetworks(subject: Subject): void {
  const { service, name, document } = subject
  const networks = mappingAt(service, 'networks')
  const mode = service['network_mode']
  if (isText(mode) && networks !== undefined && Object.keys(networks).length > 0) {
    complain(subject, ['network_mode'], `The service "${name}" has both network_mode and networks.`, {
      hint: 'Keep one of them.',
      token: 'key',
    })
  }
  const defined = mappingAt(document, 'networks') ?? makeMapping()
  for (const network of Object.keys(networks ?? {})) {
    if (network in defined) continue
    complain(subject, ['networks', network], `The network "${network}" of "${name}" is not defined.`, {
      code: 'BH_NETWORK_NOT_FOUND',
      hint: `Define it under the top-level \`networks\`${suggestion(network, defined)}.`,
      token: 'key',
    })
  }
}

function checkHealth(subject: Subject): void {
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

function checkDependencies(subject: Subject): void {
  const { service, name, enabled, disabled } = subject
  const dependencies = mappingAt(service, 'depends_on') ?? {}
  for (const other of Object.keys(dependencies)) {
    if (other in enabled) continue
    const required = mappingAt(dependencies, other)?.['required'] !== false
    const known = other in disabled
    if (!required && known) {
      delete dependencies[other]
      continue
    }
    const why = known ? 'no active profile enables it' : 'there is no such service'
    const profiles = mappingAt(disabled, other)?.['profiles']
    complain(subject, ['depends_on', other], `The service "${name}" depends on "${other}", but ${why}.`, {
      code: 'BH_SERVICE_NOT_FOUND',
      hint: known
        ? `Activate a profile (${Array.isArray(profiles) ? profiles.map(scalarText).join(', ') : ''}) or set \`required: false\`.`
        : `Define it under \`services\`${suggestion(other, enabled)}.`,
      token: 'key',
    })
  }
}

function checkReferences(subject: Subject): void {
  const { service } = subject
  for (const kind of ['secrets', 'configs'] as const) {
    const list = service[kind]
    if (!Array.isArray(list)) continue
    for (const [index, entry] of list.entries()) {
      if (isMapping(entry)) checkReference(subject, kind, entry['source'], [kind, index])
    }
  }
  const volumes = service['volumes']
  if (Array.isArray(volumes)) {
    for (const [index, volume] of volumes.entries()) {
      if (!isMapping(volume) || volume['type'] !== 'volume' || !isText(volume['source'])) continue
      checkReference(subject, 'volumes', volume['source'], ['volumes', index])
    }
  }
  for (const model of Object.keys(mappingAt(service, 'models') ?? {}))
    checkReference(subject, 'models', model, ['models', model])
}

function checkReference(
  subject: Subject,
  kind: 'secrets' | 'configs' | 'volumes' | 'models',
  source: Tree | undefined,
  path: Path,
): void {
  if (typeof source !== 'string') return
  const defined = mappingAt(subject.document, kind)
  if (defined !== undefined && source in defined) return
  complain(subject, path, `The ${kind.slice(0, -1)} "${source}" of "${subject.name}" is not defined.`, {
    code: kind === 'volumes' ? 'BH_VOLUME_NOT_FOUND' : 'BH_COMPOSE_INVALID',
    hint: `Define it under the top-level \`${kind}\`${suggestion(source, defined)}.`,
  })
}

/** Attributes that say again what `deploy` says must agree with it. */
function checkTwice(subject: Subject): void {
  const { service, name } = subject
  const deploy = mappingAt(service, 'deploy')
  const resources = mappingAt(deploy, 'resources')
  const limits = mappingAt(resources, 'limits')
  const reservations = mappingAt(resources, 'reservations')
  const pairs: readonly (readonly [string, Tree | undefined, string])[] = [
    ['scale', deploy?.['replicas'], 'deploy.replicas'],
    ['cpus', limits?.['cpus'], 'deploy.resources.limits.cpus'],
    ['mem_limit', limits?.['memory'], 'deploy.resources.limits.memory'],
    ['mem_reservation', reservations?.['memory'], 'deploy.resources.reservations.memory'],
    ['pids_limit', limits?.['pids'], 'deploy.resources.limits.pids'],
  ]
  for (const [attribute, other, label] of pairs) {
    const own = service[attribute]
    if (
      own === undefined ||
      own === null ||
      other === undefined ||
      other === null ||
      scalarText(own) === scalarText(other)
    )
      continue
    if (attribute !== 'scale' && (scalarText(own) === '0' || scalarText(other) === '0')) continue
    complain(
      subject,
      [attribute],
      `The service "${name}" has different values for ${attribute} and ${label}.`,
      { hint: 'Keep one of them.' },
    )
  }
}

function checkReplicas(subject: Subject): void {
  const { service, name } = subject
  const attribute = service['scale'] === undefined ? 'deploy.replicas' : 'scale'
  const replicas = Number(service['scale'] ?? mappingAt(service, 'deploy')?.['replicas'] ?? 1)
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

function checkWatch(subject: Subject): void {
  const rules = mappingAt(subject.service, 'develop')?.['watch']
  for (const [index, rule] of mappings(rules).entries()) {
    if (isText(rule['target']) || ['rebuild', 'restart'].includes(scalarText(rule['action']))) continue
    complain(subject, ['develop', 'watch', index], 'A watch rule that copies files needs a target.', {
      hint: 'Add `target`.',
    })
  }
}

/** Two things can't be mounted at one place. */
function checkMounts(subject: Subject): void {
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
function checkIsolation({ service, name, enabled, problems }: Subject): void {
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

/** Checks what stands beside the services. */
export function checkResources({ document, problems }: Pick<Checked, 'document' | 'problems'>): void {
  const complainAt = (path: Path, message: string, hint: string): void => {
    problems.error('BH_COMPOSE_INVALID', message, { at: positionIn(document, path, 'key'), path, hint })
  }
  const volumes = mappingAt(document, 'volumes') ?? {}
  for (const name of Object.keys(volumes)) {
    const volume = mappingAt(volumes, name)
    if (volume?.['external'] !== true) continue
    const extra = Object.keys(volume).find(
      (key) => !['name', 'external'].includes(key) && !key.startsWith('x-') && volume[key] !== null,
    )
    if (extra !== undefined) {
      complainAt(
        ['volumes', name, extra],
        `volumes.${name} is external and can't have ${extra}.`,
        `Remove \`${extra}\` or \`external\`.`,
      )
    }
  }
  checkFileObjects(document, 'configs', ['file', 'environment', 'content'], complainAt)
  checkFileObjects(document, 'secrets', ['file', 'environment'], complainAt)
}

function checkFileObjects(
  document: Mapping,
  kind: string,
  sources: readonly string[],
  complainAt: (path: Path, message: string, hint: string) => void,
): void {
  const objects = mappingAt(document, kind) ?? {}
  for (const name of Object.keys(objects)) {
    const object = mappingAt(objects, name) ?? makeMapping()
    const given = sources.filter((key) => key in object)
    if (given.length > 1) {
      complainAt(
        [kind, name, given[1] ?? ''],
        `${kind}.${name} has ${given.join(' and ')}: only one can hold.`,
        'Keep one of them.',
      )
    }
    if (given.length > 0 || 'driver' in object || object['external'] !== undefined) continue
    if (markOf(objects, name) === undefined) continue
    complainAt([kind, name], `${kind}.${name} needs one of ${sources.join(', ')}.`, `Add \`${sources[0]}\`.`)
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

/** A name that was probably meant. */
function suggestion(name: string, known: Mapping | undefined): string {
  const meant = suggest(name, Object.keys(known ?? {}))
  return meant === undefined ? '' : `, or write "${meant}" if that was meant`
}
