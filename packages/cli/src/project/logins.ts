import { existsSync, readFileSync } from 'node:fs'
import { dockerfilePath } from '@bulkhead/compose'
import { findCredentials } from '@bulkhead/client/credentials'
import { registryOf } from '@bulkhead/model'
import type { Build, PlanDocument, RegistryCredentials, Service } from '@bulkhead/model'
import type { Context } from '../context.ts'
import { imagesOfDockerfile } from './dockerfile.ts'

/** By registry. */
type Logins = Readonly<Record<string, RegistryCredentials>>

/**
 * What Docker's configuration of this user has for the registries that the
 * services draw images from, and for no other: a daemon gets no login that it
 * does not need.
 *
 * @returns by registry; empty where none wants a login.
 */
export function findLogins(services: Iterable<Service>, context: Context): Promise<Logins> {
  return loginsFor([...services].flatMap(imagesOf), context)
}

/** The same for the images that a plan pulls and builds, where the files are not at hand. */
export function findLoginsOfPlan(
  { operations }: Pick<PlanDocument, 'operations'>,
  context: Context,
): Promise<Logins> {
  const images = operations.filter(({ type }) => type === 'pullImage' || type === 'buildImage')
  return loginsFor(
    images.map(({ subject }) => subject.replace(/^image /u, '')),
    context,
  )
}

async function loginsFor(references: readonly string[], { env, user }: Context): Promise<Logins> {
  const byRegistry = new Map(references.map((reference) => [registryOf(reference), reference]))
  const source = { env, home: user.home, readFile: readIfThere }
  const found = await Promise.all(
    [...byRegistry].map(async ([registry, reference]) => {
      const login = await findCredentials(reference, source)
      return login === undefined ? [] : [[registry, login] as const]
    }),
  )
  return Object.fromEntries(found.flat())
}

/** All that may be pulled or pushed for a service: its image, those it is built from, those it mounts. */
function imagesOf({ image, build, volumes = [], pre_start: hooks = [] }: Service): readonly string[] {
  return [
    ...(image === undefined ? [] : [image]),
    ...volumes.flatMap(({ type, source }) => (type === 'image' && source !== undefined ? [source] : [])),
    ...hooks.flatMap((hook) => (hook.image === undefined ? [] : [hook.image])),
    ...(build === undefined ? [] : imagesOfBuild(build)),
  ]
}

function imagesOfBuild(build: Build): readonly string[] {
  const path = dockerfilePath(build)
  const text = build.dockerfile_inline ?? (path === undefined ? undefined : readIfThere(path))
  const contexts = Object.values(build.additional_contexts ?? {})
  const caches = [...(build.cache_from ?? []), ...(build.cache_to ?? [])]
  return [
    ...(text === undefined ? [] : imagesOfDockerfile(text, build.args ?? {})),
    ...contexts
      .filter((context) => context.startsWith(imageScheme))
      .map((context) => context.slice(imageScheme.length)),
    ...caches.flatMap((cache) =>
      cache.includes('=') ? (/(?:^|,)ref=([^,]+)/u.exec(cache)?.[1] ?? []) : cache,
    ),
    ...(build.tags ?? []),
  ]
}

const imageScheme = 'docker-image://'

function readIfThere(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
