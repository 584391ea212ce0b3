import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import dockerignore from '@balena/dockerignore'

export interface IgnoreRules {
  /** `path` is relative to the context, with forward slashes. */
  ignores(path: string): boolean
  /** True when an ignored folder has to be looked into, for a `!` rule may take something in it back. */
  mayHoldExceptions(folder: string): boolean
}

/**
 * The rules of a build context, as Docker has them: `NAME.dockerignore` beside
 * a Dockerfile goes before `.dockerignore`; Dockerfiles and the ignore files
 * themselves are always sent, for the builder needs them. With several
 * Dockerfiles, what one of them needs is sent.
 */
export async function readIgnore(context: string, dockerfiles: readonly string[]): Promise<IgnoreRules> {
  const needed = new Set<string>()
  const variants: IgnoreRules[] = []
  for (const dockerfile of dockerfiles.length === 0 ? ['Dockerfile'] : dockerfiles) {
    const own = `${dockerfile}.dockerignore`
    const ownText = await readOptional(join(context, own))
    const text = ownText ?? (await readOptional(join(context, '.dockerignore'))) ?? ''
    needed.add(dockerfile).add(ownText === undefined ? '.dockerignore' : own)
    variants.push(rulesOf(text))
  }
  const folders = [...needed]
    .map((path) => path.split('/').slice(0, -1).join('/'))
    .filter((path) => path !== '')
  return {
    ignores: (path) => !needed.has(path) && variants.every((rules) => rules.ignores(path)),
    mayHoldExceptions: (folder) =>
      folders.some((needs) => needs === folder || needs.startsWith(`${folder}/`)) ||
      variants.some((rules) => rules.mayHoldExceptions(folder)),
  }
}

function rulesOf(text: string): IgnoreRules {
  const lines = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const matcher = dockerignore.default({ ignorecase: false }).add(lines)
  const exceptions = lines.filter((line) => line.startsWith('!')).map((line) => clean(line.slice(1)))
  return {
    ignores: (path) => matcher.ignores(path),
    mayHoldExceptions: (folder) => exceptions.some((exception) => meets(exception, folder)),
  }
}

/** True when something under `folder` could match `exception`. */
function meets(exception: string, folder: string): boolean {
  const literal = exception.split(/[*?[\\]/, 1)[0] ?? ''
  if (literal.length < exception.length && `${folder}/`.startsWith(literal)) return true
  return exception.startsWith(`${folder}/`)
}

function clean(pattern: string): string {
  return pattern
    .trim()
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return undefined
  }
}
