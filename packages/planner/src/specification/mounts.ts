import type {
  ContainerFile,
  FileObject,
  FileReference,
  ObservedMount,
  Project,
  Service,
  ServiceVolume,
} from '@bulkhead/model'
import { anonymousIn } from '../anonymous.ts'
import { bytes } from '../units.ts'
import { present } from '../present.ts'
import type { HostConfigInput } from './input.ts'

/** What the service mounts: its volumes, its file-backed secrets and configs, and what it inherits. */
export function mounts(input: HostConfigInput): {
  readonly Binds: readonly string[] | undefined
  readonly Mounts: readonly unknown[] | undefined
} {
  const { project, service } = input
  const declared = (service.volumes ?? []).map((volume) => mount(project, volume))
  const files = [
    ...fileMounts(service, project.secrets, service.secrets, secretTarget),
    ...fileMounts(service, project.configs, service.configs, configTarget),
  ]
  const taken = new Set([...declared, ...files].map(({ Target }) => Target))
  const inherited = anonymousVolumes(input)
    .filter(({ target }) => !taken.has(target))
    .map(({ name, target }) => ({ Type: 'volume', Source: name, Target: target }))
  const named = new Map(anonymousVolumes(input).map(({ name, target }) => [target, name]))
  const all = [
    ...declared.map((one) =>
      one['Type'] === 'volume' && one['Source'] === undefined && named.has(one.Target)
        ? { ...one, Source: named.get(one.Target) }
        : one,
    ),
    ...files,
    ...inherited,
  ]
  const binds = all.filter(isPlainBind).map(bindText)
  const others = all.filter((one) => !isPlainBind(one))
  return {
    Binds: binds.length === 0 ? undefined : binds,
    Mounts: others.length === 0 ? undefined : others,
  }
}

type Mount = Readonly<Record<string, unknown>> & { readonly Target: string }

function mount(project: Project, volume: ServiceVolume): Mount {
  const { type, source, target, read_only, consistency } = volume
  const base = { Type: type, Target: target, ReadOnly: read_only, Consistency: consistency }
  switch (type) {
    case 'bind':
      return named({
        ...base,
        Source: source,
        BindOptions: present({
          Propagation: volume.bind?.propagation,
          CreateMountpoint: volume.bind?.create_host_path ?? true,
          NonRecursive: volume.bind?.recursive === 'disabled' ? true : undefined,
          ReadOnlyNonRecursive: volume.bind?.recursive === 'writable' ? true : undefined,
          ReadOnlyForceRecursive: volume.bind?.recursive === 'readonly' ? true : undefined,
        }),
        selinux: volume.bind?.selinux,
      })
    case 'volume':
      return named({
        ...base,
        Source: source === undefined ? undefined : (project.volumes[source]?.name ?? source),
        VolumeOptions: present({
          NoCopy: volume.volume?.nocopy,
          Subpath: volume.volume?.subpath,
          Labels: volume.volume?.labels,
        }),
      })
    case 'tmpfs':
      return named({
        ...base,
        TmpfsOptions:
          volume.tmpfs &&
          present({
            SizeBytes: volume.tmpfs.size === undefined ? undefined : bytes(volume.tmpfs.size),
            Mode: volume.tmpfs.mode === undefined ? undefined : Number(volume.tmpfs.mode),
          }),
      })
    case 'image':
      return named({ ...base, Source: source, ImageOptions: present({ Subpath: volume.image?.subpath }) })
    case 'npipe':
    case 'cluster':
      return named({ ...base, Source: source })
  }
}

function named(fields: Readonly<Record<string, unknown>> & { readonly Target: string }): Mount {
  return { ...present(fields), Target: fields.Target }
}

/** A bind that the short form can say: only it makes a missing host folder on every API version. */
function isPlainBind(mount: Mount): boolean {
  if (mount['Type'] !== 'bind') return false
  const options = mount['BindOptions']
  if (mount['selinux'] !== undefined) return true
  const keys = typeof options === 'object' && options !== null ? Object.keys(options) : []
  const creates =
    typeof options === 'object' &&
    options !== null &&
    'CreateMountpoint' in options &&
    options.CreateMountpoint === true
  return creates && keys.every((key) => key === 'CreateMountpoint' || key === 'Propagation')
}

function bindText(mount: Mount): string {
  const options = mount['BindOptions']
  const propagation =
    typeof options === 'object' && options !== null && 'Propagation' in options
      ? options.Propagation
      : undefined
  const flags = [mount['ReadOnly'] === true ? 'ro' : 'rw', mount['selinux'], propagation].filter(
    (flag) => typeof flag === 'string',
  )
  return `${String(mount['Source'])}:${mount.Target}:${flags.join(',')}`
}

/** Volumes without a name that the replaced container had, where the new one mounts one too. */
function anonymousVolumes({
  service,
  inherited,
  imageVolumes,
}: HostConfigInput): readonly (ObservedMount & { readonly name: string })[] {
  const wanted = new Set([
    ...imageVolumes,
    ...(service.volumes ?? [])
      .filter(({ type, source }) => type === 'volume' && source === undefined)
      .map(({ target }) => target),
  ])
  return anonymousIn(inherited).filter(({ target }) => wanted.has(target))
}

export function tmpfs({ tmpfs: list }: Service): Readonly<Record<string, string>> | undefined {
  if (list === undefined) return undefined
  return Object.fromEntries(
    list.map((entry) => {
      const [path = '', ...options] = entry.split(':')
      return [path, options.join(':')]
    }),
  )
}

type Target = (reference: FileReference) => string

const secretTarget: Target = ({ source, target = source }) =>
  target.startsWith('/') ? target : `/run/secrets/${target}`
const configTarget: Target = ({ source, target = source }) => (target.startsWith('/') ? target : `/${target}`)

/**
 * True when the content is written into the container. A file of the host is
 * mounted, unless an owner or a mode is asked for, which a mount cannot have.
 * Nothing can be written into a container whose root is read-only.
 */
function isWritten(
  { file, content }: FileObject,
  { uid, gid, mode }: FileReference,
  service: Service,
): boolean {
  if (content === undefined) return false
  if (file === undefined) return true
  return service.read_only !== true && (uid !== undefined || gid !== undefined || mode !== undefined)
}

function fileMounts(
  service: Service,
  objects: Readonly<Record<string, FileObject>>,
  references: readonly FileReference[] | undefined,
  targetOf: Target,
): readonly Mount[] {
  return (references ?? []).flatMap((reference) => {
    const object = objects[reference.source]
    const file = object?.file
    if (object === undefined || file === undefined || isWritten(object, reference, service)) return []
    return [{ Type: 'bind', Source: file, Target: targetOf(reference), ReadOnly: true }]
  })
}

/** Secrets and configs that are written into the container before it starts. */
export function writtenFiles(project: Project, service: Service): readonly ContainerFile[] {
  return [
    ...contents(service, project.secrets, service.secrets, secretTarget, true),
    ...contents(service, project.configs, service.configs, configTarget, false),
  ]
}

function contents(
  service: Service,
  objects: Readonly<Record<string, FileObject>>,
  references: readonly FileReference[] | undefined,
  targetOf: Target,
  secret: boolean,
): readonly ContainerFile[] {
  return (references ?? []).flatMap((reference) => {
    const object = objects[reference.source]
    if (object?.content === undefined || !isWritten(object, reference, service)) return []
    return [
      {
        path: targetOf(reference),
        mode: fileMode(reference.mode),
        uid: Number(reference.uid ?? 0),
        gid: Number(reference.gid ?? 0),
        content: object.content,
        ...(object.encoding === undefined ? {} : { encoding: object.encoding }),
        secret,
      },
    ]
  })
}

function fileMode(mode: string | number | undefined): number {
  if (mode === undefined) return 0o444
  return typeof mode === 'number' ? mode : Number.parseInt(mode.replace(/^0o/, ''), 8)
}
