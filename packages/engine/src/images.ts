import type { Client } from './client.ts'
import { attempt, statusOf } from './error.ts'
import { referencePath } from './segment.ts'

/** Done too when it's gone. */
export async function removeImage(client: Client, reference: string, signal?: AbortSignal): Promise<void> {
  const docker = await client.calls(signal)
  await attempt(`remove image "${reference}"`, signal, async () => {
    try {
      await docker.getImage(referencePath(reference)).remove()
    } catch (error) {
      if (statusOf(error) !== 404) throw error
    }
  })
}
