import { setTimeout as delay } from 'node:timers/promises'
import type Docker from 'dockerode'
import { unlessOver } from './attach.ts'
import { bodyOnly } from './dial.ts'
import type { Client } from './client.ts'
import { attempt } from './error.ts'
import { attachmentOver, hijack } from './hijack.ts'
import type { ExecRequest, Execution, OnOutput } from './port.ts'
import { segment } from './segment.ts'

/** Runs a command in a running container to its end. @returns its exit code. */
export async function exec(
  client: Client,
  container: string,
  command: ExecRequest,
  onOutput?: OnOutput,
  signal?: AbortSignal,
): Promise<number> {
  const execution = await openExec(client, container, { ...command, input: false }, signal)
  for await (const output of execution.output) await onOutput?.(output)
  signal?.throwIfAborted()
  return execution.exitCode()
}

/**
 * Starts a command in a running container and stays with it.
 *
 * @throws BulkheadError BH_NOT_FOUND, BH_CONFLICT when the container doesn't run.
 */
export async function openExec(
  client: Client,
  container: string,
  request: ExecRequest,
  signal?: AbortSignal,
): Promise<Execution> {
  const terminal = request.terminal ?? false
  const id = await createExec(await client.calls(signal), container, request, signal)
  // The answer has a limit, what follows it has none.
  const docker = await client.patient(0, signal)
  return attempt(`run a command in container "${container}"`, signal, async () => {
    const socket = await hijack(docker, {
      path: `/exec/${segment(id)}/start`,
      method: 'POST',
      options: { _body: { Detach: false, Tty: terminal, ...consoleSize(request) } },
    })
    return {
      ...attachmentOver({
        socket,
        address: client.address,
        terminal,
        signal,
        async resize({ columns, rows }) {
          if (!terminal) return
          const calls = await client.calls()
          await unlessOver(calls.getExec(segment(id)).resize({ w: columns, h: rows }))
        },
      }),
      exitCode: () => exitCodeOf(client, id, container, signal),
    }
  })
}

/** Starts a command in a running container and leaves it. */
export async function startExec(
  client: Client,
  container: string,
  request: ExecRequest,
  signal?: AbortSignal,
): Promise<void> {
  const docker = await client.calls(signal)
  const id = await createExec(docker, container, request, signal, true)
  await attempt(`run a command in container "${container}"`, signal, () =>
    docker.getExec(segment(id)).start({ Detach: true, Tty: request.terminal ?? false }),
  )
}

async function createExec(
  docker: Docker,
  container: string,
  request: ExecRequest,
  signal: AbortSignal | undefined,
  detached = false,
): Promise<string> {
  const { command, environment, user, workingDir, privileged = false, terminal = false } = request
  const { input = false, detachKeys } = request
  const body = {
    Cmd: command,
    Env: environment,
    User: user,
    WorkingDir: workingDir,
    Privileged: privileged,
    Tty: terminal,
    AttachStdin: input && !detached,
    AttachStdout: !detached,
    AttachStderr: !detached,
    DetachKeys: detachKeys,
  }
  const { id } = await attempt(`run a command in container "${container}"`, signal, () =>
    docker.getContainer(segment(container)).exec(bodyOnly(body)),
  )
  return id
}

/** An engine before 1.42 doesn't know it, and leaves it be. */
function consoleSize({ terminal, size }: ExecRequest): object {
  return terminal === true && size !== undefined ? { ConsoleSize: [size.rows, size.columns] } : {}
}

/** The stream may end a moment before the command does, and long before when it closes its own output. */
async function exitCodeOf(
  client: Client,
  id: string,
  container: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  const docker = await client.calls(signal)
  return attempt(`say how a command in container "${container}" ended`, signal, async () => {
    for (let pauseMs = 5; ; pauseMs = Math.min(pauseMs * 2, 200)) {
      const { Running: running, ExitCode: code } = await docker.getExec(segment(id)).inspect()
      if (!running && code !== null) return code
      await delay(pauseMs, undefined, signal === undefined ? {} : { signal })
    }
  })
}
