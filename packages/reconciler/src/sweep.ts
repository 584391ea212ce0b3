import type { Engine } from '@bulkhead/engine'
import type { Log } from './log.ts'

/** Finds, now and then, what no event told of. */
export interface Sweep {
  /** Compares the engine's lists with those of the last time. */
  once(): Promise<void>
  /** All projects are about to be looked at: from here on changes count. */
  begin(): Promise<void>
}

export interface SweepOptions {
  readonly engine: Pick<Engine, 'census'>
  readonly projects: () => readonly string[]
  /** True for one that is to be looked at whatever the lists say. */
  readonly isOpen: (project: string) => boolean
  /** Has a round made. `deep`: nothing is to be remembered from earlier ones. */
  readonly look: (project: string, deep: boolean) => void
  /** Of how many sweeps one looks at a project though nothing has changed. */
  readonly deepEvery: number
  readonly log: Log
}

/**
 * A few lists show for all projects at once whether anything changed since the
 * last time; only those in which something did are looked at. All are looked
 * at once in a long while, a few at a time, for what no list shows.
 */
export function newSweep({ engine, projects, isOpen, look, deepEvery, log }: SweepOptions): Sweep {
  let last: ReadonlyMap<string, string> | undefined
  let turn = 0
  return {
    async once() {
      let now: ReadonlyMap<string, string>
      try {
        now = await engine.census()
      } catch (error) {
        log.warn({ error: String(error) }, 'the engine does not tell what there is')
        return
      }
      const before = last
      last = now
      turn = (turn + 1) % deepEvery
      for (const [index, name] of projects().entries()) {
        const isDue = index % deepEvery === turn
        if (isDue || before === undefined || before.get(name) !== now.get(name) || isOpen(name))
          look(name, isDue)
      }
    },
    async begin() {
      last = undefined
      last = await engine.census().catch(() => undefined)
    },
  }
}
