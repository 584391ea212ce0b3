import { settle, tellContainer } from './container.ts'
import type { Container } from './state/container.ts'
import { usersOf } from './volume.ts'
import type { World } from './state/world.ts'

/** Takes away a container that doesn't run, and with `volumes` its anonymous ones that nobody else has. */
export function discard(world: World, container: Container, volumes: boolean): void {
  container.removing = true
  container.state.status = 'removing'
  world.containers.delete(container.id)
  for (const { anonymous, name } of container.mounts) {
    if (!volumes || !anonymous || name === undefined || usersOf(world, name).length > 0) continue
    if (world.volumes.delete(name)) world.tell('volume', 'destroy', name, { driver: 'local' })
  }
  for (const [id, { container: its }] of world.executions) if (its === container) world.executions.delete(id)
  tellContainer(world, 'destroy', container)
  settle(container, 'exit')
  settle(container, 'removed')
}
