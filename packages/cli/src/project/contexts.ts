import { isAbsolute } from 'node:path'
import type { Client } from '@bulkhead/client'
import type { PackedContext } from '@bulkhead/client/context'
import { dockerfileInside, dockerfilePath } from '@bulkhead/compose'
import { BulkheadError, positionOf } from '@bulkhead/model'
import type { Project } from '@bulkhead/model'
import type { Progress } from '../progress/index.ts'
import { humanSize } from '../render/age.ts'
import type { LoadedProject } from './load.ts'

/** The build context of some services of a project, packed. */
export interface ServiceContext {
  /** Absolute. */
  readonly folder: string
  /** One of the services that are built from it. */
  readonly service: string
  readonly packed: PackedContext
}

/** Packs the build contexts of all enabled services, the further ones too, and reads Dockerfiles from elsewhere. */
export async function packContexts(
  loaded: Pick<LoadedProject, 'project' | 'recorder'>,
): Promise<readonly ServiceContext[]> {
  const { project } = loaded
  readDockerfiles(loaded)
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
  const add = (folder: string): Set<string> => {
    const dockerfiles = folders.get(folder) ?? new Set()
    folders.set(folder, dockerfiles)
    return dockerfiles
  }
  for (const { build } of Object.values(project.services)) {
    if (build === undefined) continue
    for (const folder of Object.values(build.additional_contexts ?? {})) if (isAbsolute(folder)) add(folder)
    if (build.context === undefined || !isAbsolute(build.context)) continue
    const dockerfiles = add(build.context)
    const inside = dockerfileInside(build)
    if (inside !== undefined) dockerfiles.add(inside)
  }
  return folders
}

/** Reads, so that the bundle has them, the Dockerfiles that lie outside of their contexts. */
function readDockerfiles({ project, recorder }: Pick<LoadedProject, 'project' | 'recorder'>): void {
  for (const [service, { build }] of Object.entries(project.services)) {
    const path = build === undefined ? undefined : dockerfilePath(build)
    if (build === undefined || path === undefined || dockerfileInside(build) !== undefined) continue
    if (recorder.reader.readFile(path) !== undefined) continue
    throw new BulkheadError(
      'BH_FILE_NOT_FOUND',
      `The Dockerfile ${path} of service "${service}" is not there.`,
      {
        hint: 'Correct `build.dockerfile`; it counts from the build context.',
        at: positionOf(project, 'services', service, 'build', 'dockerfile'),
      },
    )
  }
}

/** The first service that is built from the folder names it. */
function nameOf(project: Project, folder: string): string {
  return Object.values(project.services).find(({ build }) => build?.context === folder)?.name ?? folder
}
