import { spawn } from 'node:child_process'
import { request } from 'node:http'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const bin = fileURLToPath(new URL('../../../node_modules/.bin/bulkhead', import.meta.url))
const program = fileURLToPath(new URL('../../../node_modules/.bin/bulkheadd', import.meta.url))

/** A daemon of the bench's own. */
export interface BenchDaemon {
  readonly socket: string
  readonly pid: number
  /** Prometheus' text. */
  metrics(): Promise<string>
  stop(): Promise<void>
}

/** Starts one that answers; all of it is in `folder`. */
export async function startDaemon(folder: string, dockerHost: string): Promise<BenchDaemon> {
  await mkdir(folder, { recursive: true })
  const socket = join(folder, 'bulkhead.sock')
  const child = spawn(program, ['--socket', socket, '--data', join(folder, 'data')], {
    env: { ...process.env, DOCKER_HOST: dockerHost },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const lines: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line)
    if (lines.length > 50) lines.shift()
  })
  const metrics = (): Promise<string> => get(socket, '/metrics')
  const deadline = performance.now() + 20_000
  for (;;) {
    const isUp = await metrics().then(
      () => true,
      () => false,
    )
    if (isUp) break
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL')
      throw new Error(`the daemon does not answer:\n${lines.join('\n')}`)
    }
    await tick()
  }
  return {
    socket,
    pid: child.pid ?? 0,
    metrics,
    async stop() {
      if (child.exitCode !== null) return
      const closed = new Promise((resolve) => child.once('close', resolve))
      child.kill('SIGTERM')
      await closed
    },
  }
}

/** A moment between two looks. */
export function tick(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 20)
  })
}

function get(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath, path }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (text += part))
      response.on('end', () => resolve(text))
    })
      .on('error', reject)
      .end()
  })
}
