import { createHash } from 'node:crypto'
import {
  planFormat,
  type DeploymentAction,
  type FieldChange,
  type PlanAction,
  type PlanBasis,
  type PlanDocument,
  type PlannedOperation,
} from '@bulkhead/model'
import { actionsOf } from './actions.ts'
import { canonical } from './hash.ts'
import type { Preview } from './preview.ts'
import { referenceOf } from './text.ts'

export interface DocumentInput {
  readonly project: string
  readonly action: DeploymentAction
  readonly preview: Preview
  readonly basis: PlanBasis
  /** What is different of a container that is replaced, by its subject; nothing secret in it. */
  readonly changes: ReadonlyMap<string, readonly FieldChange[]>
  /** Hides secrets in a text. */
  readonly mask: (text: string) => string
}

/** The plan as it is shown and kept. The same input gives the same document, byte for byte. */
export function planDocument({
  project,
  action,
  preview,
  basis,
  changes,
  mask,
}: DocumentInput): PlanDocument {
  const { plan, problems, unknowns } = preview
  const operations = plan.map((node): PlannedOperation => {
    const { node: id, type, subject, service, cause } = referenceOf(node)
    return { id, type, subject, service, cause: mask(cause), after: node.after }
  })
  const actions = actionsOf(plan).map((action): PlanAction => {
    const found = changes.get(action.subject)
    return { ...action, cause: mask(action.cause), ...(found === undefined ? {} : { changes: found }) }
  })
  const body = {
    format: planFormat,
    project,
    action,
    actions,
    operations,
    unknowns,
    problems,
    basis,
  } as const
  const id = createHash('sha256').update(canonical(body)).digest('hex')
  return { ...body, id }
}
