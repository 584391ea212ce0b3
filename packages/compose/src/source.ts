import type { SourcePosition } from '@bulkhead/model'

/** The text of one file, with what is needed to turn offsets into lines. */
export interface Source {
  readonly file: string
  readonly text: string
  lineStarts: readonly number[] | undefined
}

export function makeSource(file: string, text: string): Source {
  return { file, text, lineStarts: undefined }
}

/** The place of an offset; lines and columns count from 1, columns in UTF-16 units. */
export function positionAt(source: Source, offset: number): SourcePosition {
  const starts = (source.lineStarts ??= lineStartsOf(source.text))
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return { file: source.file, line: low + 1, column: offset - (starts[low] ?? 0) + 1 }
}

/** The text of a line, for the picture of a problem. */
export function lineAt(source: Source, line: number): string | undefined {
  const starts = (source.lineStarts ??= lineStartsOf(source.text))
  const start = starts[line - 1]
  if (start === undefined) return undefined
  const end = starts[line] ?? source.text.length + 1
  return source.text.slice(start, end - 1).replace(/\r$/, '')
}

function lineStartsOf(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}
