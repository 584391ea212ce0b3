import type { Problem } from '@bulkhead/model'
import type { ParsedFile } from './documents.ts'
import { lineAt } from './source.ts'

const longest = 200

/** The problems in the order of the files, each with the line that it is about. */
export function withExcerpts(
  problems: readonly Problem[],
  files: ReadonlyMap<string, ParsedFile>,
): readonly Problem[] {
  const places = new Map([...files.keys()].map((file, index) => [file, index]))
  const rank = ({ at }: Problem): number => (at === undefined ? -1 : (places.get(at.file) ?? places.size))
  return problems
    .map((problem) => ({ ...problem, ...excerptOf(problem, files) }))
    .sort(
      (a, b) =>
        rank(a) - rank(b) ||
        (a.at?.line ?? 0) - (b.at?.line ?? 0) ||
        (a.at?.column ?? 0) - (b.at?.column ?? 0),
    )
}

function excerptOf(
  { at, path }: Problem,
  files: ReadonlyMap<string, ParsedFile>,
): { readonly excerpt: string } | undefined {
  const file = at === undefined ? undefined : files.get(at.file)
  if (at === undefined || file === undefined || mayHoldSecret(path)) return undefined
  const line = lineAt(file.source, at.line)
  return line === undefined || line.length > longest ? undefined : { excerpt: line }
}

/** Values of variables, arguments and inline contents are often secrets. */
function mayHoldSecret(path: string | undefined): boolean {
  return path !== undefined && /\/(?:environment|args|content)(?:\/|$)/.test(path)
}
