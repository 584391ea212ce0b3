import { Option } from 'commander'
import type { Command } from 'commander'
import type { Context } from './context.ts'
import { usageError } from './exit.ts'

export const progressModes = ['auto', 'tty', 'plain', 'json', 'quiet'] as const
export type ProgressMode = (typeof progressModes)[number]
export const ansiModes = ['never', 'always', 'auto'] as const
export type AnsiMode = (typeof ansiModes)[number]

/** The flags that stand before the command. */
export interface Globals {
  readonly file: readonly string[]
  readonly projectName: string | undefined
  readonly profile: readonly string[]
  readonly envFile: readonly string[]
  readonly projectDirectory: string | undefined
  /** Networks and volumes too that no service uses. */
  readonly allResources: boolean
  /** Names with underscores, as the first Compose had them. */
  readonly compatibility: boolean
  /** Images that are got at once; undefined: as many as the daemon likes. */
  readonly parallel: number | undefined
  readonly progress: ProgressMode
  readonly ansi: AnsiMode
  /** From `-H` or BULKHEAD_HOST; undefined: the system's daemon, else the user's own. */
  readonly host: string | undefined
  /** Print for programs: JSON for results, problems and progress. */
  readonly json: boolean
  /** Print the plan of what the command would do, and do nothing. */
  readonly dryRun: boolean
}

/** Repeatable: each use adds a value. */
export function collect(value: string, previous: readonly string[] | undefined): readonly string[] {
  return [...(previous ?? []), value]
}

export function declareGlobals(program: Command): Command {
  return program
    .optionsGroup('Project:')
    .option('-f, --file <path>', 'Compose file; repeat to merge several', collect)
    .option('-p, --project-name <name>', 'project name')
    .option('--profile <name>', 'enable a profile; repeatable, "*" for all', collect)
    .option('--env-file <path>', 'file with variables in place of .env; repeatable', collect)
    .option('--project-directory <path>', "folder that relative paths start from (default: the first file's)")
    .option('--all-resources', 'networks and volumes too that no service uses')
    .option(
      '--compatibility',
      'names of containers and built images with underscores (or $COMPOSE_COMPATIBILITY)',
    )
    .option('--parallel <number>', 'images to pull, build and push at once; -1: no bound of yours', limitOf)
    .optionsGroup('Output:')
    .addOption(new Option('--progress <mode>', 'how to show progress').choices(progressModes))
    .addOption(new Option('--ansi <when>', 'when to use colors and cursor control').choices(ansiModes))
    .option('--json', 'print results, problems and progress as JSON')
    .option('--dry-run', 'print the plan of what would be done, and do nothing')
    .optionsGroup('Daemon:')
    .option('-H, --host <address>', 'daemon to talk to, unix:///path/to.sock (default: $BULKHEAD_HOST)')
    .optionsGroup('Other:')
}

interface GlobalOptions {
  readonly file?: readonly string[]
  readonly projectName?: string
  readonly profile?: readonly string[]
  readonly envFile?: readonly string[]
  readonly projectDirectory?: string
  readonly allResources?: boolean
  readonly compatibility?: boolean
  readonly parallel?: number
  readonly progress?: ProgressMode
  readonly ansi?: AnsiMode
  readonly host?: string
  readonly json?: boolean
  readonly dryRun?: boolean
}

/** Those that say where the project is. */
export function projectFlags(program: Command): Pick<Globals, 'file' | 'envFile' | 'projectDirectory'> {
  const { file = [], envFile = [], projectDirectory } = program.opts<GlobalOptions>()
  return { file, envFile, projectDirectory }
}

/** Flags go before variables of the environment, these before defaults. */
export function readGlobals(program: Command, env: Context['env']): Globals {
  const options = program.opts<GlobalOptions>()
  const json = options.json ?? false
  return {
    ...projectFlags(program),
    projectName: options.projectName,
    profile: options.profile ?? [],
    allResources: options.allResources ?? false,
    compatibility: options.compatibility ?? false,
    parallel: bound(options.parallel ?? limitOf(env.COMPOSE_PARALLEL_LIMIT)),
    progress: options.progress ?? (json ? 'json' : (oneOf(progressModes, env.COMPOSE_PROGRESS) ?? 'auto')),
    ansi: options.ansi ?? oneOf(ansiModes, env.COMPOSE_ANSI) ?? 'auto',
    host: nonEmpty(options.host) ?? nonEmpty(env.BULKHEAD_HOST),
    json,
    dryRun: options.dryRun ?? false,
  }
}

/** @throws BulkheadError BH_USAGE */
function limitOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const limit = Number(text)
  if (Number.isInteger(limit) && limit !== 0 && limit >= -1) return limit
  throw usageError(
    `"${text}" is no number of images to get at once.`,
    'Give one from 1 on, or -1 for no bound.',
  )
}

function bound(limit: number | undefined): number | undefined {
  return limit === -1 ? undefined : limit
}

/** A variable that switches something on. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && ['1', 't', 'true'].includes(value.toLowerCase())
}

function oneOf<T extends string>(allowed: readonly T[], value: string | undefined): T | undefined {
  return allowed.find((one) => one === value)
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value
}
