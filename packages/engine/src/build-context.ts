import { isAbsolute, win32 } from 'node:path'
import { Readable } from 'node:stream'
import { archiveEndBytes, archiveOf } from './archive.ts'

/** The name that `dockerfile_inline` gets in the context. */
export const inlineName = '.inline.Dockerfile'

/** `git` and web addresses are fetched by the engine itself. */
export function isRemote(context: string | undefined): context is string {
  return context !== undefined && /^(?:https?:\/\/|git:\/\/|git@|ssh:\/\/|github\.com\/)/u.test(context)
}

/** A further context that is a folder of the client's, and comes as an archive. */
export function isArchive(context: string): boolean {
  return isAbsolute(context) || win32.isAbsolute(context)
}

/** A context with the Dockerfile of `dockerfile_inline`: a tar is one entry after the other, so one more goes in front. */
export async function withInline(
  context: NodeJS.ReadableStream,
  dockerfile: string | undefined,
): Promise<NodeJS.ReadableStream> {
  if (dockerfile === undefined) return context
  const archive = await archiveOf([
    { headers: { name: inlineName, mode: 0o644, mtime: new Date(0) }, content: dockerfile },
  ])
  const entry = archive.subarray(0, -archiveEndBytes)
  return Readable.from(concatenated(entry, context), { objectMode: false })
}

async function* concatenated(first: Buffer, rest: NodeJS.ReadableStream): AsyncGenerator<Buffer> {
  yield first
  yield* rest as AsyncIterable<Buffer>
}
