import { posix } from 'node:path'
import type { Bundle, BundleFile } from '@bulkhead/model'
import { load, type LoadOptions, type LoadResult } from './load.ts'
import type { Reader } from './reader.ts'

/**
 * A reader over an uploaded bundle, and over nothing else: no path in it reaches
 * the file system of the machine that it runs on. What isn't in the bundle isn't there.
 */
export function bundleReader({ files, environment, contexts }: Bundle): Reader {
  const contents = new Map(Object.entries(files).map(([path, file]) => [posix.normalize(path), file]))
  const variables = new Map(Object.entries(environment))
  const folders = new Set(Object.keys(contexts).map((path) => posix.normalize(path)))
  for (const path of contents.keys()) {
    for (let folder = posix.dirname(path); !folders.has(folder); folder = posix.dirname(folder))
      folders.add(folder)
  }
  return {
    readFile(path) {
      const file = contents.get(posix.normalize(path))
      return file === undefined ? undefined : decodeFile(file)
    },
    isFolder: (path) => folders.has(posix.normalize(path)),
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
    environmentFiles: bundle.environmentFiles,
    options,
  })
}

function decodeFile(file: BundleFile): Uint8Array {
  return typeof file === 'string'
    ? new TextEncoder().encode(file)
    : new Uint8Array(Buffer.from(file.base64, 'base64'))
}
