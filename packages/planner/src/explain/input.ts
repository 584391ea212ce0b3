import type {
  Cause,
  CauseKind,
  Drift,
  Intent,
  Notes,
  Observed,
  PastDeployment,
  Plan,
  Problem,
  Project,
} from '@bulkhead/model'

/** All that an explanation is made from. */
export interface ExplainInput {
  readonly name: string
  /** Undefined: Bulkhead does not keep it. */
  readonly project: Project | undefined
  readonly intent: Intent | undefined
  readonly observed: Observed
  readonly notes: Notes
  /** Since when reconciling rests, ISO 8601. */
  readonly suspended: string | undefined
  /** What the loop would do now, and what keeps it from doing anything. */
  readonly plan: Plan
  readonly problems: readonly Problem[]
  readonly drift: readonly Drift[]
  /** Newest first. */
  readonly deployments: readonly PastDeployment[]
  /** What the project's last round came to, where it failed. */
  readonly failure?: RoundFailure | undefined
  /** Container id → since when its health is what it is, ISO 8601. */
  readonly healthSince: Readonly<Record<string, string>>
  /** Container id → the last lines that it wrote. */
  readonly lastLines: Readonly<Record<string, readonly string[]>>
}

export interface RoundFailure {
  /** ISO 8601. */
  readonly at: string
  /** The service that it was about; undefined: not known. */
  readonly service: string | undefined
  readonly message: string
  readonly hint?: string | undefined
}

export function cause(
  kind: CauseKind,
  text: string,
  more: Partial<Pick<Cause, 'causes'>> & {
    readonly [K in 'since' | 'next' | 'detail' | 'hint']?: string | undefined
  } = {},
): Cause {
  const { since, next, detail, hint, causes = [] } = more
  return {
    kind,
    text,
    ...(since === undefined ? {} : { since }),
    ...(next === undefined ? {} : { next }),
    ...(detail === undefined || detail === '' ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    causes,
  }
}
