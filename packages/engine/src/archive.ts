import { pack } from 'tar-stream'
import type { Header } from 'tar-stream'

export interface ArchiveEntry {
  readonly headers: Partial<Header> & { readonly name: string }
  /** Undefined for folders. */
  readonly content?: string | Buffer
}

/** The zeros at the end of an archive. */
export const archiveEndBytes = 1024

/** A tar archive of what fits into memory. */
export async function archiveOf(entries: readonly ArchiveEntry[]): Promise<Buffer> {
  const archive = pack()
  for (const { headers, content } of entries) {
    if (content === undefined) archive.entry(headers)
    else archive.entry(headers, content)
  }
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
