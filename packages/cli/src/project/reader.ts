import { readFileSync, statSync } from 'node:fs'
import type { Reader } from '@bulkhead/compose'
import { BulkheadError } from '@bulkhead/model'

/**
 * A reader over the file system.
 *
 * @param given contents that stand in for files, by path.
 */
export function createReader(
  env: Readonly<Record<string, string | undefined>>,
  given: ReadonlyMap<string, Uint8Array>,
): Reader {
  return {
    readFile: (path) => given.get(path) ?? readIfThere(path),
    isFolder: (path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false,
    variable: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
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
