import { createHash } from 'node:crypto'
import { familiar, parseReference } from './reference.ts'
import { Refusal } from './refusal.ts'
import type { World } from './state/world.ts'
import type { Image, ImageSpec } from './state/image.ts'

/** Adds an image, or gives its tag to what is there already. */
export function addImage(world: World, spec: ImageSpec): Image {
  const id = `sha256:${createHash('sha256').update(JSON.stringify(spec)).digest('hex')}`
  const tag = familiar(parseReference(spec.reference, world.rules.words))
  for (const other of world.images.values()) other.tags.delete(tag)
  const image = world.images.get(id) ?? {
    id,
    spec,
    createdAt: world.nanoseconds(),
    tags: new Set<string>(),
    digests: new Set<string>(),
  }
  image.tags.add(tag)
  world.images.set(id, image)
  return image
}

/** By tag, digest, id or the beginning of one; undefined: there is none. */
export function lookUpImage(world: World, given: string): Image | undefined {
  const bare = given.replace(/^sha256:/u, '')
  if (/^[0-9a-f]{4,64}$/u.test(bare)) {
    const found = [...world.images.values()].find(({ id }) => id.startsWith(`sha256:${bare}`))
    if (found !== undefined) return found
  }
  const reference = parseReference(given, world.rules.words)
  const name = familiar(reference)
  return [...world.images.values()].find(({ tags, digests }) =>
    reference.digested ? digests.has(name) : tags.has(name),
  )
}

/** @throws Refusal 404, in the words of image commands. */
export function imageNamed(world: World, given: string): Image {
  const image = lookUpImage(world, given)
  if (image === undefined) throw world.rules.words.noSuchImage(given, fullName(given))
  return image
}

/** With `latest` where no tag is given. */
export function fullName(given: string): string {
  return given.includes('@') ? given : `${given}${/:[\w.-]+$/u.test(given) ? '' : ':latest'}`
}

export function tagImage(world: World, image: Image, name: string): void {
  for (const other of world.images.values()) if (other !== image) other.tags.delete(name)
  image.tags.add(name)
  tellImage(world, 'tag', image.id, name)
}

/** What was done: names taken off and, with the last of them, the image itself. */
export function removeImage(
  world: World,
  given: string,
  force: boolean,
): readonly Readonly<Record<string, string>>[] {
  const image = lookUpImage(world, given)
  if (image === undefined) throw new Refusal(404, `No such image: ${fullName(given)}`)
  const user = [...world.containers.values()].find((container) => container.imageId === image.id)
  const byName = [...image.tags].find((tag) => tag === familiar(parseReference(given, world.rules.words)))
  const others = byName === undefined ? 0 : image.tags.size - 1
  if (
    user !== undefined &&
    others === 0 &&
    !(force && byName !== undefined && user.state.status !== 'running')
  ) {
    const verb = user.state.status === 'running' ? 'running' : 'stopped'
    if (!force || verb === 'running')
      throw new Refusal(
        409,
        `conflict: unable to ${byName === undefined ? 'delete' : 'remove repository reference'} ${
          byName === undefined ? image.id.slice(7, 19) : `"${given}"`
        } (must force) - container ${user.id.slice(0, 12)} is using its referenced image ${image.id.slice(7, 19)}`,
      )
  }
  const gone = byName === undefined ? [...image.tags] : [byName]
  const done = gone.map((tag) => {
    image.tags.delete(tag)
    tellImage(world, 'untag', image.id, image.id)
    return { Untagged: tag }
  })
  if (image.tags.size > 0 || user !== undefined) return done
  world.images.delete(image.id)
  tellImage(world, 'delete', image.id, image.id)
  return [...done, { Deleted: image.id }]
}

export function tellImage(world: World, action: string, id: string, name: string): void {
  const labels = world.images.get(id)?.spec.labels ?? {}
  world.tell('image', action, id, { ...labels, name })
}

/** `Config` of an image, as `docker image inspect` has it. */
export function imageConfig({ spec }: Image): Readonly<Record<string, unknown>> {
  return {
    Hostname: '',
    Domainname: '',
    User: spec.user ?? '',
    AttachStdin: false,
    AttachStdout: false,
    AttachStderr: false,
    ...(spec.exposedPorts === undefined ? {} : { ExposedPorts: asSet(spec.exposedPorts) }),
    Tty: false,
    OpenStdin: false,
    StdinOnce: false,
    Env: spec.environment ?? ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    Cmd: spec.command ?? null,
    ...(spec.healthcheck === undefined ? {} : { Healthcheck: spec.healthcheck }),
    Image: '',
    Volumes: spec.volumes === undefined ? null : asSet(spec.volumes),
    WorkingDir: spec.workingDirectory ?? '',
    Entrypoint: spec.entrypoint ?? null,
    OnBuild: null,
    Labels: spec.labels ?? null,
    ...(spec.stopSignal === undefined ? {} : { StopSignal: spec.stopSignal }),
  }
}

function asSet(names: readonly string[]): Readonly<Record<string, object>> {
  return Object.fromEntries(names.map((name) => [name, {}]))
}
