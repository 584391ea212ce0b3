import { posix } from 'node:path'
import type { Reader } from '@bulkhead/compose'
import type { Bundle } from '@bulkhead/model'

/**
 * The loader's view of a bundle, and of nothing else: no path in it is ever
 * looked up on the daemon's own machine.
 */
export function bundleReader(bundle: Bundle): Reader {
  const files = new Map(
    Object.entries(bundle.files).map(([path, file]) => [
      path,
      typeof file === 'string' ? Buffer.from(file, 'utf8') : Buffer.from(file.base64, 'base64'),
    ]),
  )
  const variables = new Map(Object.entries(bundle.environment))
  const folders = new Set<string>()
  const named = [
    ...[...files.keys()].map((path) => posix.dirname(path)),
    ...Object.keys(bundle.contexts),
    bundle.workingDir,
    ...(bundle.projectDirectory === undefined ? [] : [bundle.projectDirectory]),
  ]
  for (const name of named) {
    for (let folder = name; !folders.has(folder); folder = posix.dirname(folder)) folders.add(folder)
  }
  return {
    readFile: (path) => files.get(path),
    isFolder: (path) => folders.has(path),
    variable: (name) => variables.get(name),
  }
}
