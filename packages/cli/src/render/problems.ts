import { relative } from 'node:path'
import { formatPosition } from '@bulkhead/model'
import type { Problem } from '@bulkhead/model'
import type { Colors } from './color.ts'

export interface ProblemStyle {
  readonly colors: Colors
  /** Files below it are named relative to it. */
  readonly cwd: string
}

/** More than a person reads; often one mistake, made again and again. */
const mostProblems = 30

/** Longest piece of a line that is shown; a longer line is cut around the place. */
const excerptWidth = 100

/**
 * Problems as a person reads them, one paragraph each, ending with a line end:
 *
 *     error: service "web" needs an image or a build
 *       --> compose.yaml:3:5
 *        |
 *      3 |     web:
 *        |     ^
 *       hint: Give it one of both.
 */
export function renderProblems(problems: readonly Problem[], style: ProblemStyle): string {
  const shown = problems.slice(0, mostProblems)
  const rest = problems.length - shown.length
  const more = rest === 0 ? '' : `… and ${rest} more. See all of them with \`--json\` before the command.\n`
  return shown.map((problem) => `${renderProblem(problem, style)}\n`).join('') + more
}

/** One JSON object a line. */
export function renderProblemsAsJson(problems: readonly Problem[]): string {
  return problems.map((problem) => `${JSON.stringify({ type: 'problem', ...problem })}\n`).join('')
}

function renderProblem(problem: Problem, style: ProblemStyle): string {
  const { colors } = style
  const kind = problem.severity === 'error' ? colors.red('error:') : colors.yellow('warning:')
  return [
    `${kind} ${colors.bold(problem.message)}`,
    ...placeLines(problem, style),
    ...(problem.hint === undefined ? [] : [`  ${colors.cyan('hint:')} ${problem.hint}`]),
  ].join('\n')
}

function placeLines({ at, excerpt }: Problem, { colors, cwd }: ProblemStyle): readonly string[] {
  if (at === undefined) return []
  const place = `  ${colors.blue('-->')} ${formatPosition({ ...at, file: nameOf(at.file, cwd) })}`
  if (excerpt === undefined || excerpt.trim() === '') return [place]
  const number = String(at.line)
  const gutter = ' '.repeat(number.length)
  const { text, caret } = cut(excerpt.replace(/\r?\n$/, ''), at.column)
  const bar = colors.blue('|')
  return [
    place,
    ` ${gutter} ${bar}`,
    ` ${colors.blue(number)} ${bar} ${text}`,
    ` ${gutter} ${bar} ${caret}${colors.red('^')}`,
  ]
}

/** The line, cut to what fits around the column, and the blanks that bring a caret below it. */
function cut(line: string, column: number): { readonly text: string; readonly caret: string } {
  const start = column <= excerptWidth - 20 ? 0 : column - excerptWidth + 20
  const head = start === 0 ? '' : '…'
  const tail = line.length > start + excerptWidth ? '…' : ''
  const text = `${head}${line.slice(start, start + excerptWidth)}${tail}`
  const before = text.slice(0, column - 1 - start + head.length)
  return { text, caret: before.replaceAll(/[^\t]/g, ' ') }
}

function nameOf(file: string, cwd: string): string {
  const name = relative(cwd, file)
  return name === '' || name.startsWith('..') ? file : name
}
