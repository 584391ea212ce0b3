import { connect } from '@bulkhead/engine'
import type { Engine } from '@bulkhead/engine'
import type { ComposeHashes } from '@bulkhead/planner'
import { linuxRules, realClock, startTwin } from '@bulkhead/twin'
import type { Call, Entrance, Fault, LinuxRelease, Twin, TwinOptions } from '@bulkhead/twin'
import { createReconciler } from '../src/index.ts'
import type { Reconciler, ReconcilerOptions } from '../src/index.ts'
import { memoryLedger } from './ledger.ts'
import type { MemoryLedger } from './ledger.ts'
import { mortal } from './mortal.ts'
import type { Wish } from './stories.ts'

/** How long anything may take to come about. */
const patienceMs = 30_000
/** A second of the engine's is this part of one of ours. */
const speed = 200

/** What befalls one call: the engine's faults, the end of our own process as it makes the call, or that of the engine. */
export type Blow = Fault['does'] | 'die before' | 'die after' | 'take the engine with it'
/** A call that only reads can do no more than fail: with its answer lost or nobody left to hear it, it is as good as never made. */
export const beforeAll: readonly Blow[] = ['refuse']
export const afterWrites: readonly Blow[] = [
  'drop',
  'fail',
  'lose',
  'die before',
  'die after',
  'hang',
  'take the engine with it',
]

export interface Scene {
  readonly twin: Twin
  readonly ledger: MemoryLedger
  /** A new process over the same ledger. */
  enter(): Promise<Player>
  /** Orders the blow to the call number `n` from now on of those it can hurt; returns what tells which that was. */
  strike(blow: Blow, n: number, kill: () => void): () => Call | undefined
}

export interface Player {
  readonly reconciler: Reconciler
  /** Until it's done, or nobody is left to do it. */
  asks(wish: Wish): Promise<void>
  finishes(): Promise<void>
  /** Waits until another round would plan nothing. False: it never came to that. */
  settles(): Promise<boolean>
  dies(): void
  leaves(): Promise<void>
}

export interface SceneOptions
  extends Pick<TwinOptions, 'scripts' | 'onCall' | 'latency'>, Pick<ReconcilerOptions, 'clock'> {
  /** An engine that has said nothing for so long, in our time, says nothing any more. @default as long as anything may take */
  readonly callTimeoutMs?: number
  /** Milliseconds by which each of the engine's events comes late. */
  readonly eventsLateMs?: number
}

export async function openScene(
  release: LinuxRelease,
  seed: number,
  { callTimeoutMs = patienceMs, eventsLateMs = 0, clock, ...twinOptions }: SceneOptions = {},
): Promise<Scene> {
  const ledger = memoryLedger()
  const twin = await startTwin({
    rules: linuxRules(release),
    clock: realClock(speed),
    seed,
    images: [{ reference: 'bb:1' }],
    ...twinOptions,
  })
  return {
    twin,
    ledger,
    enter: async () => newPlayer(twin, ledger, await twin.openDoor(), { callTimeoutMs, eventsLateMs, clock }),
    strike(blow, n, kill) {
      let struck: Call | undefined
      let seen = 0
      const isMeant = (call: Call): boolean => {
        if (call.method === 'GET' && afterWrites.includes(blow)) return false
        seen += 1
        if (seen !== n) return false
        struck = call
        if (blow === 'die before' || blow === 'die after') kill()
        if (blow === 'take the engine with it') void twin.die()
        return true
      }
      twin.order({ on: isMeant, does: faultOf(blow) })
      return () => struck
    },
  }
}

function faultOf(blow: Blow): Fault['does'] {
  if (blow === 'die before') return 'drop'
  return blow === 'die after' || blow === 'take the engine with it' ? 'lose' : blow
}

/** As good as Compose's own where nothing was made by Compose. */
export const composeHashes: ComposeHashes = {
  service: (_project, service) => `compose-${service.name}`,
  network: ({ name }) => `compose-${name}`,
  volume: ({ name }) => `compose-${name}`,
}

/** Its events come as in a busy process: one after another, each after a while. */
function late(engine: Engine, milliseconds: number): Engine {
  return {
    ...engine,
    async *events(signal, onOpen) {
      for await (const event of engine.events(signal, onOpen)) {
        await new Promise((resolve) => {
          setTimeout(resolve, milliseconds)
        })
        yield event
      }
    },
  }
}

function newPlayer(
  twin: Twin,
  ledger: MemoryLedger,
  door: Entrance,
  {
    callTimeoutMs,
    eventsLateMs,
    clock,
  }: Required<Pick<SceneOptions, 'callTimeoutMs' | 'eventsLateMs'>> & {
    readonly clock: ReconcilerOptions['clock']
  },
): Player {
  const client = connect({ url: door.dockerHost, source: 'the test' }, { callTimeoutMs })
  const life = mortal(eventsLateMs === 0 ? client : late(client, eventsLateMs))
  const quiet = { debug: ignore, info: ignore, warn: ignore, error: ignore }
  const reconciler = createReconciler({
    engine: life.engine,
    ledger,
    log: quiet,
    composeHashes,
    retryDelaysMs: [1, 1, 1],
    hashKey: 'key',
    ...(clock === undefined ? {} : { clock, random: () => 0 }),
    openContext: () => {
      throw new Error('nothing is built here')
    },
  })
  reconciler.start()
  const finishes = async (): Promise<void> => {
    const deadline = performance.now() + patienceMs
    while (ledger.isBusy() && life.lasts()) {
      if (performance.now() > deadline)
        throw new Error(
          `It never came to an end: ${twin.calls
            .slice(-5)
            .map(({ method, path }) => `${method} ${path}`)
            .join(', ')}`,
        )
      await new Promise((resolve) => {
        setImmediate(resolve)
      })
    }
  }
  return {
    reconciler,
    finishes,
    async settles() {
      const deadline = performance.now() + patienceMs
      const isSettled = (): Promise<boolean> =>
        reconciler.status('app').then(
          ({ converged }) => converged,
          () => false,
        )
      while (!(await isSettled())) {
        if (performance.now() > deadline) return false
        // A look costs the engine a dozen calls.
        await new Promise((resolve) => {
          setTimeout(resolve, 10)
        })
      }
      return true
    },
    async asks({ project, intent, action }) {
      ledger.ask(project, intent, action)
      reconciler.deploy('app')
      await finishes()
    },
    dies() {
      life.kill()
      void door.close()
    },
    async leaves() {
      await reconciler.stop(life.lasts() ? 1000 : 0)
      await client.close()
    },
  }
}

function ignore(): void {
  // The log is for people.
}
