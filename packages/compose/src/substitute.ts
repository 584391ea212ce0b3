import type { SourcePosition } from '@bulkhead/model'
import { applyCast, casts, type Cast } from './cast.ts'
import type { Problems } from './problems.ts'
import { positionAt } from './source.ts'
import { interpolate, type Interpolation } from './template/interpolate.ts'
import { markOf, setMark, type Mapping, type Mark, type Path, type Tree } from './tree.ts'
import { stepInto, type Trie } from './trie.ts'

/** What interpolation needs to know. */
export interface Substitution {
  readonly variable: (name: string) => string | undefined
  readonly problems: Problems
}

/**
 * Replaces the variables in the values of a document, in place, and turns texts
 * into numbers and booleans where the specification wants them.
 */
export function substitute(document: Mapping, substitution: Substitution): void {
  descend(document, [], casts, substitution)
}

function descend(
  container: Mapping | Tree[],
  path: Path,
  trie: Trie<Cast> | undefined,
  substitution: Substitution,
): void {
  const keys = Array.isArray(container) ? container.keys() : Object.keys(container)
  for (const key of keys) {
    const value = Array.isArray(container) ? container[Number(key)] : container[String(key)]
    const rules = stepInto(trie, key)
    if (typeof value === 'object' && value !== null) descend(value, [...path, key], rules, substitution)
    else if (typeof value === 'string') {
      const result = substituteText(value, container, key, [...path, key], rules?.rule, substitution)
      if (Array.isArray(container)) container[Number(key)] = result
      else container[String(key)] = result
    }
  }
}

function substituteText(
  text: string,
  container: Mapping | Tree[],
  key: string | number,
  path: Path,
  cast: Cast | undefined,
  { variable, problems }: Substitution,
): Tree {
  if (cast === undefined && !text.includes('$')) return text
  const mark = markOf(container, key)
  const result = interpolate(text, variable)
  report(result, text, mark, path, problems)
  if (result.problems.length > 0) return text
  if (mark?.text !== undefined) setMark(container, key, { ...mark, text: undefined })
  if (cast === undefined) return result.value
  const casted = applyCast(cast, result.value)
  const at = mark === undefined ? undefined : positionAt(mark.source, mark.value)
  if ('problem' in casted) {
    const label = path.join('.')
    problems.error('BH_COMPOSE_INVALID', `${label}: ${casted.problem}`, { at, path, hint: castHint(cast) })
    return text
  }
  if (casted.warning !== undefined) problems.warning('BH_COMPOSE_INVALID', casted.warning, { at, path })
  return casted.value
}

function castHint(cast: Cast): string {
  if (cast === 'boolean') return 'Write true or false.'
  return cast === 'integer' ? 'Write a whole number.' : 'Write a number.'
}

function report(
  result: Interpolation,
  text: string,
  mark: Mark | undefined,
  path: Path,
  problems: Problems,
): void {
  for (const { code, message, hint, offset } of result.problems) {
    problems.error(code, message, { hint, at: placeWithin(mark, text, offset), path })
  }
  for (const { name, offset } of result.unset) {
    problems.warning('BH_VARIABLE_REQUIRED', `The variable ${name} is not set: it becomes a blank text.`, {
      hint: `Set ${name}, give it a default with \${${name}:-…}, or write $$ for a dollar sign.`,
      at: placeWithin(mark, text, offset),
      path,
    })
  }
}

/** The place of an offset inside of a scalar: exact where the file has the scalar as it is, else its start. */
function placeWithin(mark: Mark | undefined, text: string, offset: number): SourcePosition | undefined {
  if (mark === undefined) return undefined
  const { source, value } = mark
  const quote = source.text.charAt(value)
  const start = quote === '"' || quote === "'" ? value + 1 : value
  const exact = source.text.startsWith(text.slice(0, offset + 1), start)
  return positionAt(source, exact ? start + offset : value)
}
