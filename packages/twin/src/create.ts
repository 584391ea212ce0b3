import { containerNamed, lookUpContainer, tellContainer } from './container.ts'
import type { Attachment, Container } from './state/container.ts'
import { inputFor } from './input.ts'
import { newFiles } from './files.ts'
import { fullName, imageConfig, lookUpImage } from './image.ts'
import type { Image } from './state/image.ts'
import { list, object, text, textMap, texts } from './json.ts'
import type { Json } from './json.ts'
import { newLog } from './log.ts'
import { checkBinds, mountsOf } from './mount.ts'
import { lookUpNetwork } from './network.ts'
import { parseReference } from './reference.ts'
import { Refusal } from './refusal.ts'
import type { World } from './state/world.ts'

/**
 * Creates a container, with the anonymous volumes that it needs.
 *
 * @param name empty: the engine finds one.
 * @throws Refusal as the engine would; nothing is left behind then.
 */
export function createContainer(world: World, name: string, body: Json): Container {
  const { rules } = world
  const { HostConfig: givenHost, NetworkingConfig: networking, ...given } = body
  if (Object.keys(body).length === 0 || Object.keys(given).length === 0) throw rules.words.emptyConfig()
  if (name !== '') checkName(name)
  const image = imageFor(world, text(given['Image']))
  const host: Json = { ...object(givenHost), ...namespacesOf(world, object(givenHost)) }
  if (text(host['NetworkMode']).startsWith('container:') && text(given['Hostname']) !== '')
    throw new Refusal(400, 'conflicting options: hostname and the network mode')
  const attachments = attachmentsOf(world, host, object(object(networking)['EndpointsConfig']))
  rules.checkHostConfig(host)
  const runtime = text(host['Runtime'])
  if (runtime !== '' && !rules.runtimes.includes(runtime)) throw rules.words.unknownRuntime(runtime)
  checkBinds(world, host)
  const its = name === '' ? freeName(world) : name.replace(/^\//u, '')
  refuseTaken(world, its)

  const id = world.random.hex(64)
  const config = configOf(given, image, id, text(host['NetworkMode']))
  const container: Container = {
    id,
    name: its,
    createdAt: world.nanoseconds(),
    imageId: image.id,
    config,
    host: { ...rules.hostConfig(host) },
    labels: textMap(config['Labels']),
    argv: [...(texts(config['Entrypoint']) ?? []), ...(texts(config['Cmd']) ?? [])],
    mounts: mountsOf(world, config, host),
    attachments,
    files: newFiles(),
    log: newLog(() => world.nanoseconds(), config['Tty'] === true),
    state: {
      status: 'created',
      exitCode: 0,
      error: '',
      oomKilled: false,
      pid: 0,
      startedAt: undefined,
      finishedAt: undefined,
    },
    health: undefined,
    running: undefined,
    input: inputFor({ config }),
    size: { rows: 0, columns: 0 },
    restartCount: 0,
    backoff: 0,
    manuallyStopped: false,
    stopping: false,
    stopTold: false,
    removing: false,
    held: [],
    cancelRestart: undefined,
    ports: [],
    overs: new Set(),
    waiters: new Set(),
  }
  world.containers.set(id, container)
  tellContainer(world, 'create', container)
  return container
}

/** @throws Refusal 409, with the id of the container that has the name. */
export function refuseTaken({ containers }: World, name: string, before = ''): void {
  const holder = [...containers.values()].find((container) => container.name === name)
  if (holder === undefined) return
  throw new Refusal(
    409,
    `${before}Conflict. The container name "/${name}" is already in use by container "${holder.id}". You have to remove (or rename) that container to be able to reuse that name.`,
  )
}

export function checkName(name: string): void {
  if (/^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/u.test(name)) return
  throw new Refusal(400, `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`)
}

function freeName(world: World): string {
  const words = ['brave', 'calm', 'deep', 'fresh', 'keen', 'salty']
  const things = ['anchor', 'bow', 'keel', 'mast', 'rudder', 'sail']
  const pick = (list: readonly string[]): string =>
    list[Math.floor(world.random.fraction() * list.length)] ?? ''
  const name = `${pick(words)}_${pick(things)}`
  return lookUpContainer(world, name) === undefined ? name : `${name}_${world.random.hex(4)}`
}

function imageFor(world: World, given: string): Image {
  // The engine takes no image at all for the image without a name.
  const image = given === '' ? undefined : lookUpImage(world, given)
  if (image !== undefined) return image
  if (given !== '') parseReference(given, world.rules.words)
  throw new Refusal(404, `No such image: ${given === '' ? 'sha256:' : fullName(given)}`)
}

/** The networks that the container joins, by name; those of another container's are none of its own. */
function attachmentsOf(world: World, host: Json, endpoints: Json): Map<string, Attachment> {
  const { rules } = world
  const mode = text(host['NetworkMode'])
  if (mode.startsWith('container:')) return new Map()
  const names = Object.keys(endpoints)
  if (names.length > 1 && !rules.manyNetworksAtCreate) throw rules.words.manyNetworks(names)
  const first = mode === '' || mode === 'default' ? rules.defaultNetwork : mode
  const named = (name: string): string =>
    name === 'default' ? rules.defaultNetwork : (lookUpNetwork(world, name)?.name ?? name)
  const wanted = new Map<string, Attachment>()
  const primary = named(first)
  const others = names.filter((name) => named(name) !== primary)
  // A network mode that was left out is made up for by the endpoints.
  const isLeftOut = (mode === '' || mode === 'default') && others.length > 0
  const attach = (name: string, settings: unknown): void => {
    wanted.set(named(name), { settings: object(settings), networkId: '' })
  }
  if (!isLeftOut) attach(primary, endpoints[names.find((name) => named(name) === primary) ?? ''])
  for (const name of others) attach(name, endpoints[name])
  return wanted
}

const namespaces = ['NetworkMode', 'IpcMode', 'PidMode']

/**
 * Those whose namespaces are wanted, by their ids: a name may pass to another.
 *
 * @throws Refusal 404 when one is not there; for the network that shows at the start.
 */
function namespacesOf(world: World, host: Json): Json {
  for (const entry of list(host['VolumesFrom'])) containerNamed(world, String(entry).split(':')[0] ?? '')
  const shared = namespaces.flatMap((mode) => {
    const [kind, name] = text(host[mode]).split(':')
    if (kind !== 'container' || name === undefined) return []
    const owner = mode === 'NetworkMode' ? lookUpContainer(world, name) : containerNamed(world, name)
    return owner === undefined ? [] : [[mode, `container:${owner.id}`] as const]
  })
  return Object.fromEntries(shared)
}

/** The engine's `Config`: what was given over what the image brings. */
function configOf(given: Json, image: Image, id: string, networkMode: string): Json {
  const base = imageConfig(image)
  const entrypoint = texts(given['Entrypoint'])
  const command = texts(given['Cmd'])
  const environment = texts(given['Env']) ?? []
  const set = new Set(environment.map((entry) => entry.split('=')[0]))
  const inherited = (texts(base['Env']) ?? []).filter((entry) => !set.has(entry.split('=')[0]))
  const ports = { ...object(base['ExposedPorts']), ...object(given['ExposedPorts']) }
  const volumes = { ...object(base['Volumes']), ...object(given['Volumes']) }
  const health = object(given['Healthcheck'])
  const test = texts(health['Test']) ?? []
  const healthcheck =
    test.length > 0 ? health : { ...object(base['Healthcheck']), ...health, ...keptTest(base) }
  const hostname = text(given['Hostname'])
  const { ExposedPorts: _ports, Healthcheck: _healthcheck, ...rest } = given
  return {
    ...base,
    ...rest,
    Hostname: hostname !== '' || networkMode === 'host' ? hostname : id.slice(0, 12),
    ...(Object.keys(ports).length === 0 ? {} : { ExposedPorts: ports }),
    ...(Object.keys(healthcheck).length === 0 ? {} : { Healthcheck: healthcheck }),
    User: text(given['User']) === '' ? base['User'] : given['User'],
    WorkingDir: text(given['WorkingDir']) === '' ? base['WorkingDir'] : given['WorkingDir'],
    Env: [...environment, ...inherited],
    // An entrypoint of its own takes the image's command away.
    Entrypoint:
      entrypoint === undefined || entrypoint.length === 0
        ? orNull(entrypoint, base['Entrypoint'])
        : entrypoint,
    Cmd:
      command !== undefined && command.length > 0 ? command : entrypoint === undefined ? base['Cmd'] : null,
    Volumes: Object.keys(volumes).length === 0 ? null : volumes,
    Labels: { ...textMap(base['Labels']), ...textMap(given['Labels']) },
  }
}

function keptTest(base: Json): Json {
  const test = object(base['Healthcheck'])['Test']
  return test === undefined ? {} : { Test: test }
}

/** An empty list clears; nothing given leaves what the image has. */
function orNull(given: readonly string[] | undefined, inherited: unknown): unknown {
  return given === undefined ? inherited : null
}
