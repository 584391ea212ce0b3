import type { Client } from './client.ts'
import { attempt, statusOf } from './error.ts'
import { attachmentOver, hijack } from './hijack.ts'
import type { AttachOptions, Attachment } from './port.ts'
import { segment } from './segment.ts'

/**
 * A container's standard streams, from now on; also of one that's not started yet.
 *
 * @throws BulkheadError BH_NOT_FOUND
 */
export async function attach(
  client: Client,
  container: string,
  { input, output, logs = false, detachKeys }: AttachOptions,
  signal?: AbortSignal,
): Promise<Attachment> {
  const docker = await client.streams(signal)
  const its = docker.getContainer(segment(container))
  return attempt(`attach to container "${container}"`, signal, async () => {
    const { Config: config } = await its.inspect()
    const query = { stream: true, stdin: input, stdout: output, stderr: output, logs, detachKeys }
    const path = `/containers/${segment(container)}/attach?`
    const socket = await hijack(docker, { path, method: 'POST', options: { _query: query } })
    return attachmentOver({
      socket,
      address: client.address,
      terminal: config.Tty,
      signal,
      async resize({ columns, rows }) {
        if (!config.Tty) return
        const calls = await client.calls()
        await unlessOver(calls.getContainer(segment(container)).resize({ w: columns, h: rows }))
      },
    })
  })
}

/** What has no terminal any more needs no size. */
export async function unlessOver(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (statusOf(error) === undefined) throw error
  }
}
