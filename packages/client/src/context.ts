import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BulkheadError } from '@bulkhead/model'
import { pack } from 'tar-stream'
import type { Pack } from 'tar-stream'
import { readIgnore } from './dockerignore.ts'
import type { IgnoreRules } from './dockerignore.ts'

/** A build context as a tar archive, named by its content. */
export interface PackedContext {
  /** `sha256:…` of the archive, uncompressed. */
  readonly digest: string
  /** Bytes of the archive. */
  readonly size: number
  /** The archive, read from the folder again. */
  open(): Readable
}

export interface PackOptions {
  /** Dockerfiles inside the folder, relative to it: always sent, `.dockerignore` or not. */
  readonly dockerfiles: readonly string[]
}

/**
 * Every entry is dated 1980-01-02, the first day that every archive format can
 * hold in every time zone: a copy, a clone or a `touch` changes no digest.
 */
const entryDate = new Date('1980-01-02T00:00:00Z')

/**
 * Packs a build context: names in order, owner 0:0, one date for all, so that
 * equal content has an equal digest. Symbolic links stay links and aren't
 * followed; sockets, pipes and devices are left out.
 *
 * The folder is read twice, once for the digest and again only if the archive
 * has to be sent; nothing is kept in memory or on disk.
 *
 * @throws BulkheadError BH_FILE_NOT_FOUND when the folder isn't there.
 */
export async function packContext(folder: string, options: PackOptions): Promise<PackedContext> {
  const rules = await readIgnore(folder, options.dockerfiles)
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of archive(folder, rules)) {
    hash.update(chunk as Buffer)
    size += (chunk as Buffer).length
  }
  return { digest: `sha256:${hash.digest('hex')}`, size, open: () => archive(folder, rules) }
}

type Header = Parameters<Pack['entry']>[0]

function archive(folder: string, rules: IgnoreRules): Readable {
  const tar = pack()
  addFolder(tar, folder, '', rules).then(
    () => tar.finalize(),
    (error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  return Readable.from(tar)
}

async function addFolder(tar: Pack, root: string, folder: string, rules: IgnoreRules): Promise<void> {
  for (const name of await list(root, folder)) {
    const path = folder === '' ? name : `${folder}/${name}`
    await addEntry(tar, root, path, rules)
  }
}

async function addEntry(tar: Pack, root: string, path: string, rules: IgnoreRules): Promise<void> {
  const full = join(root, path)
  const status = await lstat(full)
  const header = { mode: status.mode & 0o7777, mtime: entryDate, uid: 0, gid: 0 }
  if (status.isDirectory()) {
    const ignored = rules.ignores(path)
    if (!ignored) await write(tar, { ...header, name: `${path}/`, type: 'directory' })
    if (!ignored || rules.mayHoldExceptions(path)) await addFolder(tar, root, path, rules)
    return
  }
  if (rules.ignores(path)) return
  if (status.isSymbolicLink()) {
    await write(tar, { ...header, name: path, type: 'symlink', linkname: await readlink(full) })
    return
  }
  if (status.isFile()) await writeFile(tar, { ...header, name: path, type: 'file' }, full, status.size)
}

async function list(root: string, folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(join(root, folder))).sort()
  } catch (error) {
    if (folder !== '') throw error
    throw new BulkheadError('BH_FILE_NOT_FOUND', `The build context ${root} is not a readable folder.`, {
      hint: 'Correct `build.context`.',
      cause: error,
    })
  }
}

function write(tar: Pack, header: Header): Promise<void> {
  return new Promise((resolve, reject) => {
    tar.entry(header, (error) => (error ? reject(error) : resolve()))
  })
}

/** Files up to this size are read in one piece; streams cost more than they save below it. */
const smallFile = 256 * 1024

async function writeFile(tar: Pack, header: Header, path: string, size: number): Promise<void> {
  if (size <= smallFile) {
    const content = await readFile(path)
    await new Promise<void>((resolve, reject) => {
      const entry = tar.entry({ ...header, size: content.length }, (error) =>
        error ? reject(error) : resolve(),
      )
      entry.end(content)
    })
    return
  }
  await pipeline(createReadStream(path, { end: size - 1 }), tar.entry({ ...header, size }))
}
