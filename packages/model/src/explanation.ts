import type { DeploymentAction, DeploymentState } from './deployment.ts'

export const causeKinds = [
  'runs',
  'unkept',
  'orphan',
  'profile',
  'down',
  'suspended',
  'not asked for',
  'stopped',
  'created only',
  'removed',
  'scale',
  'held',
  'breaker',
  'problem',
  'failure',
  'deployment',
  'waits',
  'unhealthy',
  'health unknown',
  'crashes',
  'ended',
  'paused',
  'killed',
  'missing',
  'drift',
  'pending',
  'provider',
] as const
export type CauseKind = (typeof causeKinds)[number]

/** Why a service runs, or does not. */
export interface Explanation {
  readonly project: string
  readonly service: string
  /** True when it is as it was asked for. */
  readonly well: boolean
  /** Replicas that run, and that are to. */
  readonly running: number
  readonly wanted: number
  /** The weightiest first. */
  readonly causes: readonly Cause[]
}

/** One reason, and the reasons for it. Reads: `${text} since ${since}: ${detail}`. */
export interface Cause {
  readonly kind: CauseKind
  /** Without a full stop: `web waits for db to be healthy`. */
  readonly text: string
  /** ISO 8601; absent: not known, or of no use. */
  readonly since?: string
  /** When it is tried again, ISO 8601; absent: nothing is to be tried, or nobody knows when. */
  readonly next?: string
  /** What somebody said of it: a probe, the engine, the last lines of a log. Secrets are masked. */
  readonly detail?: string
  /** What to do about it, one imperative sentence. */
  readonly hint?: string
  readonly causes: readonly Cause[]
}

/** Who asked for what: as far as an explanation needs it. */
export interface PastDeployment {
  readonly id: string
  readonly action: DeploymentAction
  /** As the client says. */
  readonly author?: string | undefined
  /** Services that it was about; undefined: all. */
  readonly services?: readonly string[] | undefined
  readonly state: DeploymentState
  /** ISO 8601. */
  readonly createdAt: string
}
