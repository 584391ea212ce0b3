import { load } from '@bulkhead/compose'
import type { LoadResult } from '@bulkhead/compose'
import type { Bundle } from '@bulkhead/model'
import { bundleReader } from './reader.ts'

/** Loads the project of a bundle by the same rules as the client did. */
export function loadBundle(bundle: Bundle): LoadResult {
  const { workingDir, configFiles, projectDirectory, projectName, profiles, environmentFiles } = bundle
  return load({
    reader: bundleReader(bundle),
    workingDir,
    configFiles,
    projectDirectory,
    projectName,
    profiles,
    environmentFiles,
  })
}
