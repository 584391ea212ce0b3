import type { Clock } from './clock.ts'

/** One request to the engine, counted from 1 over its life. */
export interface Call {
  readonly n: number
  readonly method: string
  /** Without API version and query. */
  readonly path: string
}

/** What goes wrong with a call, on order. */
export interface Fault {
  readonly on: number | ((call: Call) => boolean)
  /**
   * `refuse`: HTTP 500, nothing done. `drop`: the connection breaks, nothing done.
   * `fail`: done, and HTTP 500 all the same. `lose`: done, and the connection breaks before the answer.
   * `hang`: no answer ever, nothing done. `stall`: done, and no answer ever.
   */
  readonly does: 'refuse' | 'drop' | 'fail' | 'lose' | 'hang' | 'stall'
  /** How many calls it hits. @default 1 */
  readonly times?: number
  /** The engine's words, for `refuse` and `fail`. */
  readonly message?: string
}

export interface Calls {
  /** All so far, in order. */
  readonly log: readonly Call[]
  order(fault: Fault): void
  /** Takes back all faults. */
  relent(): void
  /** Counts a call, has it wait as long as it must, and says what goes wrong with it. */
  admit(method: string, path: string): Promise<Verdict>
}

export interface Verdict {
  readonly call: Call
  readonly fault: Fault | undefined
}

export interface CallOptions {
  readonly clock: Clock
  /** Called before anything is done: a test may end the client here. */
  readonly onCall?: ((call: Call) => void | Promise<void>) | undefined
  /** Milliseconds of the engine's time before a call is looked at. */
  readonly latency?: ((call: Call) => number) | undefined
}

export function newCalls({ clock, onCall, latency }: CallOptions): Calls {
  const log: Call[] = []
  let faults: { readonly fault: Fault; left: number }[] = []
  const faultFor = (call: Call): Fault | undefined => {
    const found = faults.find(
      ({ fault: { on }, left }) => left > 0 && (on === call.n || (typeof on === 'function' && on(call))),
    )
    if (found === undefined) return undefined
    found.left -= 1
    return found.fault
  }
  return {
    log,
    order(fault) {
      faults.push({ fault, left: fault.times ?? 1 })
    },
    relent() {
      faults = []
    },
    async admit(method, path) {
      const call = { n: log.length + 1, method, path }
      log.push(call)
      const fault = faultFor(call)
      await onCall?.(call)
      const wait = latency?.(call) ?? 0
      if (wait > 0) await new Promise<void>((resolve) => void clock.after(wait, resolve))
      return { call, fault }
    },
  }
}

/** Whether the fault spares the call its effect. */
export function isBefore({ does }: Fault): boolean {
  return does === 'refuse' || does === 'drop' || does === 'hang'
}
