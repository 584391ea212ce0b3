import { isUp, settle, tellContainer } from './container.ts'
import type { Container } from './state/container.ts'
import { text } from './json.ts'
import { Refusal } from './refusal.ts'
import { signalOf } from './signal.ts'
import { startContainer } from './start.ts'
import type { World } from './state/world.ts'

/** Seconds that a container has to stop when nobody says otherwise. */
const defaultGrace = 10

/**
 * Stops a container: its stop signal, and when the grace is over, SIGKILL.
 * False: it was stopped already.
 *
 * @param seconds undefined: as it was created; below 0: it is waited for without end.
 */
export async function stopContainer(
  world: World,
  container: Container,
  seconds: number | undefined,
): Promise<boolean> {
  if (!isUp(container)) return false
  if (container.state.status === 'restarting') {
    giveUpRestart(container)
    tellContainer(world, 'stop', container)
    return true
  }
  container.stopping = true
  container.manuallyStopped = true
  container.stopTold = false
  const over = exitOf(container)
  send(world, container, text(container.config['StopSignal']) || 'SIGTERM')
  const grace = seconds ?? Number(container.config['StopTimeout'] ?? defaultGrace)
  const cancel =
    grace < 0
      ? () => undefined
      : world.clock.after(grace * 1000, () => {
          if (isUp(container)) send(world, container, 'SIGKILL')
        })
  if (grace === 0 && isUp(container)) send(world, container, 'SIGKILL')
  await over
  cancel()
  container.stopping = false
  if (!container.stopTold) tellContainer(world, 'stop', container)
  return true
}

/** @throws Refusal 409 when it doesn't run, 400 for a signal that is none. */
export function killContainer(world: World, container: Container, given: string): void {
  const { words } = world.rules
  const signal = signalOf(given === '' ? 'SIGKILL' : given)
  if (signal === undefined) throw words.invalidSignal(container.name, given)
  if (!isUp(container)) throw words.cannotKill(container.name, words.notRunning(container.id))
  const stops = signalOf(text(container.config['StopSignal']) || signal.name)?.name === signal.name
  if (stops || signal.name === 'SIGKILL') container.manuallyStopped = true
  if (container.state.status === 'restarting') giveUpRestart(container)
  else send(world, container, signal.name)
}

/** Stops it where it runs, and starts it. */
export async function restartContainer(
  world: World,
  container: Container,
  seconds: number | undefined,
): Promise<void> {
  await stopContainer(world, container, seconds)
  startContainer(world, container)
  tellContainer(world, 'restart', container)
}

/** The event comes before its effect, as the engine tells it. */
function send(world: World, container: Container, given: string): void {
  const { name, number } = signalOf(given) ?? { name: 'SIGTERM', number: 15 }
  tellContainer(world, 'kill', container, { signal: String(number) })
  const { running, state } = container
  // A frozen program gets nothing until it thaws, but for SIGKILL.
  if (state.status === 'paused' && name !== 'SIGKILL') {
    container.held.push(name)
    return
  }
  running?.signal(name)
}

function giveUpRestart(container: Container): void {
  container.cancelRestart?.()
  container.cancelRestart = undefined
  container.manuallyStopped = true
  container.state.status = 'exited'
  settle(container, 'exit')
}

/** Settles once the container has come to its end. */
export function exitOf(container: Container): Promise<number> {
  return new Promise((resolve) => {
    container.waiters.add({ condition: 'exit', done: resolve })
  })
}

export function pauseContainer(world: World, container: Container): void {
  const { state, id } = container
  if (state.status === 'paused') throw new Refusal(409, `Container ${id} is already paused`)
  if (state.status === 'restarting')
    throw new Refusal(409, `Container ${id} is restarting, wait until the container is running`)
  if (state.status !== 'running') throw world.rules.words.notRunning(id)
  state.status = 'paused'
  tellContainer(world, 'pause', container)
}

export function unpauseContainer(world: World, container: Container): void {
  const { state, id } = container
  if (state.status !== 'paused') throw new Refusal(500, `Container ${id} is not paused`)
  state.status = 'running'
  tellContainer(world, 'unpause', container)
  for (const signal of container.held.splice(0)) container.running?.signal(signal)
}
