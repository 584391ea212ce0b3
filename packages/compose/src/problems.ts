import type { ErrorCode, Problem, SourcePosition } from '@bulkhead/model'
import { pointer } from '@bulkhead/model'
import type { Path } from './tree.ts'

/** Collects what is wrong, so that a project's problems come all at once. */
export interface Problems {
  readonly list: Problem[]
  error(code: ErrorCode, message: string, details?: ProblemDetails): void
  warning(code: ErrorCode, message: string, details?: ProblemDetails): void
  readonly failed: boolean
  /** True when an element has an error already: what follows from it needn't be said. */
  has(path: Path): boolean
}

export interface ProblemDetails {
  readonly hint?: string | undefined
  readonly at?: SourcePosition | undefined
  readonly path?: Path | undefined
}

/** Nobody reads more; what a bad file repeats must not fill the memory. */
const maximumProblems = 1000

export function collectProblems(): Problems {
  const list: Problem[] = []
  const seen = new Set<string>()
  const paths = new Set<string>()
  let failed = false
  const add = (
    severity: Problem['severity'],
    code: ErrorCode,
    message: string,
    { hint, at, path }: ProblemDetails = {},
  ): void => {
    if (severity === 'error') failed = true
    if (severity === 'error' && path !== undefined) paths.add(pointer(...path))
    const identity = `${code} ${at?.file}:${at?.line}:${at?.column} ${message}`
    if (seen.has(identity)) return
    seen.add(identity)
    if (list.length >= maximumProblems) return
    list.push({ severity, code, message, hint, at, path: path === undefined ? undefined : pointer(...path) })
  }
  return {
    list,
    error: (code, message, details) => add('error', code, message, details),
    warning: (code, message, details) => add('warning', code, message, details),
    has: (path) => paths.has(pointer(...path)),
    get failed() {
      return failed
    },
  }
}
