import type { Observer, OperationReport } from '@bulkhead/reconciler'
import type { ExplainInput } from '@bulkhead/planner'

type Failure = NonNullable<ExplainInput['failure']>

/** What the last round of each project broke on, as long as none went well since. In memory: the next round says it again. */
export interface Failures extends Observer {
  of(project: string): Failure | undefined
}

export function createFailures(now: () => Date): Failures {
  const failures = new Map<string, Failure>()
  /** The first operation that failed in a round. */
  const broken = new Map<string, OperationReport['operation']>()
  return {
    of: (project) => failures.get(project),
    operationEnded({ project, outcome, operation }) {
      if (outcome === 'failed' && !broken.has(project)) broken.set(project, operation)
    },
    roundEnded({ project, outcome, error }) {
      const operation = broken.get(project)
      broken.delete(project)
      // What a wait came to is told by what was waited for.
      if (outcome !== 'failed' || error === undefined || operation?.type === 'awaitCondition') {
        failures.delete(project)
        return
      }
      const { message, hint } = error
      failures.set(project, { at: now().toISOString(), service: operation?.service, message, hint })
    },
  }
}
