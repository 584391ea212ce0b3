/** A place in one of the user's own files. Lines and columns count from 1. */
export interface SourcePosition {
  /** The file as the user named it, or as a bundle names it; absolute where that is known. */
  readonly file: string
  readonly line: number
  readonly column: number
}

/** `file:line:column`, the form that terminals and editors make clickable. */
export function formatPosition({ file, line, column }: SourcePosition): string {
  return `${file}:${line}:${column}`
}
