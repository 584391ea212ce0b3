import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import type { RunRequest } from '@bulkhead/client'
import { isHostPath, parseDotenv, parsePort, parseVolume } from '@bulkhead/compose'
import { BulkheadError, toError } from '@bulkhead/model'
import type { Port, ServiceVolume } from '@bulkhead/model'
import type { Context } from '../context.ts'
import { usageError } from '../exit.ts'

export interface RunFlags {
  readonly detach?: boolean
  readonly rm?: boolean
  readonly env: readonly string[]
  readonly envFromFile: readonly string[]
  readonly label: readonly string[]
  readonly name?: string
  readonly user?: string
  readonly workdir?: string
  readonly entrypoint?: string
  readonly capAdd: readonly string[]
  readonly capDrop: readonly string[]
  readonly volume: readonly string[]
  readonly publish: readonly string[]
  readonly servicePorts?: boolean
  readonly useAliases?: boolean
  readonly deps: boolean
  readonly build?: boolean
  readonly pull?: string
  readonly interactive?: string | boolean
  readonly tty: boolean
}

/** What the flags of `run` ask for, without the files. @throws BulkheadError BH_USAGE, BH_FILE_NOT_FOUND */
export async function runRequest(
  service: string,
  command: readonly string[],
  flags: RunFlags,
  context: Context,
): Promise<Omit<RunRequest, 'bundle'>> {
  const { terminal: screen } = context
  const detach = flags.detach === true
  const input = !detach && String(flags.interactive) !== 'false'
  const { servicePorts = false, publish } = flags
  if (servicePorts && publish.length > 0)
    throw usageError('--service-ports and --publish exclude each other.')
  const environment = { ...(await fromFiles(flags.envFromFile, context)), ...assigned(flags.env, context) }
  return {
    service,
    ...optional({
      command: command.length === 0 ? undefined : [...command],
      entrypoint: flags.entrypoint === undefined ? undefined : wordsOf(flags.entrypoint),
      environment: Object.keys(environment).length === 0 ? undefined : environment,
      labels: flags.label.length === 0 ? undefined : labelled(flags.label),
      name: flags.name,
      user: flags.user,
      workingDir: flags.workdir,
      capAdd: flags.capAdd.length === 0 ? undefined : [...flags.capAdd],
      capDrop: flags.capDrop.length === 0 ? undefined : [...flags.capDrop],
      volumes: flags.volume.length === 0 ? undefined : flags.volume.map((one) => volumeOf(one, context)),
      ports: publish.length === 0 ? undefined : publish.flatMap(portsOf),
      pull: pullOf(flags.pull),
    }),
    servicePorts,
    useAliases: flags.useAliases ?? false,
    noDependencies: !flags.deps,
    remove: flags.rm ?? false,
    detach,
    build: flags.build ?? false,
    terminal: flags.tty && !detach && input && screen.inIsTty && screen.outIsTty,
    input,
  }
}

function optional<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

/** `NAME` alone stands for the caller's own; one that is not set is left out. */
function assigned(given: readonly string[], { env }: Context): Record<string, string> {
  return Object.fromEntries(
    given.flatMap((entry) => {
      const at = entry.indexOf('=')
      if (at >= 0) return [[entry.slice(0, at), entry.slice(at + 1)] as const]
      const value = env[entry]
      return value === undefined ? [] : [[entry, value] as const]
    }),
  )
}

async function fromFiles(files: readonly string[], { cwd, env }: Context): Promise<Record<string, string>> {
  const values: Record<string, string> = {}
  for (const name of files) {
    const file = resolve(cwd, name)
    const text = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw new BulkheadError('BH_FILE_NOT_FOUND', `The env file ${file} cannot be read.`, { cause })
    })
    const { values: read, problems } = parseDotenv(text, { file, variable: (variable) => env[variable] })
    if (problems.some(({ severity }) => severity === 'error')) throw toError(problems)
    Object.assign(values, Object.fromEntries(read))
  }
  return values
}

function labelled(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((entry) => {
      const at = entry.indexOf('=')
      return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)]
    }),
  )
}

/** A path is one of this machine, from this folder on. */
function volumeOf(text: string, { cwd }: Context): Record<string, unknown> {
  const read = parseVolume(text)
  if (!read.ok) throw usageError(read.problem.message, read.problem.hint)
  const volume: ServiceVolume = read.value
  const { source } = volume
  if (volume.type !== 'bind' || source === undefined || !isHostPath(source)) return { ...volume }
  return { ...volume, source: resolve(cwd, source.replace(/^~(?=\/|$)/u, homedir())) }
}

function portsOf(text: string): Record<string, unknown>[] {
  const read = parsePort(text)
  if (!read.ok) throw usageError(read.problem.message, read.problem.hint)
  return read.value.map((port: Port) => ({ ...port }))
}

function pullOf(policy: string | undefined): RunRequest['pull'] {
  if (policy === undefined) return undefined
  const known = (['always', 'missing', 'never', 'build'] as const).find((one) => one === policy)
  if (known === undefined) throw usageError(`--pull takes always, missing or never, not "${policy}".`)
  return known
}

/** A program and its arguments, parted by blanks; quotes keep them together. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/gu)].map(([, a, b, c]) => a ?? b ?? c ?? '')
}
