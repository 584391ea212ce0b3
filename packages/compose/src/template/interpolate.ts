import { parseTemplate, type Substitution, type TemplatePart, type TemplateProblem } from './parse.ts'

/** Value of a variable; undefined when it is not set (an empty string is set). */
export type Lookup = (name: string) => string | undefined

export interface Interpolation {
  /** The text with every variable replaced; the text itself when there are problems. */
  readonly value: string
  readonly problems: readonly TemplateProblem[]
  /** Variables that became blank because they are not set and no operator says what to do. */
  readonly unset: readonly UnsetVariable[]
}

export interface UnsetVariable {
  readonly name: string
  /** Offset of the `$`, in UTF-16 units. */
  readonly offset: number
}

/**
 * Replaces the variables of a text. Never throws: what is wrong with the text,
 * or with a required variable, comes back as problems with their offsets.
 *
 * A text after an operator is checked even where it isn't used, so that a
 * mistake shows whatever the environment; blank variables of an unused text
 * aren't reported.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/12-interpolation.md
 */
export function interpolate(text: string, variable: Lookup): Interpolation {
  if (!text.includes('$')) return { value: text, problems: none, unset: none }
  const { parts, problem } = parseTemplate(text)
  const state: State = { variable, problems: [], unset: [] }
  const value = evaluate(parts, state)
  if (problem !== undefined) state.problems.push(problem)
  return { value: state.problems.length > 0 ? text : value, problems: state.problems, unset: state.unset }
}

const none: readonly never[] = []

interface State {
  readonly variable: Lookup
  readonly problems: TemplateProblem[]
  readonly unset: UnsetVariable[]
}

function evaluate(parts: readonly TemplatePart[], state: State): string {
  let value = ''
  for (const part of parts) value += typeof part === 'string' ? part : substitute(part, state)
  return value
}

function substitute(part: Substitution, state: State): string {
  const value = state.variable(part.name)
  const { operator } = part
  if (operator === undefined) {
    if (value === undefined) state.unset.push({ name: part.name, offset: part.offset })
    return value ?? ''
  }
  const present = value !== undefined && !(operator.startsWith(':') && value === '')
  const used = operator.endsWith('+') ? present : !present
  const operand = evaluate(part.operand, used ? state : { ...state, unset: [] })
  if (operator.endsWith('+')) return present ? operand : ''
  if (present) return value
  if (operator.endsWith('-')) return operand
  state.problems.push(requiredProblem(part, operand, value))
  return ''
}

function requiredProblem(part: Substitution, reason: string, value: string | undefined): TemplateProblem {
  const state = value === undefined ? 'is not set' : 'is empty'
  return {
    code: 'BH_VARIABLE_REQUIRED',
    message: `The required variable ${part.name} ${state}${reason === '' ? '.' : `: ${reason}`}`,
    hint: `Set ${part.name} in the environment or in the .env file.`,
    offset: part.offset,
    length: part.length,
  }
}
