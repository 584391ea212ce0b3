import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../context.ts'

/**
 * The engine that this user has chosen, as Docker's own client finds it:
 * DOCKER_HOST, else the current context. Undefined when nothing was chosen: then
 * the daemon's is as good as any.
 *
 * @see https://docs.docker.com/engine/manage-resources/contexts/
 */
export function chosenEngine({ env, user }: Context): string | undefined {
  if (env.DOCKER_HOST !== undefined && env.DOCKER_HOST !== '') return env.DOCKER_HOST
  const folder = env.DOCKER_CONFIG ?? join(user.home, '.docker')
  const name = env.DOCKER_CONTEXT ?? text(readJson(join(folder, 'config.json')), 'currentContext')
  if (name === undefined || name === '' || name === 'default') return undefined
  const id = createHash('sha256').update(name).digest('hex')
  const meta = readJson(join(folder, 'contexts', 'meta', id, 'meta.json'))
  return text(meta, 'Endpoints', 'docker', 'Host')
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function text(value: unknown, ...keys: readonly string[]): string | undefined {
  let current = value
  for (const key of keys) {
    if (typeof current !== 'object' || current === null) return undefined
    current = (current as Readonly<Record<string, unknown>>)[key]
  }
  return typeof current === 'string' ? current : undefined
}
