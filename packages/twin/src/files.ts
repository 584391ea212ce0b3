import { Readable } from 'node:stream'
import { extract, pack } from 'tar-stream'

/** One entry of a container's file system. */
export interface FileEntry {
  readonly kind: 'file' | 'folder'
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly content: Buffer
}

/** By absolute path, without a slash at the end. */
export type Files = Map<string, FileEntry>

const nothing = Buffer.alloc(0)

export function folder(mode = 0o755): FileEntry {
  return { kind: 'folder', mode, uid: 0, gid: 0, content: nothing }
}

/** What every Linux image has. */
export function newFiles(): Files {
  return new Map([
    ['/', folder()],
    ['/tmp', folder(0o1777)],
    ['/etc', folder()],
    ['/var', folder()],
    ['/run', folder()],
  ])
}

/** Puts what an archive holds below `path`; folders on the way are made, for root alone to write. */
export async function unpack(files: Files, path: string, archive: Buffer): Promise<void> {
  const tar = extract()
  tar.end(archive)
  for await (const entry of tar) {
    const { name, mode, uid, gid, type } = entry.header
    const chunks: Buffer[] = []
    for await (const chunk of entry as AsyncIterable<Buffer>) chunks.push(chunk)
    const target = clean(`${path}/${name}`)
    for (const parent of ancestors(target)) if (!files.has(parent)) files.set(parent, folder())
    files.set(target, {
      kind: type === 'directory' ? 'folder' : 'file',
      mode,
      uid,
      gid,
      content: Buffer.concat(chunks),
    })
  }
}

/** The entry at `path` and all below it, named as `docker cp` expects. */
export async function archive(files: Files, path: string): Promise<Buffer> {
  const tar = pack()
  const base = path.slice(0, path.lastIndexOf('/') + 1)
  for (const [name, { kind, mode, uid, gid, content }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (name !== path && !name.startsWith(`${path}/`)) continue
    const header = { name: name.slice(base.length), mode, uid, gid, mtime: new Date(0) }
    if (kind === 'folder') tar.entry({ ...header, type: 'directory' })
    else tar.entry(header, content)
  }
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of Readable.from(tar) as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Without double slashes, dots and a slash at the end. */
export function clean(path: string): string {
  return `/${path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')}`
}

function ancestors(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_part, index) => `/${parts.slice(0, index + 1).join('/')}`)
}
