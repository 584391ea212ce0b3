import { isAbsolute, relative, resolve, sep } from 'node:path'
import type { Client } from '@bulkhead/client'
import { BulkheadError, positionOf } from '@bulkhead/model'
import type { Build, Project } from '@bulkhead/model'
import type { Progress } from '../progress/index.ts'
import { humanSize } from '../render/age.ts'

/**
 * Packs the build contexts of all enabled services and sends those that the
 * daemon hasn't got.
 *
 * @returns absolute folder → digest, for the bundle.
 */
export async function sendContexts(
  project: Project,
  client: Client,
  progress: Progress,
): Promise<Readonly<Record<string, string>>> {
  const folders = contextsOf(project)
  if (folders.size === 0) return {}
  const { packContext } = await import('@bulkhead/client/context')
  const sent = await Promise.all(
    [...folders].map(async ([folder, dockerfiles]) => {
      const id = `Context ${nameOf(project, folder)}`
      const context = await packContext(folder, { dockerfiles: [...dockerfiles] })
      if (!(await client.hasContext(context.digest))) {
        progress.row(id, { text: 'Sending', detail: humanSize(context.size) })
        await client.putContext(context.digest, context.open())
        progress.row(id, { text: 'Sent', status: 'done', detail: humanSize(context.size) })
      }
      return [folder, context.digest] as const
    }),
  )
  return Object.fromEntries(sent)
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
