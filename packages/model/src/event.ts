import type { ErrorCode, Problem } from './error.ts'
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

export type DeploymentAction = 'up' | 'stop' | 'down'
export type DeploymentOutcome = 'succeeded' | 'failed' | 'canceled' | 'superseded'
export type DeploymentState = 'queued' | 'running' | DeploymentOutcome

export interface Deployment {
  readonly id: string
  readonly project: string
  readonly action: DeploymentAction
  readonly revision: number | undefined
  readonly state: DeploymentState
  /** ISO 8601. */
  readonly createdAt: string
  readonly finishedAt: string | undefined
  /** Operations done so far, all rounds together; 0 at the end: nothing had to be changed. */
  readonly operations: number
  readonly problem: (Omit<Problem, 'code'> & { readonly code: ErrorCode }) | undefined
}
