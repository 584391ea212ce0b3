import { text } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import type { Client } from './client.ts'
import { attempt } from './error.ts'
import type { Exit, ExitCondition } from './port.ts'
import { segment } from './segment.ts'
import type { DialRequest, Modem } from './transport.ts'
import { unreachable } from './unreachable.ts'

const conditions = {
  now: 'not-running',
  next: 'next-exit',
  removed: 'removed',
} as const satisfies Record<ExitCondition, string>

/**
 * Resolves once the engine watches the container: it sends the head of its
 * answer at once, and the code when there is one.
 *
 * @throws BulkheadError BH_NOT_FOUND
 */
export async function awaitExit(
  client: Client,
  container: string,
  until: ExitCondition,
  signal?: AbortSignal,
): Promise<Exit> {
  const docker = await client.streams(signal)
  const action = `wait for container "${container}"`
  const stream = await attempt(action, signal, () => {
    const request: DialRequest = {
      path: `/containers/${segment(container)}/wait?`,
      method: 'POST',
      isStream: true,
      options: { _query: { condition: conditions[until] } },
    }
    return new Promise<Readable>((resolve, reject) => {
      const modem = docker.modem as Modem
      modem.dial(request, (error, result) => (error === null ? resolve(result as Readable) : reject(error)))
    })
  })
  const code = attempt(action, signal, async () => {
    try {
      const answer = JSON.parse(await text(stream)) as { readonly StatusCode: number }
      return answer.StatusCode
    } catch (error) {
      throw unreachable(client.address, error)
    }
  })
  // Who doesn't wait for it after all needs not hear of its failure.
  code.catch(() => undefined)
  return { code }
}
