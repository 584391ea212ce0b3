import { isUtf8 } from 'node:buffer'
import { resolve } from 'node:path'
import { readContents } from '@bulkhead/compose'
import { toError } from '@bulkhead/model'
import type { Bundle, BundleFile } from '@bulkhead/model'
import type { LoadedProject } from './load.ts'

/**
 * What the daemon gets of a project: what its loader read, and the contents of
 * its secrets and configs. The daemon loads the same from it, for it asks the
 * same of it.
 *
 * @param contexts build contexts: absolute folder → digest.
 * @throws BulkheadError for secrets and configs that have no content.
 */
export function toBundle(loaded: LoadedProject, contexts: Readonly<Record<string, string>>): Bundle {
  const { project, input, recorder, activating } = loaded
  const { problems } = readContents(project, recorder.reader)
  if (problems.length > 0) throw toError(problems)
  const absolute = (path: string) => (path === '-' ? path : resolve(input.workingDir, path))
  return {
    workingDir: input.workingDir,
    configFiles: input.configFiles.map(absolute),
    projectDirectory: input.projectDirectory,
    projectName: input.projectName,
    profiles: input.profiles,
    services: activating.length === 0 ? undefined : activating,
    environmentFiles: input.environmentFiles.map(absolute),
    files: Object.fromEntries([...recorder.files()].map(([path, content]) => [path, bundleFile(content)])),
    environment: Object.fromEntries(recorder.variables()),
    contexts,
  }
}

function bundleFile(content: Uint8Array): BundleFile {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  return isUtf8(bytes) ? bytes.toString('utf8') : { base64: bytes.toString('base64') }
}
