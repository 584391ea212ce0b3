import { load, type LoadInput, type LoadResult, type Reader } from '@bulkhead/compose'
import type { Problem } from '@bulkhead/model'

/** A machine that lives in memory: files by absolute path, variables by name. */
export interface Machine {
  readonly files: Readonly<Record<string, string | Uint8Array>>
  readonly variables?: Readonly<Record<string, string>> | undefined
}

export function readerOf({ files, variables = {} }: Machine): Reader {
  const contents = new Map(Object.entries(files))
  const values = new Map(Object.entries(variables))
  return {
    readFile(path) {
      const content = contents.get(path)
      return typeof content === 'string' ? new TextEncoder().encode(content) : content
    },
    isFolder: (path) => [...contents.keys()].some((file) => file.startsWith(`${path}/`)),
    variable: (name) => values.get(name),
  }
}

/** Loads what is in /p, or what `input` says. */
export function loadFrom(
  files: Machine['files'],
  input: Partial<Omit<LoadInput, 'reader'>> & { readonly variables?: Machine['variables'] } = {},
): LoadResult {
  const { variables, ...rest } = input
  const reader = readerOf({ files, variables })
  return load({ reader, workingDir: '/p', configFiles: [], profiles: [], environmentFiles: [], ...rest })
}

/** The text alone as /p/compose.yaml. */
export function loadText(text: string, input: Parameters<typeof loadFrom>[1] = {}): LoadResult {
  return loadFrom({ '/p/compose.yaml': text }, input)
}

/** Project data without prototypes' differences, undefined values and places. */
export function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null))
}

/** `error BH_X file:line:column message` a problem. */
export function lines(problems: readonly Problem[]): readonly string[] {
  return problems.map(({ severity, code, message, at }) => {
    const place = at === undefined ? '' : ` ${at.file}:${at.line}:${at.column}`
    return `${severity} ${code}${place} ${message}`
  })
}

/** The problem as a person sees it: place, message, the line with a caret, the next step. */
export function picture({ severity, code, message, hint, at, excerpt }: Problem): string {
  const place = at === undefined ? '' : `${at.file}:${at.line}:${at.column}: `
  const shown =
    excerpt === undefined || at === undefined ? [] : [`    ${excerpt}`, `    ${' '.repeat(at.column - 1)}^`]
  return [
    `${place}${severity} ${code}`,
    `  ${message}`,
    ...shown,
    ...(hint === undefined ? [] : [`  → ${hint}`]),
  ].join('\n')
}
