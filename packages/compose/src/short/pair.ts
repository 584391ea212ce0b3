/**
 * Splits `NAME=value` at the first equals sign. A bare `NAME` has no value:
 * an environment variable is then passed through, a label is empty.
 */
export function parsePair(text: string): readonly [name: string, value: string | undefined] {
  const equals = text.indexOf('=')
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)]
}
