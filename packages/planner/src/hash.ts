import { createHash, createHmac } from 'node:crypto'
import { seccompProfileOf } from '@bulkhead/model'
import type {
  FieldChange,
  FileReference,
  IsolationMode,
  Network,
  ObservedContainer,
  Project,
  Service,
  Volume,
} from '@bulkhead/model'
import { diff } from './diff.ts'

/** Raised when the same service would give another container than before. */
const version = 'v1'

/** Attributes that do not change what a container is made of. */
const outside = new Set([
  'name',
  'build',
  'depends_on',
  'deploy',
  'develop',
  'extends',
  'isolation',
  'profiles',
  'pull_policy',
  'pull_refresh_after',
  'runtime',
  'scale',
  'attach',
  'env_file',
  'label_file',
])

export interface HashInput {
  readonly project: Project
  readonly service: Service
  readonly mode: IsolationMode
  /** Keys the hash: it covers secrets, and a plain one could be guessed. */
  readonly key: string
}

/** What a container was made from, where that is still known. */
export type Former = (container: ObservedContainer) => Omit<HashInput, 'key'> | undefined

/**
 * Bulkhead's own hash of a service: what its containers are made of, the
 * isolation mode (not the runtime chosen for it), the engine names of its
 * networks and volumes, and the contents of secrets and configs.
 */
export function hashOf(input: HashInput): string {
  return `${version}:${createHmac('sha256', input.key)
    .update(canonical(covered(input)))
    .digest('hex')}`
}

/** What the hash covers: two services with equal hashes are equal in all of it. */
function covered({ project, service, mode }: Omit<HashInput, 'key'>) {
  const networks = Object.keys(service.networks ?? {}).map(
    (name) => [name, project.networks[name]?.name] as const,
  )
  const volumes = (service.volumes ?? []).map(
    ({ source = '' }) => [source, project.volumes[source]?.name] as const,
  )
  return {
    service: Object.fromEntries(
      Object.entries(service).filter(([name]) => !outside.has(name) && !name.startsWith('x-')),
    ),
    runtime: service.runtime,
    deploy: { resources: service.deploy?.resources, restart_policy: service.deploy?.restart_policy },
    mode,
    networks,
    volumes,
    secrets: contents(project.secrets, service.secrets),
    configs: contents(project.configs, service.configs),
    seccomp: profiles(project, service),
    credentials: project.configs[service.credential_spec?.config ?? '']?.content,
  }
}

/**
 * What of a service is different, field by field, in the specification's own
 * terms. Where only an order differs, which the hash covers too, it is empty.
 */
export function changedFields(
  old: Omit<HashInput, 'key'>,
  now: Omit<HashInput, 'key'>,
): readonly FieldChange[] {
  const [before, after] = [covered(old), covered(now)]
  const own = ({ service, deploy, runtime, mode }: Covered) => ({
    ...service,
    deploy,
    runtime,
    isolation: mode,
  })
  return [
    ...diff(own(before), own(after)),
    ...renamed('networks', before.networks, after.networks),
    ...renamed('volumes', before.volumes, after.volumes),
    ...rewritten('secrets', before.secrets, after.secrets),
    ...rewritten('configs', before.configs, after.configs),
    ...(before.seccomp?.join() === after.seccomp?.join() ? [] : [{ path: 'security_opt.seccomp' }]),
  ]
}

/** Texts of the seccomp profiles that the service names; undefined: it names none that is a file. */
function profiles(
  { seccompProfiles = {} }: Project,
  { security_opt = [] }: Service,
): readonly string[] | undefined {
  const texts = security_opt.flatMap((option) => seccompProfiles[seccompProfileOf(option) ?? ''] ?? [])
  return texts.length === 0 ? undefined : texts
}

type Covered = ReturnType<typeof covered>
type Names = readonly (readonly [string, string | undefined])[]

/** Other names on the engine for what both use. */
function renamed(kind: string, old: Names, now: Names): readonly FieldChange[] {
  const before = new Map(old)
  return now.flatMap(([key, name]) =>
    before.has(key) ? diff(before.get(key), name, `${kind}.${key}.name`) : [],
  )
}

/** Other contents of what both use. They are not told: they may be long, or secret. */
function rewritten(
  kind: string,
  old: readonly FileContent[],
  now: readonly FileContent[],
): readonly FieldChange[] {
  const before = new Map(old.map((entry) => [entry[0], entry]))
  return now.flatMap(([source, name, file, content]) => {
    const was = before.get(source)
    if (was === undefined) return []
    const [, oldName, oldFile, oldContent] = was
    return [
      ...diff(oldName, name, `${kind}.${source}.name`),
      ...diff(oldFile, file, `${kind}.${source}.file`),
      ...(oldContent === content ? [] : [{ path: `${kind}.${source}.content` }]),
    ]
  })
}

type FileContent = readonly [
  source: string,
  name: string | undefined,
  file: string | undefined,
  content: string | undefined,
]

/**
 * Bulkhead's own hash of a network's or volume's definition. Not keyed: a store
 * that was lost must not have every network made again.
 */
export function resourceHash(definition: Network | Volume): string {
  const { external: _external, ...covered } = definition
  const extensions = Object.keys(covered).filter((name) => name.startsWith('x-'))
  const own = Object.fromEntries(Object.entries(covered).filter(([name]) => !extensions.includes(name)))
  return `${version}:${createHash('sha256').update(canonical(own)).digest('hex')}`
}

function contents(
  objects: Project['secrets'],
  references: readonly FileReference[] = [],
): readonly FileContent[] {
  return references.map(({ source }) => [
    source,
    objects[source]?.name,
    objects[source]?.file,
    objects[source]?.content,
  ])
}

/** JSON with sorted keys, so that the order in a file never matters. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`
}
