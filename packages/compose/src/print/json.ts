import type { Encoded } from './encode.ts'

/**
 * JSON byte for byte as Compose writes it: `<`, `>`, `&` and the two line
 * separators escaped inside of texts.
 *
 * @param indent Spaces by which each level is indented; 0 for the compact form.
 */
export function writeJson(value: Encoded, indent = 0): string {
  return write(value, indent === 0 ? undefined : ' '.repeat(indent), '')
}

function write(value: Encoded, step: string | undefined, margin: string): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'number') return writeNumber(value)
  if (typeof value === 'boolean' || value === null) return String(value)
  const inner = step === undefined ? '' : margin + step
  const isList = Array.isArray(value)
  const items = isList
    ? (value as readonly Encoded[]).map((item) => write(item, step, inner))
    : [...(value as ReadonlyMap<string, Encoded>)].map(
        ([key, item]) => `${quote(key)}:${step === undefined ? '' : ' '}${write(item, step, inner)}`,
      )
  const [open, close] = isList ? ['[', ']'] : ['{', '}']
  if (items.length === 0) return open + close
  if (step === undefined) return `${open}${items.join(',')}${close}`
  return `${open}\n${items.map((item) => inner + item).join(',\n')}\n${margin}${close}`
}

function quote(text: string): string {
  const quoted = JSON.stringify(text)
  if (!special.test(quoted)) return quoted
  return quoted.replace(new RegExp(special, 'g'), (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

const special = /[<>&\u2028\u2029]/

/** Exponents have two digits at least: `1e-07`. */
function writeNumber(value: number): string {
  return String(value).replace(/e([-+])(\d)$/, 'e$10$2')
}
