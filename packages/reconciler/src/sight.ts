import type { EngineEvent } from '@bulkhead/engine'
import type { Notebook } from './notebook.ts'
import type { Ledger } from './port.ts'

/** Keeps which event was the last that was seen, for the next life of the daemon to go on from. */
export interface Sight {
  saw(event: Pick<EngineEvent, 'timeNano'>): void
  /** Its time; undefined: none ever was seen. */
  last(): string | undefined
  /** Writes it down at once. */
  keep(): void
}

/** It is written this many milliseconds after an event: those in between are told again, which does no harm. */
const delayMs = 1000

/** What was noted of an event is written before, or with, that it was seen. */
export function newSight(ledger: Pick<Ledger, 'seen'>, notebook: Pick<Notebook, 'flush'>): Sight {
  let last: string | undefined
  let timer: NodeJS.Timeout | undefined
  const keep = (): void => {
    clearTimeout(timer)
    timer = undefined
    const before = ledger.seen() ?? '0'
    if (last !== undefined && BigInt(last) > BigInt(before)) notebook.flush(last)
  }
  return {
    saw({ timeNano }) {
      last = timeNano
      timer ??= setTimeout(keep, delayMs)
      timer.unref()
    },
    last: () => last ?? ledger.seen(),
    keep,
  }
}
