import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Context } from './context.ts'
import type { Globals } from './globals.ts'

/** Variables that stand for flags. What else is in the files is for the project's own loader. */
const own = ['COMPOSE_REMOVE_ORPHANS', 'COMPOSE_PARALLEL_LIMIT', 'COMPOSE_PROGRESS', 'COMPOSE_ANSI'] as const

/**
 * The environment with what `--env-file`, or the `.env` beside the project's
 * first file, sets of the variables that stand for flags; those of the caller
 * hold over it. What is wrong with such a file the loader tells.
 */
export async function withEnvironmentFiles(
  { env, cwd }: Pick<Context, 'env' | 'cwd'>,
  flags: Pick<Globals, 'file' | 'envFile' | 'projectDirectory'>,
): Promise<Context['env']> {
  const texts = filesFor(env, flags).flatMap((file) => {
    const text = readIfThere(resolve(cwd, file))
    return own.some((name) => text.includes(name)) ? [[file, text] as const] : []
  })
  if (texts.length === 0) return env
  const { parseDotenv } = await import('@bulkhead/compose')
  const set: Record<string, string> = {}
  const variable = (name: string): string | undefined => env[name] ?? set[name]
  for (const [file, text] of texts) {
    const { values } = parseDotenv(text, { file, variable })
    for (const name of own) {
      const value = values.get(name)
      if (value !== undefined) set[name] = value
    }
  }
  return { ...set, ...Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)) }
}

/** As the loader finds them, but for a file that `COMPOSE_FILE` of such a file names. */
function filesFor(
  env: Context['env'],
  { file: [first], envFile, projectDirectory }: Pick<Globals, 'file' | 'envFile' | 'projectDirectory'>,
): readonly string[] {
  const named = envFile.length > 0 ? envFile : (env.COMPOSE_ENV_FILES ?? '').split(',').filter(Boolean)
  if (named.length > 0) return named
  if (['1', 't', 'true', 'y', 'yes', 'on'].includes(env.COMPOSE_DISABLE_ENV_FILE?.toLowerCase() ?? ''))
    return []
  const beside = first === undefined || first === '-' ? '.' : dirname(first)
  return [join(projectDirectory ?? beside, '.env')]
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
