import { isUtf8 } from 'node:buffer'
import { resolve } from 'node:path'
import type { Bundle, BundleFile, FileObject } from '@bulkhead/model'
import type { LoadedProject } from './load.ts'

/**
 * What the daemon gets of a project: what its loader read, and the contents of
 * its secrets and configs.
 *
 * @param contexts build contexts: absolute folder → digest.
 */
export function toBundle(loaded: LoadedProject, contexts: Readonly<Record<string, string>>): Bundle {
  const { project, input, reader } = loaded
  for (const path of filesOf(project.secrets).concat(filesOf(project.configs))) reader.readFile(path)
  const { files, variables } = reader.recording
  return {
    workingDir: input.workingDir,
    // None named: the daemon finds them by the same rules among the same files.
    configFiles: input.configFiles.map((path) => (path === '-' ? path : resolve(input.workingDir, path))),
    projectDirectory: input.projectDirectory,
    projectName: input.projectName,
    profiles: input.profiles,
    environmentFiles: input.environmentFiles.map((path) => resolve(input.workingDir, path)),
    files: Object.fromEntries([...files].map(([path, content]) => [path, bundleFile(content)])),
    environment: Object.fromEntries(variables),
    contexts,
  }
}

function filesOf(objects: Readonly<Record<string, FileObject>>): readonly string[] {
  return Object.values(objects).flatMap(({ file }) => (file === undefined ? [] : [file]))
}

function bundleFile(content: Uint8Array): BundleFile {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  return isUtf8(bytes) ? bytes.toString('utf8') : { base64: bytes.toString('base64') }
}
