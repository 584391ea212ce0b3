import { containerNamed } from './container.ts'
import type { Mount } from './state/container.ts'
import { list, object, text, textMap } from './json.ts'
import type { Json } from './json.ts'
import { Refusal } from './refusal.ts'
import { createVolume, mountpoint } from './volume.ts'
import type { World } from './state/world.ts'

/**
 * The mounts of a container to be: binds, mounts, those of other containers,
 * and an anonymous volume for each target that its image or configuration
 * declares and nothing else covers. Volumes that are not there are made.
 */
export function mountsOf(world: World, config: Json, host: Json): readonly Mount[] {
  const mounts = new Map<string, Mount>()
  const asked = list(host['Mounts']).map(object)
  for (const entry of list(host['VolumesFrom'])) {
    const [name = '', mode] = String(entry).split(':')
    for (const mount of containerNamed(world, name).mounts)
      mounts.set(mount.target, { ...mount, anonymous: false, writable: mode !== 'ro' && mount.writable })
  }
  for (const bind of list(host['Binds'])) {
    const mount = bindOf(world, String(bind))
    mounts.set(mount.target, mount)
  }
  for (const one of asked) {
    const mount = mountOf(world, one)
    mounts.set(mount.target, mount)
  }
  for (const target of Object.keys(object(host['Tmpfs']))) mounts.set(target, tmpfs(target))
  for (const target of Object.keys(object(config['Volumes'])))
    if (!mounts.has(target)) mounts.set(target, volumeMount(world, '', target, ''))
  return [...mounts.values()].filter(({ mode }) => mode !== hidden)
}

/** `HostConfig.Tmpfs` is no mount that an inspection shows. */
const hidden = 'hidden'

function tmpfs(target: string): Mount {
  return {
    type: 'tmpfs',
    name: undefined,
    source: '',
    target,
    mode: hidden,
    writable: true,
    anonymous: false,
  }
}

/** @throws Refusal 400 when what is to be mounted is not there. */
export function checkBinds({ hostHasPath }: World, host: Json): void {
  for (const mount of list(host['Mounts']).map(object)) {
    const source = text(mount['Source'])
    const makes = object(mount['BindOptions'])['CreateMountpoint'] === true
    if (mount['Type'] !== 'bind' || makes || hostHasPath(source)) continue
    throw new Refusal(400, `invalid mount config for type "bind": bind source path does not exist: ${source}`)
  }
}

/** `source:target:options`; the source is a path or the name of a volume. */
function bindOf(world: World, bind: string): Mount {
  const [source = '', target, options = ''] = bind.split(':')
  const writable = !options.split(',').includes('ro')
  if (target === undefined) return volumeMount(world, '', source, '')
  if (source.startsWith('/'))
    return { type: 'bind', name: undefined, source, target, mode: options, writable, anonymous: false }
  return { ...volumeMount(world, source, target, options === '' ? 'z' : options), writable }
}

function mountOf(world: World, mount: Json): Mount {
  const source = text(mount['Source'])
  const target = text(mount['Target'])
  const writable = mount['ReadOnly'] !== true
  switch (mount['Type']) {
    case 'volume': {
      const options = object(mount['VolumeOptions'])
      const driver = object(options['DriverConfig'])
      const more = {
        driver: text(driver['Name']),
        ...(options['Labels'] === undefined ? {} : { labels: textMap(options['Labels']) }),
        ...(driver['Options'] === undefined ? {} : { options: textMap(driver['Options']) }),
      }
      return { ...volumeMount(world, source, target, 'z', more), writable }
    }
    case 'tmpfs':
      return { ...tmpfs(target), mode: '' }
    case 'bind':
    case 'npipe':
      return { type: mount['Type'], name: undefined, source, target, mode: '', writable, anonymous: false }
    default:
      throw new Refusal(
        400,
        `invalid mount config for type "${text(mount['Type'])}": mount type unknown: "${text(mount['Type'])}"`,
      )
  }
}

function volumeMount(
  world: World,
  source: string,
  target: string,
  mode: string,
  more: Omit<Parameters<typeof createVolume>[1], 'name'> = {},
): Mount {
  const { name } = createVolume(world, { name: source, ...more })
  return {
    type: 'volume',
    name,
    source: mountpoint(name),
    target,
    mode,
    writable: true,
    anonymous: source === '',
  }
}
