import { Readable } from 'node:stream'
import type Docker from 'dockerode'
import type { ContainerFile } from '@bulkhead/model'
import { archiveOf } from './archive.ts'
import type { Client } from './client.ts'
import { attempt, statusOf } from './error.ts'
import { segment } from './segment.ts'

/** Folders that are made on the way to a file: anybody may pass. */
const folderMode = 0o755

/**
 * Writes files into a container, running or not, over those that are there.
 * Folders that are missing are made, and those that exist are left as they are.
 */
export async function putFiles(
  client: Client,
  container: string,
  files: readonly ContainerFile[],
  signal?: AbortSignal,
): Promise<void> {
  if (files.length === 0) return
  const docker = await client.calls(signal)
  const its = docker.getContainer(segment(container))
  const names = files.map(({ path }) => path).join(', ')
  await attempt(`write ${names} into container "${container}"`, signal, async () => {
    const folders = await missingFolders(its, files)
    const archive = await archiveOf([
      ...folders.map((name) => ({
        headers: { name: name.slice(1), type: 'directory' as const, mode: folderMode },
      })),
      ...files.map(({ path, mode, uid, gid, content, encoding }) => ({
        headers: { name: path.replace(/^\/+/u, ''), mode, uid, gid, mtime: new Date(0) },
        content: Buffer.from(content, encoding ?? 'utf8'),
      })),
    ])
    await its.putArchive(archive, { path: '/' })
  })
}

/** Left to itself the engine makes them for root alone. */
async function missingFolders(
  container: Docker.Container,
  files: readonly ContainerFile[],
): Promise<readonly string[]> {
  const missing: string[] = []
  const folders = new Set(files.flatMap(({ path }) => ancestorsOf(path)))
  for (const folder of [...folders].sort()) {
    const parent = folder.slice(0, folder.lastIndexOf('/'))
    if (missing.includes(parent) || !(await isThere(container, folder))) missing.push(folder)
  }
  return missing
}

/** `/run/secrets/key` has `/run` and `/run/secrets`. */
function ancestorsOf(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '')
  return parts.slice(0, -1).map((_part, index) => `/${parts.slice(0, index + 1).join('/')}`)
}

async function isThere(container: Docker.Container, path: string): Promise<boolean> {
  try {
    const answer: unknown = await container.infoArchive({ path })
    if (answer instanceof Readable) answer.resume()
    return true
  } catch (error) {
    if (statusOf(error) === 404) return false
    throw error
  }
}
