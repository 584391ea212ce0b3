import { BulkheadError } from './error.ts'

/** Which Bulkhead keeps a project, as the engine has it. */
export interface Claim {
  readonly project: string
  /** From 1. Of several claims the one with the highest number holds. */
  readonly generation: number
  /** Id of the Bulkhead. */
  readonly owner: string
  /** Where it is, for people: `machine:/var/lib/bulkhead`. */
  readonly place: string
  /** ISO 8601. */
  readonly since: string
}

/** Who a project belongs to, for people and programs. */
export type Owner = Pick<Claim, 'owner' | 'place' | 'since'>

/** What whoever asks for a project of another Bulkhead is told. */
export function ownedByAnother(project: string, { place, since }: Owner): BulkheadError {
  return new BulkheadError(
    'BH_PROJECT_OWNED',
    `Project "${project}" is kept by another Bulkhead (${place}, since ${since}).`,
    {
      hint: `Ask that one, or have it give the project up with \`bulkhead release ${project}\`. When it is gone for good, take over with \`bulkhead up --take-over\`.`,
    },
  )
}
