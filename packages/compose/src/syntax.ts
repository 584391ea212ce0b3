import { isScalar, visit, type Document, type YAMLParseError } from 'yaml'

/** A syntax error in words, at the token that is to blame. */
export interface SyntaxMistake {
  readonly offset: number
  readonly message: string
  readonly hint: string
}

/**
 * Tells what the parser found in the words of someone who writes Compose files.
 * The parser often notices a mistake where it ends: the place is moved to where
 * it begins.
 */
export function describeSyntax(error: YAMLParseError, document: Document, text: string): SyntaxMistake {
  const [offset] = error.pos
  if (/closing ['"]?.?quote/i.test(error.message)) {
    return {
      offset: startOfQuote(document, offset) ?? offset,
      message: 'This quote is not closed.',
      hint: 'Close it on the same line.',
    }
  }
  const bracket = /must .*end with an? ([\]}])/.exec(error.message)?.[1]
  if (bracket !== undefined) {
    return {
      offset: skipBlanks(text, offset),
      message: `A "${bracket}" is missing before this place.`,
      hint: `Close the ${bracket === ']' ? 'list' : 'mapping'} with "${bracket}".`,
    }
  }
  const known = mistakes[error.code]
  const at = error.code === 'TAB_AS_INDENT' ? offset : skipBlanks(text, offset)
  if (known !== undefined) return { offset: at, ...known }
  const [sentence = error.message] = error.message.split('\n', 1)
  return {
    offset: at,
    message: sentence.endsWith('.') ? sentence : `${sentence}.`,
    hint: sentence.includes('lain value') ? 'Put the text in quotes.' : 'Correct the YAML at this place.',
  }
}

const mistakes: Readonly<Record<string, Omit<SyntaxMistake, 'offset'>>> = {
  BAD_INDENT: {
    message: 'The indentation does not fit the lines around.',
    hint: 'Align the line with its siblings, using spaces.',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'A nested mapping starts on the line of its key.',
    hint: 'Put a text that contains ": " in quotes, or start the mapping on a line of its own.',
  },
  MISSING_CHAR: {
    message: 'A character is missing here, mostly the colon after a key.',
    hint: 'Write `key: value`, with a space after the colon.',
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'A key goes over more than one line.',
    hint: 'Look for a missing colon or a wrong indentation.',
  },
  TAB_AS_INDENT: { message: 'A tab is used for indentation.', hint: 'Use spaces.' },
}

/** Where the quoted text begins that is open at the offset. */
function startOfQuote(document: Document, offset: number): number | undefined {
  let start: number | undefined
  visit(document, {
    Scalar(_key, node) {
      const quoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE')
      if (quoted && node.range && node.range[0] <= offset) start = node.range[0]
    },
  })
  return start
}

function skipBlanks(text: string, offset: number): number {
  let index = offset
  while (text.charAt(index) === ' ') index += 1
  const end = index >= text.length || text.charAt(index) === '\n'
  return end ? offset : index
}
