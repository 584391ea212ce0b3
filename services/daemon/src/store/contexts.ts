import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BulkheadError } from '@bulkhead/model'

/** Archives of build contexts, kept as files by their SHA-256. */
export interface ContextStore {
  has(digest: string): boolean
  /**
   * Keeps what `body` yields, if it is what `digest` says.
   *
   * @throws BulkheadError BH_BUNDLE_TOO_LARGE, BH_BAD_REQUEST for another digest; nothing is kept then.
   */
  save(digest: string, body: AsyncIterable<Uint8Array>): Promise<void>
  /** Undefined when it is not kept. */
  open(digest: string): NodeJS.ReadableStream | undefined
  /** Removes what no revision needs and nobody has just uploaded, and parts that a crash left. */
  prune(inUse: ReadonlySet<string>, now: Date): void
}

const digestPattern = /^sha256:([0-9a-f]{64})$/
/** An upload comes before the revision that needs it. */
const graceMs = 24 * 60 * 60 * 1000

export function createContextStore(folder: string, limitBytes: number): ContextStore {
  const fileOf = (digest: string): string | undefined => {
    const hex = digestPattern.exec(digest)?.[1]
    return hex === undefined ? undefined : join(folder, `${hex}.tar`)
  }
  return {
    has(digest) {
      const file = fileOf(digest)
      return file !== undefined && existsSync(file)
    },
    async save(digest, body) {
      const file = fileOf(digest)
      if (file === undefined) throw new BulkheadError('BH_BAD_REQUEST', `"${digest}" is not a digest.`)
      const part = join(folder, `${randomUUID()}.part`)
      try {
        const found = await write(part, body, limitBytes)
        if (found !== digest) {
          throw new BulkheadError('BH_BAD_REQUEST', `The archive's digest is ${found}, not ${digest}.`, {
            hint: 'Send the archive again.',
          })
        }
        await rename(part, file)
      } finally {
        await rm(part, { force: true })
      }
    },
    open(digest) {
      const file = fileOf(digest)
      return file !== undefined && existsSync(file) ? createReadStream(file) : undefined
    },
    prune(inUse, now) {
      for (const name of readdirSync(folder)) {
        const file = join(folder, name)
        const old = now.getTime() - statSync(file).mtimeMs > graceMs
        const needed = name.endsWith('.tar') && inUse.has(`sha256:${name.slice(0, -'.tar'.length)}`)
        if (name.endsWith('.part') || (old && !needed)) rmSync(file, { force: true })
      }
    },
  }
}

async function write(file: string, body: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const hash = createHash('sha256')
  const handle = await open(file, 'wx', 0o600)
  let size = 0
  try {
    for await (const chunk of body) {
      size += chunk.byteLength
      if (size > limit) {
        throw new BulkheadError('BH_BUNDLE_TOO_LARGE', `The build context is larger than ${limit} bytes.`, {
          hint: 'Leave out what the build does not need with a `.dockerignore` file.',
        })
      }
      hash.update(chunk)
      await handle.writeFile(chunk)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return `sha256:${hash.digest('hex')}`
}
