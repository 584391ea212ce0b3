import { posix } from 'node:path'
import type { Bundle, BundleFile } from '@bulkhead/model'
import type { LoadOptions, LoadResult } from './input.ts'
import { load } from './load.ts'
import type { Reader } from './reader.ts'

/**
 * A reader over an uploaded bundle, and over nothing else: no path in it reaches
 * the file system of the machine that it runs on. What isn't in the bundle isn't there.
 */
export function bundleReader({ files, environment, contexts }: Bundle): Reader {
  const locate = (path: string): string => (path === '-' ? path : posix.resolve('/', path))
  const contents = new Map<string, BundleFile>()
  const folders = new Set(Object.keys(contexts).map(locate))
  for (const [path, file] of Object.entries(files)) {
    if (path.endsWith('/')) folders.add(locate(path))
    else contents.set(locate(path), file)
  }
  for (const path of contents.keys()) {
    for (let folder = posix.dirname(path); !folders.has(folder); folder = posix.dirname(folder))
      folders.add(folder)
  }
  const variables = new Map(Object.entries(environment))
  return {
    readFile(path) {
      const file = contents.get(locate(path))
      return file === undefined ? undefined : decodeFile(file)
    },
    isFolder: (path) => folders.has(locate(path)),
    variable: (name) => variables.get(name),
  }
}

/** Loads a project from what a client sent. */
export function loadBundle(bundle: Bundle, options: LoadOptions = {}): LoadResult {
  return load({
    reader: bundleReader(bundle),
    workingDir: bundle.workingDir,
    configFiles: bundle.configFiles,
    projectDirectory: bundle.projectDirectory,
    projectName: bundle.projectName,
    profiles: bundle.profiles,
    services: bundle.services,
    environmentFiles: bundle.environmentFiles,
    options,
  })
}

function decodeFile(file: BundleFile): Uint8Array {
  return typeof file === 'string'
    ? new TextEncoder().encode(file)
    : new Uint8Array(Buffer.from(file.base64, 'base64'))
}
