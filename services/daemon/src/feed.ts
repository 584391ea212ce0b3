import { EventEmitter, once } from 'node:events'

/** Tells those who follow a deployment that the store has news of it; the news itself is read from the store. */
export interface Feed {
  ring(deployment: string): void
  /** Resolves at the next ring, or when `signal` fires. Call before reading, await after: no ring is missed. */
  next(deployment: string, signal: AbortSignal): Promise<void>
}

export function createFeed(): Feed {
  const bell = new EventEmitter()
  bell.setMaxListeners(0)
  return {
    ring: (deployment) => {
      bell.emit(`deployment ${deployment}`)
    },
    next: (deployment, signal) =>
      once(bell, `deployment ${deployment}`, { signal }).then(
        () => undefined,
        (error: unknown) => {
          if (!signal.aborted) throw error
        },
      ),
  }
}

/** Resolves when `active` tells of no deployment any more, or when `signal` fires. */
export async function settled(
  active: () => { readonly id: string } | undefined,
  feed: Feed,
  signal: AbortSignal,
): Promise<void> {
  for (let current = active(); current !== undefined && !signal.aborted; current = active()) {
    await feed.next(current.id, signal)
  }
}
