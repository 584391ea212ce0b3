import { parsed, refused, type Parsed } from './parsed.ts'

export interface Words {
  readonly words: readonly string[]
  /** The shell operator at which Compose stops reading a command line, with all that follows; undefined when there is none. */
  readonly ignored?: string | undefined
}

/**
 * Splits a command line into words the way Compose does: single quotes keep
 * their text, double quotes and a bare backslash escape, `$(…)` and backticks
 * are kept whole. No shell runs: an unquoted `; & | < >` ends the command, and
 * what follows is not part of it.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#command
 */
export function parseWords(line: string): Parsed<Words> {
  const words: string[] = []
  let word = ''
  let started = false
  let quote: Quote = undefined
  for (let index = 0; index < line.length; index += 1) {
    const character = line.charAt(index)
    if (character === '\\' && quote !== "'") {
      index += 1
      if (index === line.length) return refused('A command line ends in a backslash.', hint)
      word += line.charAt(index)
      started = true
      continue
    }
    if (quote === undefined && isSpace(character)) {
      if (started) words.push(word)
      word = ''
      started = false
      continue
    }
    if (quote === undefined && ';&|<>'.includes(character)) {
      if (started && !(character === '>' && /^\d/.test(word))) words.push(word)
      return parsed({ words, ignored: line.slice(index) })
    }
    const next = quoteAfter(character, quote, word)
    if (next === 'invalid') return refused('A command line has a parenthesis outside of quotes.', hint)
    const isMark = (character === '"' || character === "'") && next !== quote
    quote = next
    started = true
    if (!isMark) word += character
  }
  if (quote !== undefined)
    return refused(`A command line has an opening ${quote} that is never closed.`, hint)
  if (started) words.push(word)
  return parsed({ words })
}

const hint = 'Quote the argument, or write the command as a list.'

/** What the reader is inside of. */
type Quote = '"' | "'" | '`' | '$(' | undefined

function quoteAfter(character: string, quote: Quote, word: string): Quote | 'invalid' {
  switch (character) {
    case '"':
    case "'":
    case '`':
      if (quote === undefined) return character
      return quote === character ? undefined : quote
    case '(':
      if (quote !== undefined) return quote === '$(' ? 'invalid' : quote
      return word.endsWith('$') ? '$(' : 'invalid'
    case ')':
      if (quote === '$(') return undefined
      return quote ?? 'invalid'
    default:
      return quote
  }
}

function isSpace(character: string): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r'
}
