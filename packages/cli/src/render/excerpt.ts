import { readFileSync } from 'node:fs'
import type { Problem } from '@bulkhead/model'

/**
 * The problem with the line that it is about. The daemon knows the place; the
 * file is the user's. Lines of Compose files only: env files hold secrets.
 */
export function withExcerpt(problem: Problem): Problem {
  const { at, excerpt } = problem
  if (at === undefined || excerpt !== undefined || !/^\/.*\.ya?ml$/.test(at.file)) return problem
  const line = linesOf(at.file)[at.line - 1]
  return line === undefined ? problem : { ...problem, excerpt: line }
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split(/\r?\n/)
  } catch {
    return []
  }
}
