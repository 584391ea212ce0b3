import { openRelay, type Relay } from '@bulkhead/testbed'

/** Stands between a daemon and its engine, and times what passes. */
export interface Tap extends Relay {
  /** Milliseconds from each `health_status: healthy` to the next start call; counted anew from then on. */
  take(): readonly number[]
}

export async function openTap(engineSocket: string, path: string): Promise<Tap> {
  let waits: number[] = []
  let healthyAt: number | undefined
  const relay = await openRelay(engineSocket, path, ({ client, engine }) => {
    client.on('data', (chunk: Buffer) => {
      if (healthyAt === undefined || !/^POST \S+\/start[? ]/u.test(chunk.toString('latin1'))) return
      waits.push(performance.now() - healthyAt)
      healthyAt = undefined
    })
    engine.on('data', (chunk: Buffer) => {
      if (chunk.includes('"health_status: healthy"')) healthyAt = performance.now()
    })
    return undefined
  })
  return {
    ...relay,
    take() {
      const taken = waits
      waits = []
      healthyAt = undefined
      return taken
    },
  }
}
