import { posix, win32 } from 'node:path'
import type { Build, Project, Service } from '@bulkhead/model'
import type { Reader } from './reader.ts'

/**
 * Where the Dockerfile of a build lies, absolute; undefined: the engine fetches
 * it with the context, or its text stands in the file.
 */
export function dockerfilePath({ context, dockerfile, dockerfile_inline }: Build): string | undefined {
  if (context === undefined || dockerfile_inline !== undefined) return undefined
  const paths = pathsOf(context)
  return paths.isAbsolute(context) ? paths.resolve(context, dockerfile ?? 'Dockerfile') : undefined
}

/** The same relative to the context, with slashes; undefined: it lies outside of it. */
export function dockerfileInside(build: Build): string | undefined {
  const path = dockerfilePath(build)
  if (path === undefined || build.context === undefined) return undefined
  const paths = pathsOf(build.context)
  const inside = paths.relative(build.context, path)
  if (inside.startsWith('..') || paths.isAbsolute(inside)) return undefined
  return inside.split(paths.sep).join('/')
}

/** The project with the text of each Dockerfile that lies outside of its context, which no archive of it holds. */
export function withDockerfiles(project: Project, reader: Reader): Project {
  const filled = (services: Project['services']): Project['services'] =>
    Object.fromEntries(Object.entries(services).map(([name, service]) => [name, withText(service, reader)]))
  return { ...project, services: filled(project.services) }
}

function withText(service: Service, reader: Reader): Service {
  const { build } = service
  if (build === undefined || dockerfileInside(build) !== undefined) return service
  const path = dockerfilePath(build)
  const bytes = path === undefined ? undefined : reader.readFile(path)
  if (bytes === undefined) return service
  const { dockerfile: _outside, ...rest } = build
  return { ...service, build: { ...rest, dockerfile_inline: new TextDecoder().decode(bytes) } }
}

function pathsOf(context: string): typeof posix {
  return posix.isAbsolute(context) ? posix : win32
}
