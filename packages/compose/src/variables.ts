import type { Problem } from '@bulkhead/model'
import { discover } from './discover.ts'
import type { LoadInput } from './input.ts'
import { collectProblems } from './problems.ts'

/** What `--env-file` or the `.env` files of a project set: `config --environment` shows it under the caller's own variables. */
export interface FileVariables {
  readonly variables: ReadonlyMap<string, string>
  readonly problems: readonly Problem[]
}

export function readFileVariables(input: LoadInput): FileVariables {
  const problems = collectProblems()
  const discovery = discover(input, problems)
  return { variables: discovery?.fromFiles ?? new Map(), problems: problems.list }
}
