import { parseTemplate, type TemplatePart } from './parse.ts'

/** A variable that a project reads, for `config --variables`. */
export interface TemplateVariable {
  readonly name: string
  /** No value and no default: the project does not load. */
  readonly required: boolean
  /** The text after `-`, as written. */
  readonly defaultValue: string
  /** The text after `+`, as written. */
  readonly alternateValue: string
}

/**
 * The variables that a text reads, in order, those inside of defaults too. A
 * text with a syntax error gives those before it.
 */
export function listVariables(text: string): readonly TemplateVariable[] {
  if (!text.includes('$')) return []
  const found: TemplateVariable[] = []
  collect(parseTemplate(text).parts, found)
  return found
}

/**
 * One entry a variable, by name: where a text says more about a variable than
 * another, that holds.
 */
export function mergeVariables(variables: Iterable<TemplateVariable>): readonly TemplateVariable[] {
  const byName = new Map<string, TemplateVariable>()
  for (const variable of variables) {
    const known = byName.get(variable.name)
    byName.set(
      variable.name,
      known === undefined
        ? variable
        : {
            name: variable.name,
            required: known.required || variable.required,
            defaultValue: known.defaultValue === '' ? variable.defaultValue : known.defaultValue,
            alternateValue: known.alternateValue === '' ? variable.alternateValue : known.alternateValue,
          },
    )
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function collect(parts: readonly TemplatePart[], found: TemplateVariable[]): void {
  for (const part of parts) {
    if (typeof part === 'string') continue
    const operator = part.operator?.at(-1)
    found.push({
      name: part.name,
      required: operator === '?',
      defaultValue: operator === '-' ? part.source : '',
      alternateValue: operator === '+' ? part.source : '',
    })
    collect(part.operand, found)
  }
}
