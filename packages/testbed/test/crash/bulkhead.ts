import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { environmentOf } from '../../src/index.ts'
import type { Outcome, TestEngine } from '../../src/index.ts'
import { run } from '../../src/run.ts'
import type { CrashProject } from './project.ts'
import { openProxy, type Proxy } from './proxy.ts'

const bin = fileURLToPath(new URL('../../../../node_modules/.bin/', import.meta.url))

/** A daemon that can be killed at will, behind a proxy that counts its calls. */
export interface Victim {
  readonly proxy: Proxy
  start(): Promise<void>
  /** SIGKILL, at once; ends when the process has. */
  kill(): Promise<void>
  /** Milliseconds from the start of the process to its first answer, the last time. */
  readonly startMs: number
  /** Asks for a version of the project, consenting to lose what is in its volumes; ends when the deployment has, over any number of deaths. */
  up(project: CrashProject, version: number): Promise<Outcome>
  down(project: CrashProject): Promise<Outcome>
  get(path: string): Promise<Answer | undefined>
  /** Whether the project has converged, as a daemon that answers sees it. */
  isConverged(project: CrashProject): Promise<boolean>
  operationsOfLast(project: CrashProject): Promise<number | undefined>
  close(): Promise<void>
}

export type Answer = Readonly<Record<string, unknown>>

export async function openVictim(engine: TestEngine): Promise<Victim> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-crash-'))
  const socket = join(folder, 'bulkhead.sock')
  const proxy = await openProxy(engine.dockerHost.replace('unix://', ''), join(folder, 'engine.sock'))
  const env = environmentOf(engine, socket, proxy.dockerHost)
  let daemon: ChildProcess | undefined
  let startMs = 0
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const child = daemon
    daemon = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const closed = new Promise((resolve) => child.once('close', resolve))
    child.kill(signal)
    await closed
  }
  const bulkhead = (project: CrashProject, ...args: readonly string[]): Promise<Outcome> =>
    run(join(bin, 'bulkhead'), ['-f', join(folder, `${project.name}.yaml`), ...args], {
      env,
      cwd: folder,
      timeoutMs: 180_000,
    })
  const victim: Victim = {
    proxy,
    get startMs() {
      return startMs
    },
    async start() {
      const began = performance.now()
      const child = spawn(join(bin, 'bulkheadd'), ['--socket', socket, '--data', join(folder, 'data')], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let said = ''
      child.stderr.on('data', (part) => (said = (said + String(part)).slice(-4000)))
      daemon = child
      while ((await victim.get('/v1/version')) === undefined) {
        if (daemon !== child) return
        if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}:\n${said}`)
        if (performance.now() - began > 60_000) throw new Error(`the daemon does not answer:\n${said}`)
        await soon(20)
      }
      startMs = performance.now() - began
    },
    kill: () => end('SIGKILL'),
    async up(project, version) {
      await writeFile(join(folder, `${project.name}.yaml`), project.yaml(version))
      return bulkhead(project, 'up', '-d', '-y')
    },
    down: (project) => bulkhead(project, 'down', '-v', '-t', '0', '--remove-orphans'),
    get: (path) => ask(socket, path),
    async isConverged({ name }) {
      return (await ask(socket, `/v1/projects/${name}`))?.['converged'] === true
    },
    async operationsOfLast({ name }) {
      const answer = await ask(socket, `/v1/deployments?project=${name}`)
      const [last] = (answer?.['deployments'] ?? []) as readonly { readonly operations: number }[]
      return last?.operations
    },
    async close() {
      await end('SIGTERM')
      await proxy.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return victim
}

export function soon(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}

function ask(socketPath: string, path: string): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path, timeout: 20_000 }, (response) => {
      let text = ''
      response.on('data', (part) => (text += String(part)))
      response.on('error', () => resolve(undefined))
      response.on('close', () => resolve(undefined))
      response.on('end', () => {
        try {
          resolve(response.statusCode === 200 ? (JSON.parse(text) as Answer) : undefined)
        } catch {
          resolve(undefined)
        }
      })
    })
    asked.on('error', () => resolve(undefined))
    asked.on('timeout', () => asked.destroy())
    asked.end()
  })
}
