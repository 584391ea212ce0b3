import { complain, isText, suggestion, type Subject } from './complaint.ts'
import { mappings } from './select.ts'
import { isMapping, makeMapping, mappingAt, scalarText, type Path, type Tree } from './tree.ts'

export function checkBuild(subject: Subject): void {
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

export function checkNetworks(subject: Subject): void {
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

export function checkDependencies(subject: Subject): void {
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

export function checkReferences(subject: Subject): void {
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
