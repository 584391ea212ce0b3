import type { Engine, EngineEvent } from '@bulkhead/engine'
import type { Log } from './log.ts'

/** Told of every engine event; `undefined` means that some may have been missed: look afresh. */
export type EventListener = (event: EngineEvent | undefined) => void

/** The one event stream of an engine, shared by all who wait for something. */
export interface EventWatch {
  /** Returns the function that ends the subscription. */
  subscribe(listener: EventListener): () => void
  stop(): void
}

/**
 * Follows the engine's events for as long as it lives. When the stream ends or
 * breaks it comes back, after 100 ms at first and at most every 5 s. Once it is
 * open, `catchUp` learns what happened in between; then everyone is told to look afresh.
 */
export function watchEvents(engine: Engine, log: Log, catchUp: () => Promise<void>): EventWatch {
  const listeners = new Set<EventListener>()
  const ended = new AbortController()
  const tell = (event: EngineEvent | undefined): void => {
    for (const listener of listeners) listener(event)
  }
  const follow = async (): Promise<void> => {
    let delayMs = firstDelayMs
    while (!ended.signal.aborted) {
      try {
        let caughtUp = Promise.resolve()
        const onOpen = (): void => {
          delayMs = firstDelayMs
          caughtUp = catchUp().then(() => tell(undefined))
        }
        for await (const event of engine.events(ended.signal, onOpen)) {
          await caughtUp
          tell(event)
        }
      } catch (error) {
        if (!ended.signal.aborted) log.warn({ error: String(error) }, 'event stream broke')
      }
      await pause(delayMs, ended.signal)
      delayMs = Math.min(delayMs * 2, lastDelayMs)
    }
  }
  void follow()
  return {
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: () => ended.abort(),
  }
}

const firstDelayMs = 100
const lastDelayMs = 5000

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
