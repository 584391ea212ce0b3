import { text } from './json.ts'
import type { Container, Waiter } from './state/container.ts'
import type { World } from './state/world.ts'

/** A container may be named by id, the beginning of one, or its name. Undefined: there is none. */
export function lookUpContainer({ containers }: World, given: string): Container | undefined {
  const bare = given.replace(/^\//u, '')
  const all = [...containers.values()]
  return (
    containers.get(given) ??
    all.find(({ name }) => name === bare) ??
    (bare === '' ? undefined : all.find(({ id }) => id.startsWith(bare)))
  )
}

/** @throws Refusal 404 */
export function containerNamed(world: World, given: string): Container {
  const container = lookUpContainer(world, given)
  if (container === undefined) throw world.rules.words.noSuchContainer(given)
  return container
}

/** Whether it has a program under way, paused or between two starts of its policy too. */
export function isUp({ state }: Container): boolean {
  return state.status === 'running' || state.status === 'paused' || state.status === 'restarting'
}

export function tellContainer(
  world: World,
  action: string,
  { id, name, labels, config }: Container,
  more: Readonly<Record<string, string>> = {},
): void {
  world.tell('container', action, id, { ...labels, image: text(config['Image']), name, ...more })
}

/** Wakes those who wait. */
export function settle(container: Container, condition: Waiter['condition']): void {
  for (const waiter of container.waiters) {
    if (condition === 'exit' && waiter.condition === 'removed') continue
    container.waiters.delete(waiter)
    waiter.done(container.state.exitCode)
  }
}
