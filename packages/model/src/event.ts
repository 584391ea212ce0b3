import type { DeploymentOutcome } from './deployment.ts'
import type { Problem } from './error.ts'
import type { OperationType } from './operation.ts'

/** What happened in a deployment, in order. `id` counts from 1 within the deployment and serves as SSE id. */
export type DeploymentEvent = { readonly id: number; readonly time: string } & DeploymentEventBody

export type DeploymentEventBody =
  | { readonly type: 'planned'; readonly operations: number }
  | { readonly type: 'started'; readonly operation: OperationReference }
  | {
      readonly type: 'progress'
      readonly operation: OperationReference
      readonly message: string
      readonly current?: number
      readonly total?: number
    }
  /** A line that a hook or a provider wrote. */
  | { readonly type: 'output'; readonly operation: OperationReference; readonly text: string }
  | { readonly type: 'done'; readonly operation: OperationReference; readonly milliseconds: number }
  | { readonly type: 'failed'; readonly operation: OperationReference; readonly problem: Problem }
  | { readonly type: 'skipped'; readonly operation: OperationReference }
  | { readonly type: 'warning'; readonly problem: Problem }
  | { readonly type: 'finished'; readonly outcome: DeploymentOutcome; readonly problem?: Problem }

export interface OperationReference {
  readonly node: number
  readonly type: OperationType
  /** What it acts on, as progress shows it: `container db-web-db-1`, `network nat`. */
  readonly subject: string
  readonly service: string | undefined
  readonly cause: string
}
