import type { Problem, SourcePosition } from '@bulkhead/model'
import type { Lookup } from '../template/interpolate.ts'
import { maximumProblems, type Dotenv } from './result.ts'

/**
 * Reads an env file in raw format: one `NAME=value` a line, the value taken to
 * the end of the line as it is, with quotes, dollar signs and trailing spaces.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#env_file
 */
export function parseRaw(
  source: string,
  variable: Lookup,
  place: (offset: number) => SourcePosition,
): Dotenv {
  const values = new Map<string, string>()
  const problems: Problem[] = []
  let offset = 0
  for (const piece of source.split('\n')) {
    const line = (piece.endsWith('\r') ? piece.slice(0, -1) : piece).trimStart()
    const at = offset + piece.length - piece.trimStart().length
    offset += piece.length + 1
    if (line === '' || line.startsWith('#')) continue
    const separator = line.indexOf('=')
    const key = separator < 0 ? line : line.slice(0, separator)
    if (key === '' || /\s/u.test(key)) {
      problems.push(keyProblem(key, place(at)))
      if (problems.length >= maximumProblems) break
      continue
    }
    const value = separator < 0 ? variable(key) : line.slice(separator + 1)
    if (value !== undefined) values.set(key, value)
  }
  return { values, problems }
}

function keyProblem(key: string, at: SourcePosition): Problem {
  return {
    severity: 'error',
    code: 'BH_COMPOSE_SYNTAX',
    message:
      key === ''
        ? 'A line of an env file has no variable name before the "=".'
        : `A variable name can't contain a space in an env file.`,
    hint: 'Write one NAME=value a line.',
    at,
  }
}
