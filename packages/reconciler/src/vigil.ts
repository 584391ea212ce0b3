import { newBell } from './bell.ts'
import type { EventWatch } from './watch.ts'

export interface VigilOptions {
  readonly watch: EventWatch
  readonly signal: AbortSignal
}

/** Milliseconds after which is looked again where no event told of anything. */
const recheckMs = 3000

/**
 * Looks until what is waited for has come.
 *
 * Woken by engine events and then looks at the containers, never at the event
 * alone; a slow look every few seconds makes up for events that nobody told.
 *
 * @param look returns true when it has come, else how many milliseconds at most are worth waiting, `undefined`: no
 * fewer than usual. What it throws ends the waiting.
 * @throws the signal's reason when aborted.
 */
export async function keepVigil(
  { watch, signal }: VigilOptions,
  look: () => Promise<true | number | undefined>,
): Promise<void> {
  const bell = newBell()
  const unsubscribe = watch.subscribe((event) => {
    if (event === undefined || event.type === 'container') bell.ring()
  })
  const onAbort = (): void => bell.ring()
  signal.addEventListener('abort', onAbort)
  try {
    for (;;) {
      signal.throwIfAborted()
      const left = await look()
      if (left === true) return
      await bell.wait(Math.min(left ?? recheckMs, recheckMs))
    }
  } finally {
    unsubscribe()
    signal.removeEventListener('abort', onAbort)
  }
}
