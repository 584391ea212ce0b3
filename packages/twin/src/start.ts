import { containerNamed, isUp, settle, tellContainer } from './container.ts'
import type { Container, HeldPort } from './state/container.ts'
import { joinNetworks, leaveNetworks } from './attach.ts'
import { ended } from './exit.ts'
import { watchHealth } from './health.ts'
import { list, object, text, textMap } from './json.ts'
import { programOf, run } from './program.ts'
import { Refusal } from './refusal.ts'
import { environmentOf, reach, subjectOf, workingDirectoryOf } from './surroundings.ts'
import type { World } from './state/world.ts'

/**
 * Starts a container. False: it runs already.
 *
 * @throws Refusal as the engine would; the container then stays as it was, with the reason.
 */
export function startContainer(world: World, container: Container): boolean {
  const { state } = container
  if (state.status === 'paused')
    throw new Refusal(409, 'cannot start a paused container, try unpause instead')
  if (state.status === 'running') return false
  if (state.status === 'removing' || state.status === 'dead')
    throw new Refusal(409, 'container is marked for removal and cannot be started')
  if (state.status === 'restarting') container.cancelRestart?.()
  container.manuallyStopped = false
  container.restartCount = 0
  container.backoff = 0
  launch(world, container)
  return true
}

/** One start, asked for or by policy. */
export function launch(world: World, container: Container): void {
  const { state } = container
  try {
    refuseDeadNamespaces(world, container)
    joinNetworks(world, container)
    mountVolumes(world, container)
    container.ports = takePorts(world, container)
    refuseMissingProgram(world, container)
  } catch (error) {
    container.ports = []
    leaveNetworks(world, container)
    if (!(error instanceof Refusal)) throw error
    state.error = error.message
    state.exitCode = /unable to start container process/u.test(error.message) ? 127 : 128
    throw error
  }
  state.status = 'running'
  state.exitCode = 0
  state.error = ''
  state.oomKilled = false
  state.pid = world.nextPid()
  state.startedAt = world.nanoseconds()
  container.running = run(programOf(world.scripts, subjectOf(container)), {
    clock: world.clock,
    argv: container.argv,
    environment: environmentOf(container),
    workingDirectory: workingDirectoryOf(container),
    files: container.files,
    reach: (host) => reach(world, container, host),
    write: (stream, content) => container.log.write(stream, content),
    input: container.input,
    size: () => container.size,
    onExit: (code) => ended(world, container, code, () => relaunch(world, container)),
  })
  tellContainer(world, 'start', container)
  if (isUp(container)) container.health = watchHealth(world, container)
}

/** The start that its policy owes it. */
function relaunch(world: World, container: Container): void {
  container.cancelRestart = undefined
  if (container.state.status !== 'restarting') return
  try {
    launch(world, container)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    container.state.status = 'exited'
    settle(container, 'exit')
  }
}

/** @throws Refusal when a container whose namespaces this one is to live in is gone or doesn't run. */
function refuseDeadNamespaces(world: World, { host }: Container): void {
  const refusals = {
    NetworkMode: (id: string) => new Refusal(409, `cannot join network of a non running container: ${id}`),
    IpcMode: (id: string) => new Refusal(409, `failed to join IPC namespace: container ${id} is not running`),
    PidMode: (id: string) => new Refusal(500, `failed to join PID namespace: container ${id} is not running`),
  }
  for (const [mode, refusal] of Object.entries(refusals)) {
    const [kind, name = ''] = text(host[mode]).split(':')
    if (kind !== 'container') continue
    const owner = containerNamed(world, name)
    if (owner.running === undefined) throw refusal(owner.id)
  }
}

function mountVolumes(world: World, { id, mounts }: Container): void {
  for (const { type, name, target, writable } of mounts) {
    if (type !== 'volume' || name === undefined) continue
    world.tell('volume', 'mount', name, {
      container: id,
      destination: target,
      driver: 'local',
      propagation: '',
      'read/write': String(writable),
    })
  }
}

/** @throws Refusal 500 when another container holds one of the ports. */
function takePorts(world: World, container: Container): readonly HeldPort[] {
  const { host, name } = container
  const held = [...world.containers.values()].flatMap(({ ports }) => ports)
  const taken: HeldPort[] = []
  for (const [target, bindings] of Object.entries(wantedPorts(container))) {
    for (const binding of list(bindings).map(textMap)) {
      const { HostIp: hostIp = '', HostPort: wanted = '' } = binding
      const protocol = target.split('/')[1] ?? 'tcp'
      const collides = (port: number): boolean =>
        [...held, ...taken].some(
          (other) =>
            other.hostPort === port && other.target.endsWith(protocol) && sameAddress(other.hostIp, hostIp),
        )
      const hostPort = wanted === '' || wanted === '0' ? freePort(collides) : Number(wanted.split('-')[0])
      if (collides(hostPort))
        throw new Refusal(
          500,
          `driver failed programming external connectivity on endpoint ${name} (${world.random.hex(64)}): Bind for ${
            hostIp === '' ? '0.0.0.0' : hostIp
          }:${hostPort} failed: port is already allocated`,
        )
      taken.push({ target, hostIp, hostPort })
    }
  }
  // A container without a network of its own publishes nothing.
  return host['NetworkMode'] === 'none' || host['NetworkMode'] === 'host' ? [] : taken
}

function wantedPorts({ host, config }: Container): Readonly<Record<string, unknown>> {
  const bound = object(host['PortBindings'])
  if (host['PublishAllPorts'] !== true) return bound
  const exposed = Object.keys(object(config['ExposedPorts'])).map((port) => [port, [{}]] as const)
  return { ...Object.fromEntries(exposed), ...bound }
}

function sameAddress(a: string, b: string): boolean {
  const any = (address: string): boolean => address === '' || address === '0.0.0.0' || address === '::'
  return a === b || any(a) || any(b)
}

function freePort(collides: (port: number) => boolean): number {
  let port = 32_768
  while (collides(port)) port += 1
  return port
}

function refuseMissingProgram(world: World, { imageId, argv }: Container): void {
  const [program = ''] = argv
  const programs = world.images.get(imageId)?.spec.programs
  if (program === '') throw new Refusal(400, world.rules.words.programMissing(''))
  if (programs === undefined || programs.includes(program)) return
  throw new Refusal(400, world.rules.words.programMissing(program))
}
