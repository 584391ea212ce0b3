import { timestamp } from './clock.ts'
import { Refusal } from './refusal.ts'
import type { World } from './state/world.ts'
import type { Volume } from './state/volume.ts'

export interface VolumeRequest {
  /** Empty: an anonymous one. */
  readonly name: string
  readonly driver?: string
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly options?: Readonly<Record<string, string>> | undefined
}

const anonymousLabel = 'com.docker.volume.anonymous'

/** Creates a volume, or finds the one that is there under the name, whatever was asked of it. */
export function createVolume(world: World, request: VolumeRequest): Volume {
  const { rules } = world
  const name = request.name === '' ? world.random.hex(64) : request.name
  const driver = request.driver === undefined || request.driver === '' ? 'local' : request.driver
  if (driver !== 'local')
    throw new Refusal(
      404,
      `create ${name}: error looking up volume plugin ${driver}: plugin "${driver}" not found`,
    )
  checkName(name)
  const known = world.volumes.get(name)
  if (known !== undefined && !rules.tellsEveryVolume) return known
  const labels =
    request.name === '' && rules.labelsAnonymousVolumes
      ? { ...request.labels, [anonymousLabel]: '' }
      : (request.labels ?? null)
  const volume = known ?? {
    name,
    driver,
    labels,
    options: request.options ?? null,
    createdAt: world.nanoseconds(),
  }
  world.volumes.set(name, volume)
  world.tell('volume', 'create', name, { driver })
  return volume
}

function checkName(name: string): void {
  if (name.length === 1)
    throw new Refusal(
      400,
      `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
    )
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/u.test(name)) return
  throw new Refusal(
    400,
    `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
  )
}

/** @throws Refusal 404 */
export function volumeNamed({ volumes }: World, name: string): Volume {
  const volume = volumes.get(name)
  if (volume === undefined) throw new Refusal(404, `get ${name}: no such volume`)
  return volume
}

/** @throws Refusal 404, or 409 when containers have it, running or not. */
export function removeVolume(world: World, name: string): void {
  const volume = volumeNamed(world, name)
  const users = usersOf(world, name)
  if (users.length > 0) throw new Refusal(409, `remove ${name}: volume is in use - [${users.join(', ')}]`)
  world.volumes.delete(name)
  world.tell('volume', 'destroy', name, { driver: volume.driver })
}

/** Ids of the containers that have a volume. */
export function usersOf({ containers }: World, name: string): readonly string[] {
  return [...containers.values()]
    .filter(({ mounts }) => mounts.some((mount) => mount.type === 'volume' && mount.name === name))
    .map(({ id }) => id)
}

/** A volume as the Engine API shows it. */
export function volumeView({
  name,
  driver,
  labels,
  options,
  createdAt,
}: Volume): Readonly<Record<string, unknown>> {
  return {
    CreatedAt: `${timestamp(createdAt).slice(0, 19)}Z`,
    Driver: driver,
    Labels: labels,
    Mountpoint: mountpoint(name),
    Name: name,
    Options: options,
    Scope: 'local',
  }
}

export function mountpoint(name: string): string {
  return `/var/lib/docker/volumes/${name}/_data`
}
