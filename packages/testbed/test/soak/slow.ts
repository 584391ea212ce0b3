import { Transform } from 'node:stream'
import { openRelay, type Relay } from '../../src/index.ts'

/** Stands between a daemon and its engine, and can make every answer late. */
export interface SlowEngine extends Relay {
  /** Milliseconds that each part of an answer is kept back from now on. */
  delayMs: number
}

export async function openSlowEngine(engineSocket: string, path: string): Promise<SlowEngine> {
  const lag = { delayMs: 0 }
  const relay = await openRelay(
    engineSocket,
    path,
    () =>
      new Transform({
        transform(chunk, _encoding, done) {
          if (lag.delayMs === 0) done(null, chunk)
          else setTimeout(() => done(null, chunk), lag.delayMs)
        },
      }),
  )
  return Object.assign(lag, relay)
}
