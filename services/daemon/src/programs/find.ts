import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'

/** Where programs are looked for, and the environment that they get. */
export interface ProgramFolders {
  /** Folders of Docker's plugins, in order. */
  readonly plugins: readonly string[]
  /** Folders of the daemon's PATH, in order. */
  readonly path: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

export interface Program {
  /** Absolute. */
  readonly file: string
}

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv
  readonly home: string
  readonly readFile: (path: string) => string | undefined
}

/** Where Docker's own packages put plugins. */
const systemFolders = ['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'].map((folder) =>
  join(folder, 'docker', 'cli-plugins'),
)

/**
 * The folders of this machine: those where Docker's command looks, and the
 * daemon's PATH. All are absolute: a program that a project brings along is
 * never run.
 */
export function programFolders({ env, home, readFile }: Surroundings, engine: string): ProgramFolders {
  const config = env['DOCKER_CONFIG'] ?? join(home, '.docker')
  const own = Object.entries(env).flatMap(([name, value]) =>
    value === undefined || name.startsWith('BULKHEAD_') ? [] : [[name, value] as const],
  )
  return {
    plugins: [
      join(config, 'cli-plugins'),
      ...extraFolders(readFile(join(config, 'config.json'))),
      ...systemFolders,
    ].filter((folder) => isAbsolute(folder)),
    path: (env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder)),
    environment: { ...Object.fromEntries(own), DOCKER_HOST: engine },
  }
}

/** `cliPluginsExtraDirs` of Docker's config file. */
function extraFolders(text: string | undefined): readonly string[] {
  if (text === undefined) return []
  try {
    const config = JSON.parse(text) as { readonly cliPluginsExtraDirs?: unknown } | null
    const folders = config?.cliPluginsExtraDirs
    return Array.isArray(folders) ? folders.filter((one): one is string => typeof one === 'string') : []
  } catch {
    return []
  }
}

/** A name without a folder in it. Compose would call itself. */
export function isProgramName(name: string): boolean {
  return /^[\w][\w.-]*$/u.test(name) && name !== 'compose'
}

/** The plugin `docker-NAME`, else the program NAME; undefined: there is neither. */
export function findProgram(name: string, folders: ProgramFolders): Program | undefined {
  if (!isProgramName(name)) return undefined
  return first(folders.plugins, `docker-${name}`) ?? first(folders.path, name)
}

/** A plugin only, as with Compose. */
export function findModelRunner({ plugins }: ProgramFolders): Program | undefined {
  return first(plugins, 'docker-model')
}

function first(folders: readonly string[], name: string): Program | undefined {
  const file = folders.map((folder) => join(folder, name)).find(isExecutable)
  return file === undefined ? undefined : { file }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
