import type { VolumeSpec } from '@bulkhead/model'
import type { Client } from './client.ts'
import { bodyOnly } from './dial.ts'
import { attempt, statusOf } from './error.ts'
import { segment } from './segment.ts'

/** The engine itself answers with the volume that is there when the name is taken. */
export async function createVolume(
  client: Client,
  { name, body }: VolumeSpec,
  signal?: AbortSignal,
): Promise<void> {
  const docker = await client.calls(signal)
  await attempt(`create volume "${name}"`, signal, () =>
    docker.createVolume(bodyOnly({ ...body, Name: name })),
  )
}

/** Done too when it's gone. */
export async function removeVolume(client: Client, name: string, signal?: AbortSignal): Promise<void> {
  const docker = await client.calls(signal)
  await attempt(`remove volume "${name}"`, signal, async () => {
    try {
      await docker.getVolume(segment(name)).remove()
    } catch (error) {
      if (statusOf(error) !== 404) throw error
    }
  })
}
