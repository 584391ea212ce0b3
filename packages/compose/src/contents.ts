import type { FileObject, Problem, Project } from '@bulkhead/model'
import { pointer, positionOf } from '@bulkhead/model'
import type { Reader } from './reader.ts'

/** What the secrets and configs of a project hold, by their key in the file. */
export interface Contents {
  readonly secrets: ReadonlyMap<string, Uint8Array>
  readonly configs: ReadonlyMap<string, Uint8Array>
  /** Files and variables that aren't there. */
  readonly problems: readonly Problem[]
}

/**
 * Reads the contents of secrets and configs: files through the reader, inline
 * contents and variables from the project. External ones have none here.
 */
export function readContents(project: Project, reader: Reader): Contents {
  const problems: Problem[] = []
  const read = (kind: 'secrets' | 'configs'): ReadonlyMap<string, Uint8Array> => {
    const contents = new Map<string, Uint8Array>()
    for (const [key, object] of Object.entries(project[kind])) {
      if (object.external === true) continue
      const bytes = contentOf(object, reader)
      if (bytes === undefined) problems.push(missing(project, kind, key, object))
      else contents.set(key, bytes)
    }
    return contents
  }
  return { secrets: read('secrets'), configs: read('configs'), problems }
}

function contentOf({ content, file }: FileObject, reader: Reader): Uint8Array | undefined {
  if (content !== undefined) return new TextEncoder().encode(content)
  return file === undefined ? undefined : reader.readFile(file)
}

function missing(
  project: Project,
  kind: 'secrets' | 'configs',
  key: string,
  { file, environment }: FileObject,
): Problem {
  const what = kind.slice(0, -1)
  const source = file === undefined ? `variable ${environment ?? ''}` : `file ${file}`
  const attribute = file === undefined ? 'environment' : 'file'
  return {
    severity: 'error',
    code: 'BH_FILE_NOT_FOUND',
    message: `The ${what} "${key}" has no content: the ${source} is not there.`,
    hint: file === undefined ? 'Set the variable.' : 'Write the file.',
    at: positionOf(project, kind, key, attribute),
    path: pointer(kind, key, attribute),
  }
}
