import { posix } from 'node:path'
import { parseDotenv } from './dotenv/parse.ts'
import type { LoadInput } from './input.ts'
import type { Problems } from './problems.ts'
import { resolvePath } from './paths.ts'
import type { Reader } from './reader.ts'

/** Which files make up the project, and what surrounds them. */
export interface Discovery {
  /** Absolute, in merge order. */
  readonly configFiles: readonly string[]
  /** Absolute folder that relative paths start from. */
  readonly folder: string
  /** Of `--env-file` or COMPOSE_ENV_FILES, absolute. */
  readonly environmentFiles: readonly string[]
  readonly profiles: readonly string[]
  readonly variable: (name: string) => string | undefined
  /** What `--env-file` or the `.env` files set; the caller's own variables hold over it. */
  readonly fromFiles: ReadonlyMap<string, string>
}

export const composeFileNames = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml']
export const overrideFileNames = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
]

/**
 * Finds a project as Compose does: `-f`, else COMPOSE_FILE, else a file with a
 * known name in the folder or the nearest parent that has one, with its
 * override file. Variables come from the caller first, then from `--env-file`
 * or the `.env` files. Undefined when there is no file.
 */
export function discover(input: LoadInput, problems: Problems): Discovery | undefined {
  const { reader, workingDir } = input
  const absolute = (path: string): string =>
    path === '-' ? path : resolvePath(path, { folder: workingDir, home: undefined })
  const given = input.configFiles.map(absolute)
  const projectDirectory = input.projectDirectory === undefined ? undefined : absolute(input.projectDirectory)
  const fromFiles = new Map<string, string>()
  const variable = (name: string): string | undefined => reader.variable(name) ?? fromFiles.get(name)
  const environmentFiles = explicitEnvironmentFiles(input).map(absolute)
  const folderBefore = projectDirectory ?? folderOf(given[0], workingDir)
  const automatic = environmentFiles.length === 0 && !isTrue(reader.variable('COMPOSE_DISABLE_ENV_FILE'))
  for (const path of environmentFiles) readEnvironmentFile(path, true)
  if (automatic) readEnvironmentFile(posix.join(folderBefore, '.env'), false)
  const configFiles =
    given.length > 0 ? given : (listedFiles() ?? findFiles(reader, projectDirectory ?? workingDir, problems))
  if (configFiles === undefined) {
    problems.error(
      'BH_COMPOSE_NOT_FOUND',
      `No Compose file is in ${projectDirectory ?? workingDir} or above it.`,
      {
        hint: `Write one (${composeFileNames[0]}) or name one with -f.`,
      },
    )
    return undefined
  }
  const folder = projectDirectory ?? folderOf(configFiles[0], workingDir)
  if (automatic && folder !== folderBefore) readEnvironmentFile(posix.join(folder, '.env'), false)
  const listed = (variable('COMPOSE_PROFILES') ?? '').split(',').map((profile) => profile.trim())
  const profiles = input.profiles.length > 0 ? input.profiles : listed.filter((profile) => profile !== '')
  return { configFiles, folder, environmentFiles, profiles, variable, fromFiles }

  function listedFiles(): readonly string[] | undefined {
    const list = variable('COMPOSE_FILE')
    if (list === undefined || list === '') return undefined
    const separator = variable('COMPOSE_PATH_SEPARATOR')
    return list.split(separator === undefined || separator === '' ? ':' : separator).map(absolute)
  }

  /** Earlier values hold over those of `.env`; among `--env-file`s the last one holds. */
  function readEnvironmentFile(path: string, explicit: boolean): void {
    const values = readEnvironment(reader, path, variable, problems, explicit)
    for (const [name, value] of values ?? []) {
      if (explicit || !fromFiles.has(name)) fromFiles.set(name, value)
    }
  }
}

/** The variables of an env file; undefined when it isn't there, which is a problem when it is required. */
export function readEnvironment(
  reader: Reader,
  path: string,
  variable: (name: string) => string | undefined,
  problems: Problems,
  required: boolean,
): ReadonlyMap<string, string> | undefined {
  const bytes = reader.readFile(path)
  if (bytes === undefined) {
    if (required) {
      problems.error('BH_FILE_NOT_FOUND', `The env file ${path} is not there.`, {
        hint: 'Check the path given to --env-file or COMPOSE_ENV_FILES.',
      })
    }
    return undefined
  }
  const parsed = parseDotenv(new TextDecoder().decode(bytes), { file: path, variable })
  for (const { severity, code, message, hint, at } of parsed.problems) {
    if (severity === 'error') problems.error(code, message, { hint, at })
    else problems.warning(code, message, { hint, at })
  }
  return parsed.values
}

function explicitEnvironmentFiles({ environmentFiles, reader }: LoadInput): readonly string[] {
  if (environmentFiles.length > 0) return environmentFiles
  return (reader.variable('COMPOSE_ENV_FILES') ?? '').split(',').filter((path) => path !== '')
}

function findFiles(reader: Reader, start: string, problems: Problems): readonly string[] | undefined {
  for (let folder = start; ; folder = posix.dirname(folder)) {
    const [found, ...others] = composeFileNames.filter(
      (name) => reader.readFile(posix.join(folder, name)) !== undefined,
    )
    if (found !== undefined) {
      if (others.length > 0) {
        problems.warning(
          'BH_COMPOSE_INVALID',
          `${folder} has ${[found, ...others].join(', ')}: only ${found} is read.`,
          {
            hint: 'Remove the others or choose with -f.',
          },
        )
      }
      const override = overrideFileNames.find(
        (name) => reader.readFile(posix.join(folder, name)) !== undefined,
      )
      return [found, ...(override === undefined ? [] : [override])].map((name) => posix.join(folder, name))
    }
    if (folder === posix.dirname(folder)) return undefined
  }
}

function folderOf(file: string | undefined, workingDir: string): string {
  return file === undefined || file === '-' ? workingDir : posix.dirname(file)
}

function isTrue(text: string | undefined): boolean {
  return text !== undefined && ['1', 't', 'true', 'y', 'yes', 'on'].includes(text.toLowerCase())
}
