import { createHash } from 'node:crypto'
import { addImage, tellImage } from './image.ts'
import { familiar, parseReference } from './reference.ts'
import { Refusal } from './refusal.ts'
import type { RemoteImage } from './registry.ts'
import type { World } from './state/world.ts'

export interface Login {
  readonly username: string
  readonly password: string
}

/**
 * Pulls an image: its progress, message by message.
 *
 * @throws Refusal before the first message, when the registry doesn't have it or doesn't give it.
 */
export async function* pull(
  world: World,
  given: string,
  login: Login | undefined,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const reference = parseReference(given, world.rules.words)
  const name = familiar(reference)
  const remote = remoteImage(world, name, login)
  const digest = digestOf(remote)
  yield { status: `Pulling from ${pathOf(reference.repository)}`, id: reference.version }
  const before = [...world.images.values()].find(({ tags }) => tags.has(name))
  const image = { reference: name, ...remote.image }
  const isNew = before === undefined || digestOf({ image: withoutReference(before.spec) }) !== digest
  if (isNew && !(yield* download(world, remote))) return
  yield { status: `Digest: ${digest}` }
  const added = isNew ? addImage(world, image) : before
  added.digests.add(`${reference.repository}@${digest}`)
  yield {
    status: `Status: ${isNew ? 'Downloaded newer image' : 'Image is up to date'} for ${name}`,
  }
  tellImage(world, 'pull', name, reference.repository)
}

/** What the registry has under a name. @throws Refusal when it doesn't give it. */
export function remoteImage({ registry }: World, name: string, login: Login | undefined): RemoteImage {
  const remote = registry.get(name)
  if (remote === undefined) throw missing(name)
  const { login: wanted, error } = remote
  if (wanted !== undefined && (login?.username !== wanted.username || login.password !== wanted.password))
    throw new Refusal(500, `Head "https://${hostOf(name)}/v2/": no basic auth credentials`)
  if (error !== undefined) throw new Refusal(error.status, error.message)
  return remote
}

export function digestOf({ image }: RemoteImage): string {
  return `sha256:${createHash('sha256')
    .update(JSON.stringify(image ?? {}))
    .digest('hex')}`
}

/** True when all of it came. */
async function* download(
  world: World,
  { layers = [1_000_000], milliseconds = 0, breaks }: RemoteImage,
): AsyncGenerator<Readonly<Record<string, unknown>>, boolean> {
  const ids = layers.map(() => world.random.hex(12))
  for (const id of ids) yield { status: 'Pulling fs layer', progressDetail: {}, id }
  for (const [index, total] of layers.entries()) {
    const id = ids[index] ?? ''
    yield { status: 'Downloading', progressDetail: { current: Math.floor(total / 2), total }, id }
    await new Promise<void>((resolve) => void world.clock.after(milliseconds, resolve))
    if (breaks !== undefined) {
      yield { errorDetail: { message: breaks }, error: breaks }
      return false
    }
    yield { status: 'Download complete', progressDetail: {}, id }
    yield { status: 'Pull complete', progressDetail: {}, id }
  }
  return true
}

function withoutReference(spec: { readonly reference: string }): object {
  const { reference: _reference, ...rest } = spec
  return rest
}

function missing(name: string): Refusal {
  if (name.includes('/') && /[.:]/u.test(hostOf(name)))
    return new Refusal(404, `manifest for ${name} not found: manifest unknown: manifest unknown`)
  const repository = name.replace(/[:@].*$/u, '')
  return new Refusal(
    404,
    `pull access denied for ${repository}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
  )
}

function hostOf(name: string): string {
  return name.split('/')[0] ?? ''
}

function pathOf(repository: string): string {
  if (!repository.includes('/')) return `library/${repository}`
  return /[.:]/u.test(hostOf(repository)) ? repository.slice(hostOf(repository).length + 1) : repository
}
