import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Outcome, TestEngine } from '../../src/index.ts'
import { run } from '../../src/run.ts'
import { faultsIn, look } from './ground.ts'
import type { Result } from './moments.ts'
import type { CrashProject } from './project.ts'
import { openProxy } from './proxy.ts'

/** `docker compose` in the same place: a process for each call, killed likewise. */
export interface ComposeVictim {
  readonly version: string
  /** Whether a change can make a volume anew. */
  readonly renewsVolumes: boolean
  /** Milliseconds from the first changing call to the end, when nobody dies. */
  measure(project: CrashProject, version: number): Promise<number>
  /** One change, killed so long after its first changing call; then the next `up`, and one more. */
  change(project: CrashProject, version: number, afterMs: number): Promise<Result>
  down(project: CrashProject): Promise<Outcome>
  close(): Promise<void>
}

export async function openCompose(engine: TestEngine, plugin: string): Promise<ComposeVictim> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-crash-compose-'))
  const proxy = await openProxy(engine.dockerHost.replace('unix://', ''), join(folder, 'engine.sock'))
  const env = { ...process.env, DOCKER_HOST: proxy.dockerHost, DOCKER_CONFIG: engine.dockerConfig }
  const file = join(folder, 'compose.yaml')
  const compose = (...args: readonly string[]): Promise<Outcome> =>
    run(plugin, ['-f', file, ...args], { env, cwd: folder, timeoutMs: 180_000 })
  const version = (await compose('version', '--short')).stdout.trim()
  // Earlier ones don't make a volume anew, and don't ask.
  const renewsVolumes = !version.startsWith('2.26.')
  const flags = ['up', '-d', '--remove-orphans', ...(renewsVolumes ? ['-y'] : [])]
  const up = (project: CrashProject): Promise<Outcome> => compose('-p', project.name, ...flags)
  const killed = (project: CrashProject, afterMs: number): Promise<boolean> =>
    new Promise((resolve) => {
      const child = spawn(plugin, ['-f', file, '-p', project.name, ...flags], {
        env,
        cwd: folder,
        stdio: 'ignore',
      })
      proxy.expect(0, { first: () => void setTimeout(() => child.kill('SIGKILL'), afterMs) })
      child.once('close', (_code, signal) => resolve(signal === 'SIGKILL'))
    })
  return {
    version,
    renewsVolumes,
    async measure(project, version) {
      await writeFile(file, project.yaml(version))
      let began = performance.now()
      proxy.expect(0, { first: () => (began = performance.now()) })
      const { code, stderr } = await up(project)
      if (code !== 0) throw new Error(stderr)
      return performance.now() - began
    },
    async change(project, version, afterMs) {
      const began = performance.now()
      const before = await look(engine, project)
      await writeFile(file, project.yaml(version))
      const died = await killed(project, afterMs)
      proxy.expect(0, {})
      const next = await up(project)
      const faults: string[] =
        next.code === 0 ? [] : [`the next up ended with ${next.code}: ${next.stderr.slice(-300)}`]
      const found = await look(engine, project)
      faults.push(...faultsIn(found, { project, version, before }))
      const again = await up(project)
      if (again.code !== 0) faults.push(`a second up ended with ${again.code}: ${again.stderr.slice(-300)}`)
      const after = await look(engine, project)
      const renewed = after.containers.filter(({ id }) => found.containers.every((one) => one.id !== id))
      if (renewed.length > 0)
        faults.push(`a second up recreated ${renewed.map(({ name }) => name).join(', ')}`)
      return { deaths: died ? 1 : 0, faults, milliseconds: performance.now() - began }
    },
    down: (project) => compose('-p', project.name, 'down', '-v', '-t', '0', '--remove-orphans'),
    async close() {
      await proxy.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
