import { fileURLToPath } from 'node:url'
import { run } from './run.ts'
import type { Outcome } from './run.ts'

/** Docker 26.1, the one to develop on, and Docker 20.10, the oldest supported. */
export type Release = '26' | '20'

export interface Releases {
  /** What `startEngine` can start here; empty where the machine can't run the private engine. */
  readonly available: readonly Release[]
  /** Why nothing is available, and what would do instead: fit for a test's skip message. */
  readonly reason: string | undefined
}

export interface StartEngineOptions {
  readonly release: Release
  /** An engine that is up under this name is used. By default $BULKHEAD_TESTBED_ENGINE_26 (or _20), else "test26" (or "test20"). */
  readonly name?: string
  /** Whether containers run on while the engine is away. @default false */
  readonly liveRestore?: boolean
  /** Which of the images are needed, all by default. */
  readonly images?: readonly string[]
}

/** A Docker engine of one's own, with the runtimes runc and runsc and the images bb:1, node:20, postgres:15 and nginx:1.22. */
export interface TestEngine {
  readonly release: Release
  readonly name: string
  /** The engine's socket, as DOCKER_HOST wants it. */
  readonly dockerHost: string
  /** The IPv4 address at which the ports that containers publish answer. */
  readonly address: string
  /** The IPv4 address of this machine as the engine sees it: serve a registry here. */
  readonly gateway: string
  /** Debian's docker-registry, for a test that needs a registry to push to or to log in to. */
  readonly registryCommand: string
  /** A client configuration without credentials, that knows the Compose plugin, for DOCKER_CONFIG. */
  readonly dockerConfig: string
  /** Calls the Docker client, for three minutes at most. */
  readonly docker: (...args: string[]) => Promise<Outcome>
  /** Calls Compose 2.26.1 on this engine, for three minutes at most. */
  readonly compose: (...args: string[]) => Promise<Outcome>
  /** Starts the engine again after it was killed, over what it left. */
  readonly revive: () => Promise<void>
  /** Takes the engine away, unless it was up before or another process uses it still. */
  readonly stop: () => Promise<void>
}

const SCRIPT = fileURLToPath(new URL('../engine.sh', import.meta.url))
const CALL_TIMEOUT_MS = 180_000
/** Making everything on a new machine takes a minute with a near mirror. */
const SETUP_TIMEOUT_MS = 600_000

let leases = 0

/** Says which engines can be started on this machine: both, or none and why. */
export async function releases(): Promise<Releases> {
  const { code, stderr } = await script(['check'])
  if (code === 0) return { available: ['26', '20'], reason: undefined }
  return { available: [], reason: stderr.trim().replaceAll('\n', ' ') }
}

/**
 * Gives an engine with all images, starting one where none is up under the name.
 *
 * Processes that start one under the same name share it; the last to stop takes it away.
 *
 * @throws Error with what the script printed, if the engine doesn't come up.
 */
export async function startEngine(options: StartEngineOptions): Promise<TestEngine> {
  const { release } = options
  const name = options.name ?? process.env[`BULKHEAD_TESTBED_ENGINE_${release}`] ?? `test${release}`
  leases += 1
  const lease = `${process.pid}-${leases}`
  const stop = async () => {
    await demand(['down', '--name', name, '--lease', lease])
  }
  const up = ['up', '--release', release, '--name', name, '--lease', lease]
  if (options.liveRestore === true) up.push('--live-restore')
  await demand(up)
  try {
    await demand(['images', '--name', name, ...(options.images ?? [])])
    const settings = parseSettings(await demand(['env', '--name', name]))
    const revive = async () => {
      await demand(up)
    }
    return { release, name, ...describe(settings), revive, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function describe(
  settings: ReadonlyMap<string, string>,
): Omit<TestEngine, 'release' | 'name' | 'revive' | 'stop'> {
  const setting = (key: string) => {
    const value = settings.get(key)
    if (value === undefined) throw new Error(`engine.sh env says nothing of ${key}.`)
    return value
  }
  const dockerHost = setting('DOCKER_HOST')
  const dockerConfig = setting('BULKHEAD_TESTBED_DOCKER_CONFIG')
  const env = { ...withoutDocker(process.env), DOCKER_HOST: dockerHost, DOCKER_CONFIG: dockerConfig }
  const caller =
    (command: string) =>
    (...args: string[]) =>
      run(command, args, { env, timeoutMs: CALL_TIMEOUT_MS })
  return {
    dockerHost,
    dockerConfig,
    address: setting('BULKHEAD_TESTBED_ADDRESS'),
    gateway: setting('BULKHEAD_TESTBED_GATEWAY'),
    registryCommand: setting('BULKHEAD_TESTBED_REGISTRY'),
    docker: caller(setting('DOCKER_CLI')),
    compose: caller(setting('COMPOSE_PLUGIN')),
  }
}

/** What the caller's own engine is set up with mustn't reach the private one. */
function withoutDocker(env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([key]) => !/^(DOCKER|COMPOSE)_/.test(key)))
}

/** Reads the lines NAME=VALUE, quoted as bash's `printf %q` does for the characters of a path. */
function parseSettings(text: string): Map<string, string> {
  return new Map(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(line) ?? []
        return [key, value.replaceAll(/\\(.)/g, '$1')]
      }),
  )
}

async function demand(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await script(args)
  if (code !== 0) throw new Error(`engine.sh ${args.join(' ')} ended with ${code}: ${stderr.trim()}`)
  return stdout
}

function script(args: readonly string[]): Promise<Outcome> {
  return run('bash', [SCRIPT, ...args], { env: process.env, timeoutMs: SETUP_TIMEOUT_MS })
}
