import { isAbsolute, relative, resolve, sep } from 'node:path'
import type { Client } from '@bulkhead/client'
import type { PackedContext } from '@bulkhead/client/context'
import { BulkheadError, positionOf } from '@bulkhead/model'
import type { Build, Project } from '@bulkhead/model'
import type { Progress } from '../progress/index.ts'
import { humanSize } from '../render/age.ts'

/** The build context of some services of a project, packed. */
export interface ServiceContext {
  /** Absolute. */
  readonly folder: string
  /** One of the services that are built from it. */
  readonly service: string
  readonly packed: PackedContext
}

/** Packs the build contexts of all enabled services. */
export async function packContexts(project: Project): Promise<readonly ServiceContext[]> {
  const folders = contextsOf(project)
  if (folders.size === 0) return []
  const { packContext } = await import('@bulkhead/client/context')
  return Promise.all(
    [...folders].map(async ([folder, dockerfiles]) => ({
      folder,
      service: nameOf(project, folder),
      packed: await packContext(folder, { dockerfiles: [...dockerfiles] }),
    })),
  )
}

/** Absolute folder → digest, for the bundle. */
export function digestsOf(contexts: readonly ServiceContext[]): Readonly<Record<string, string>> {
  return Object.fromEntries(contexts.map(({ folder, packed }) => [folder, packed.digest]))
}

/** Sends the contexts that the daemon hasn't got. */
export async function sendContexts(
  contexts: readonly ServiceContext[],
  client: Client,
  progress: Progress,
): Promise<void> {
  await Promise.all(
    contexts.map(async ({ service, packed }) => {
      const id = `Context ${service}`
      if (await client.hasContext(packed.digest)) return
      progress.row(id, { text: 'Sending', detail: humanSize(packed.size) })
      await client.putContext(packed.digest, packed.open())
      progress.row(id, { text: 'Sent', status: 'done', detail: humanSize(packed.size) })
    }),
  )
}

/** Folders to pack, each with the Dockerfiles that are used of it. URLs are the engine's affair. */
function contextsOf(project: Project): ReadonlyMap<string, ReadonlySet<string>> {
  const folders = new Map<string, Set<string>>()
  for (const [service, { build }] of Object.entries(project.services)) {
    if (build?.context === undefined || !isAbsolute(build.context)) continue
    const dockerfiles = folders.get(build.context) ?? new Set()
    folders.set(build.context, dockerfiles)
    const dockerfile = dockerfileOf(project, service, build, build.context)
    if (dockerfile !== undefined) dockerfiles.add(dockerfile)
  }
  return folders
}

function dockerfileOf(project: Project, service: string, build: Build, context: string): string | undefined {
  if (build.dockerfile_inline !== undefined) return undefined
  const name = build.dockerfile ?? 'Dockerfile'
  const inside = relative(context, resolve(context, name))
  if (!inside.startsWith('..') && !isAbsolute(inside)) return inside.split(sep).join('/')
  throw new BulkheadError(
    'BH_COMPOSE_UNSUPPORTED',
    `The Dockerfile of service "${service}" is outside of its build context.`,
    {
      hint: 'Move it into the context folder, or make the context a folder that holds both.',
      at: positionOf(project, 'services', service, 'build', 'dockerfile'),
    },
  )
}

/** The first service that is built from the folder names it. */
function nameOf(project: Project, folder: string): string {
  return Object.values(project.services).find(({ build }) => build?.context === folder)?.name ?? folder
}
