import { posix } from 'node:path'
import { seccompProfileOf } from '@bulkhead/model'
import type { Project } from '@bulkhead/model'
import type { Reader } from './reader.ts'

/** The seccomp profiles of services: engines want their text, and only the caller's machine has the files. */
export function readProfiles(
  { services, workingDir }: Project,
  reader: Reader,
): Pick<Project, 'seccompProfiles'> {
  const paths = Object.values(services).flatMap(({ security_opt = [] }) =>
    security_opt.flatMap((option) => seccompProfileOf(option) ?? []),
  )
  if (paths.length === 0) return {}
  const texts = [...new Set(paths)].flatMap((path) => {
    const bytes = reader.readFile(posix.resolve(workingDir, path))
    return bytes === undefined ? [] : [[path, new TextDecoder().decode(bytes)] as const]
  })
  return { seccompProfiles: Object.fromEntries(texts) }
}
