import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  environmentOf,
  startEngine,
  type Outcome,
  type Release,
  type StartEngineOptions,
  type TestEngine,
} from '../../src/index.ts'
import { run } from '../../src/run.ts'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const bin = join(root, 'node_modules', '.bin')

/** Characters of its log that tell why a daemon ended that nobody ended. */
const lastWords = 8_000

/** A daemon on an engine of its own, with the command line pointed at it. */
export interface House {
  readonly engine: TestEngine
  readonly folder: string
  readonly socket: string
  /** Points the command line, and Docker's, at them. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Calls the built command, from `cwd`. */
  bulkhead(
    args: readonly string[],
    options?: { readonly cwd?: string; readonly env?: Record<string, string> },
  ): Promise<Outcome>
  /** Calls curl on the daemon's socket: `curl('-X', 'POST', …, '/v1/deployments')`, the path last. */
  curl(...args: readonly string[]): Promise<Outcome>
  /** The JSON that a GET answers. */
  get(path: string): Promise<Answer>
  /** The lines of a stream as they come. */
  follow(path: string): AsyncIterable<string>
  startDaemon(): Promise<void>
  /** SIGTERM, and the end is waited for. */
  stopDaemon(): Promise<number | null>
  /** SIGKILL, at once. */
  killDaemon(): Promise<void>
  /** A copy of an example that a test may change. */
  copyExample(name: string, as?: string): Promise<string>
  close(): Promise<void>
}

// What an answer holds is what the test goes on to check.
export type Answer = Readonly<Record<string, unknown>> & {
  readonly operations?: number
  readonly state?: string
  readonly converged?: boolean
  readonly id?: string
}

export async function openHouse(
  release: Release,
  /** Another engine than the one that all tests share. */
  own: Omit<StartEngineOptions, 'release'> = {},
): Promise<House> {
  const engine = await startEngine({ release, ...own })
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-e2e-'))
  const socket = join(folder, 'bulkhead.sock')
  const env = environmentOf(engine, socket)
  let daemon: ChildProcess | undefined
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const child = daemon
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null
    const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
    child.kill(signal)
    daemon = undefined
    return closed
  }
  const house: House = {
    engine,
    folder,
    socket,
    env,
    bulkhead: (args, options = {}) =>
      run(join(bin, 'bulkhead'), args, {
        env: { ...env, ...options.env },
        cwd: options.cwd ?? folder,
        timeoutMs: 180_000,
      }),
    curl: (...args) =>
      run(
        'curl',
        [
          '--silent',
          '--show-error',
          '--unix-socket',
          socket,
          ...args.slice(0, -1),
          `http://localhost${args.at(-1) ?? ''}`,
        ],
        {
          env,
          timeoutMs: 180_000,
        },
      ),
    async get(path) {
      const { stdout } = await house.curl(path)
      return JSON.parse(stdout) as Answer
    },
    follow: (path) => linesOf(socket, path),
    async startDaemon() {
      if (!existsSync(join(bin, 'bulkhead'))) throw new Error('The command is not built: npm run build.')
      const child = spawn(
        join(bin, 'bulkhead'),
        ['daemon', 'run', '--socket', socket, '--data', join(folder, 'data')],
        {
          env,
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      )
      let said = ''
      child.stdout.on('data', (part) => (said += String(part)))
      child.stderr.on('data', (part) => (said += String(part)))
      daemon = child
      child.once('close', (code, signal) => {
        if (daemon !== child) return
        console.error(`the daemon ended by itself (${String(code ?? signal)}):\n${said.slice(-lastWords)}`)
      })
      const answered = await eventually(async () => {
        if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}:\n${said}`)
        return (await house.curl('--fail', '/v1/version')).code === 0
      }).catch((error: unknown) => {
        throw new Error(`the daemon does not answer: ${String(error)}\n${said}`)
      })
      if (!answered) throw new Error('unreachable')
    },
    stopDaemon: () => end('SIGTERM'),
    async killDaemon() {
      await end('SIGKILL')
    },
    async copyExample(name, as = name) {
      const target = join(folder, as)
      await cp(join(root, 'examples', name), target, { recursive: true })
      return target
    },
    async close() {
      await end('SIGTERM')
      await engine.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
  return house
}

async function* linesOf(socketPath: string, path: string): AsyncIterable<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ socketPath, path }, resolve).on('error', reject)
  })
  try {
    for await (const line of createInterface({ input: response })) yield line
  } finally {
    response.destroy()
  }
}

/** Asks until the answer is true; fails when it does not become so in time. */
export async function eventually(ask: () => Promise<boolean>, timeoutMs = 60_000): Promise<true> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    if (await ask()) return true
    if (Date.now() > deadline) throw new Error(`not so after ${timeoutMs} ms: ${ask.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Replaces text in a file of a copied example; the text must be there. */
export async function edit(file: string, from: string | RegExp, to: string): Promise<void> {
  const text = await readFile(file, 'utf8')
  const changed = text.replace(from, to)
  if (changed === text) throw new Error(`${file} has no ${String(from)}`)
  await writeFile(file, changed)
}

/** The page that the example's web service serves. */
export async function page(house: House): Promise<string> {
  const answer = await fetch(`http://${house.engine.address}:8080/`, { signal: AbortSignal.timeout(15_000) })
  return answer.text()
}

/** One field of a container, as `docker inspect` has it. */
export async function inspect(house: House, container: string, format: string): Promise<string> {
  const { stdout, stderr, code } = await house.engine.docker('inspect', '-f', format, container)
  if (code !== 0) throw new Error(stderr)
  return stdout.trim()
}

/** Names of all containers of a project, stopped ones too. */
export async function containersOf(house: House, project: string): Promise<readonly string[]> {
  const { stdout } = await house.engine.docker(
    'ps',
    '-a',
    '--filter',
    `label=com.docker.compose.project=${project}`,
    '--format',
    '{{.Names}}',
  )
  return stdout
    .split('\n')
    .filter((name) => name !== '')
    .sort()
}
