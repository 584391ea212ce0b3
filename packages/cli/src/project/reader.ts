import { readFileSync, statSync } from 'node:fs'
import type { Reader } from '@bulkhead/compose'
import { BulkheadError } from '@bulkhead/model'

/** What was read through a reader: nothing else goes into a bundle. */
export interface Recording {
  /** Files that were there, by absolute path. */
  readonly files: ReadonlyMap<string, Uint8Array>
  /** Variables that were asked for and were set. */
  readonly variables: ReadonlyMap<string, string>
}

export interface RecordingReader extends Reader {
  readonly recording: Recording
}

/**
 * A reader over the file system that keeps what it gave: a file that can be
 * read only once (a pipe) is the same at a second look.
 *
 * @param given contents that stand in for files, by absolute path.
 */
export function createReader(
  env: Readonly<Record<string, string | undefined>>,
  given: ReadonlyMap<string, Uint8Array> = new Map(),
): RecordingReader {
  const seen = new Map<string, Uint8Array | undefined>(given)
  const files = new Map<string, Uint8Array>()
  const variables = new Map<string, string>()
  return {
    recording: { files, variables },
    readFile(path) {
      const content = seen.has(path) ? seen.get(path) : readIfThere(path)
      seen.set(path, content)
      if (content !== undefined) files.set(path, content)
      return content
    },
    isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
    variable(name) {
      const value = Object.hasOwn(env, name) ? env[name] : undefined
      if (value !== undefined) variables.set(name, value)
      return value
    },
  }
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'ENOTDIR') return undefined
    throw new BulkheadError('BH_FILE_NOT_FOUND', `${path} cannot be read (${String(code ?? error)}).`, {
      hint: 'Check the permissions of the file and of the folders above it.',
      cause: error,
    })
  }
}
