import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { releases, type Outcome, type Release } from '../../src/index.ts'
import { openHouse, type House } from '../end-to-end/harness.ts'
import { call, type Running } from './command.ts'

/** A project folder of its own on a real engine, and what may be done with it. */
export interface Scene {
  readonly house: House
  readonly folder: string
  /** The project's name: containers are `<name>-<service>-<number>`. */
  readonly name: string
  readonly t: Test
  readonly write: (file: string, text: string) => Promise<void>
  /** Calls the command in the folder; fails the test on another exit code than 0. */
  readonly bulkhead: (...args: readonly string[]) => Promise<Outcome>
  /** The same, for whoever expects a failure. */
  readonly attempt: (...args: readonly string[]) => Promise<Outcome>
  /** The same, for whoever has something to do while it runs, or other surroundings. */
  readonly begin: (args: readonly string[], surroundings?: Surroundings) => Running
  /** `docker compose` in the folder, on the same engine. */
  readonly compose: (...args: readonly string[]) => Promise<Outcome>
  /** `docker …`, its output trimmed; fails the test on another exit code than 0. */
  readonly docker: (...args: readonly string[]) => Promise<string>
  /** What `docker inspect` says of one object. */
  readonly inspect: (object: string) => Promise<Inspected>
  /** Ids of the project's containers by name, stopped ones and one-offs too. */
  readonly ids: () => Promise<Readonly<Record<string, string>>>
  /** Their states by name: `running`, `exited`, … */
  readonly states: () => Promise<Readonly<Record<string, string>>>
}

export interface Surroundings {
  /** The project's folder by default. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** What is piped in. */
  readonly input?: string
}

/** A part of what the engine answers; a step that is not there gives undefined. */
export interface Inspected {
  readonly value: unknown
  /** `at('HostConfig', 'Memory')` */
  at(...path: readonly (string | number)[]): unknown
}

export type Behave = (
  obligation: string,
  files: Readonly<Record<string, string>>,
  steps: (scene: Scene) => Promise<void>,
) => Promise<void>

/**
 * Scenarios on one release of the real engine, behind one daemon: each in a
 * folder and a project of its own, taken down and proven gone at its end.
 */
export async function behaviors(
  area: string,
  release: Release,
  tell: (behave: Behave, house: House) => Promise<void>,
): Promise<void> {
  const { available, reason } = await releases()
  const skip = available.includes(release) ? false : (reason ?? true)
  await t.test(`${area}, Docker ${release}`, { skip }, async (t) => {
    const house = await openHouse(release)
    t.teardown(() => house.close())
    await house.startDaemon()
    let count = 0
    await tell(async (obligation, files, steps) => {
      count += 1
      const name = `${area}-${count}-${process.pid}`.toLowerCase()
      await t.test(obligation, async (t) => {
        const scene = await openScene(house, name, t)
        for (const [file, text] of Object.entries(files)) await scene.write(file, text)
        t.teardown(() => clear(scene))
        await steps(scene)
      })
    }, house)
  })
}

/** A folder on its own, for what needs another engine or daemon than the rest. */
export async function openScene(house: House, name: string, t: Test): Promise<Scene> {
  const folder = join(house.folder, name)
  await mkdir(folder, { recursive: true })
  const docker = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await house.engine.docker(...args)
    if (code !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`)
    return stdout.trim()
  }
  const begin: Scene['begin'] = (args, { cwd = folder, env = {}, ...rest } = {}) =>
    call(args, { cwd, env: { ...house.env, ...env }, ...rest })
  const listed = async (format: string): Promise<Readonly<Record<string, string>>> => {
    const filter = `label=com.docker.compose.project=${name}`
    const lines = (await docker('ps', '-a', '--no-trunc', '--filter', filter, '--format', format)).split('\n')
    return Object.fromEntries(
      lines
        .filter((line) => line !== '')
        .sort()
        .map((line) => line.split(' ')),
    )
  }
  return {
    house,
    folder,
    name,
    t,
    docker,
    async write(file, text) {
      await mkdir(dirname(join(folder, file)), { recursive: true })
      await writeFile(join(folder, file), text)
    },
    begin,
    attempt: (...args) => begin(args).outcome,
    async bulkhead(...args) {
      const outcome = await begin(args).outcome
      if (outcome.code !== 0)
        throw new Error(`bulkhead ${args.join(' ')}: ${outcome.code}\n${outcome.stdout}${outcome.stderr}`)
      return outcome
    },
    compose: (...args) => house.engine.compose('--project-directory', folder, ...args),
    async inspect(object) {
      const [value] = JSON.parse(await docker('inspect', object)) as readonly unknown[]
      return { value, at: (...path) => path.reduce(step, value) }
    },
    ids: () => listed('{{.Names}} {{.ID}}'),
    states: () => listed('{{.Names}} {{.State}}'),
  }
}

function step(value: unknown, name: string | number): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string | number, unknown>>)[name]
    : undefined
}

async function clear({ house, attempt, name }: Scene): Promise<void> {
  await attempt('-p', name, 'down', '-v', '--remove-orphans', '-t', '0')
  const filter = `label=com.docker.compose.project=${name}`
  const left = (await house.engine.docker('ps', '-aq', '--filter', filter)).stdout.split('\n').filter(Boolean)
  if (left.length > 0) await house.engine.docker('rm', '-fv', ...left)
}
