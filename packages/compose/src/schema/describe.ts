import type { Shape } from './shape.ts'

/** What a shape asks for, in words: `a string or a list`. */
export function describeShape(shape: Shape): string {
  const names = [...new Set(namesOf(shape))]
  if (names.length <= 1) return names[0] ?? 'anything'
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`
}

/** What a value is, in words. */
export function describeValue(value: unknown): string {
  if (value === null) return 'empty'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  return `a ${typeof value}`
}

/** `a or b`, `a, b or c`, quoted. */
export function oneOf(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`)
  return quoted.length <= 1 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1) ?? ''}`
}

function namesOf(shape: Shape): readonly string[] {
  switch (shape.kind) {
    case 'text':
      return shape.choices === undefined ? ['a string'] : [oneOf(shape.choices)]
    case 'number':
      return [shape.integer ? 'a whole number' : 'a number']
    case 'flag':
      return ['true or false']
    case 'nothing':
    case 'anything':
      return []
    case 'list':
      return ['a list']
    case 'table':
    case 'fields':
      return ['a mapping']
    case 'either':
      return shape.shapes.flatMap(namesOf)
  }
}
