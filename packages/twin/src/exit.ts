import { leaveNetworks } from './attach.ts'
import { settle, tellContainer } from './container.ts'
import type { Container } from './state/container.ts'
import { discard } from './discard.ts'
import { inputFor } from './input.ts'
import { number, object, text } from './json.ts'
import type { World } from './state/world.ts'

/** The first wait of a restart, and the longest, in milliseconds. */
const firstBackoff = 100
const longestBackoff = 60_000
/** A container that ran this long has its waits begin anew. */
const steadyAfter = 10_000

/** A container's program is over: tells so, and restarts it where its policy says so. */
export function ended(world: World, container: Container, code: number, restart: () => void): void {
  const { state, health } = container
  const ran = Number(world.nanoseconds() - (state.startedAt ?? 0n)) / 1e6
  container.log.flush()
  health?.stop()
  container.running = undefined
  container.input = inputFor(container)
  container.ports = []
  state.pid = 0
  state.exitCode = code
  state.finishedAt = world.nanoseconds()
  const again = restarts(container, code)
  state.status = again ? 'restarting' : 'exited'
  tellEnd(world, container, code, ran)
  for (const tell of container.overs) tell()
  if (again) {
    container.restartCount += 1
    container.backoff =
      container.backoff === 0 || ran > steadyAfter
        ? firstBackoff
        : Math.min(container.backoff * 2, longestBackoff)
    container.cancelRestart = world.clock.after(container.backoff, restart)
    return
  }
  settle(container, 'exit')
  if (container.host['AutoRemove'] === true && world.containers.has(container.id))
    discard(world, container, true)
}

function tellEnd(world: World, container: Container, code: number, ran: number): void {
  const die = (): void =>
    tellContainer(world, 'die', container, {
      exitCode: String(code),
      ...(world.rules.executionTime ? { execDuration: String(Math.floor(ran / 1000)) } : {}),
    })
  const cleanUp = (): void => {
    leaveNetworks(world, container)
    for (const { type, name } of container.mounts)
      if (type === 'volume' && name !== undefined)
        world.tell('volume', 'unmount', name, { container: container.id, driver: 'local' })
  }
  if (world.rules.dieFirst) {
    die()
    cleanUp()
    return
  }
  cleanUp()
  // Here the engine's own order varies: whoever stops it may be told first.
  container.stopTold = container.stopping && world.random.fraction() < 0.5
  if (container.stopTold) tellContainer(world, 'stop', container)
  die()
}

function restarts({ host, manuallyStopped, restartCount }: Container, code: number): boolean {
  if (manuallyStopped) return false
  const policy = object(host['RestartPolicy'])
  const most = number(policy['MaximumRetryCount'])
  switch (text(policy['Name'])) {
    case 'always':
    case 'unless-stopped':
      return true
    case 'on-failure':
      return code !== 0 && (most === 0 || restartCount < most)
    default:
      return false
  }
}
