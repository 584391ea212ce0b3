import { isUp } from './container.ts'
import type { Container } from './state/container.ts'
import { discard } from './discard.ts'
import { Refusal } from './refusal.ts'
import { exitOf, killContainer } from './stop.ts'
import type { World } from './state/world.ts'

/**
 * Removes a container; with `force` it is killed first.
 *
 * @throws Refusal 409 when it runs, or when somebody else is at it.
 */
export async function removeContainer(
  world: World,
  container: Container,
  options: { readonly force: boolean; readonly volumes: boolean },
): Promise<void> {
  const { id, name, state } = container
  const { words } = world.rules
  if (container.removing) throw new Refusal(409, `removal of container ${name} is already in progress`)
  if (isUp(container) && !options.force)
    throw state.status === 'paused' ? words.removePaused(id, name) : words.removeRunning(id, name)
  container.removing = true
  if (isUp(container)) {
    const over = exitOf(container)
    killContainer(world, container, 'SIGKILL')
    await over
  }
  if (world.containers.has(id)) discard(world, container, options.volumes)
}
