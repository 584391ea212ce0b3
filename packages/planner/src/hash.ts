import { createHmac } from 'node:crypto'
import type { FileReference, IsolationMode, Project, Service } from '@bulkhead/model'

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
  'post_start',
  'pre_stop',
])

export interface HashInput {
  readonly project: Project
  readonly service: Service
  readonly mode: IsolationMode
  /** Keys the hash: it covers secrets, and a plain one could be guessed. */
  readonly key: string
  /** Raised by whoever wants the service recreated though nothing changed. */
  readonly nonce: number
}

/**
 * Bulkhead's own hash of a service: what its containers are made of, the
 * isolation mode (not the runtime chosen for it), the engine names of its
 * networks and volumes, and the contents of secrets and configs.
 */
export function hashOf({ project, service, mode, key, nonce }: HashInput): string {
  const networks = Object.keys(service.networks ?? {}).map((name) => [name, project.networks[name]?.name])
  const volumes = (service.volumes ?? []).map(({ source = '' }) => [source, project.volumes[source]?.name])
  const covered = {
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
    nonce: nonce === 0 ? undefined : nonce,
  }
  return `${version}:${createHmac('sha256', key).update(canonical(covered)).digest('hex')}`
}

function contents(objects: Project['secrets'], references: readonly FileReference[] = []): unknown {
  return references.map(({ source }) => [
    source,
    objects[source]?.name,
    objects[source]?.file,
    objects[source]?.content,
  ])
}

/** JSON with sorted keys, so that the order in a file never matters. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`
}
