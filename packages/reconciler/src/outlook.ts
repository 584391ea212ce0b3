import type { Engine, Recall } from '@bulkhead/engine'
import type {
  Drift,
  EngineCapabilities,
  Notes,
  Observed,
  Plan,
  Problem,
  ProjectStatus,
} from '@bulkhead/model'
import {
  driftOf,
  plan,
  preview,
  statusOf,
  withProvisions,
  type ComposeHashes,
  type PlanInput,
  type Preview,
} from '@bulkhead/planner'
import { keyOf } from './findings.ts'
import type { Holds } from './holds.ts'
import { newMemory, type Memory } from './memory.ts'
import type { Notebook } from './notebook.ts'
import type { Ownership } from './ownership.ts'
import type { DesiredState, Ledger } from './port.ts'
import { queryFor } from './round.ts'

export interface OutlookOptions {
  readonly engine: Engine
  readonly ledger: Pick<Ledger, 'desired'>
  readonly notebook: Notebook
  readonly holds: Pick<Holds, 'of'>
  readonly composeHashes: ComposeHashes
  readonly hashKey: string
  /** Whose projects are; undefined: there is nobody else. */
  readonly ownership?: Ownership | undefined
  /** One-offs that somebody is about to start. */
  readonly attended: (project: string) => ReadonlySet<string>
  /** What the loop's own rounds need not inspect again. */
  readonly recall: Recall
}

/** What is seen of a project, and what a plan for it is made from. Does nothing. */
export interface Outlook {
  /** Who asks for something is answered from what is there now; `mayRecall`: by what is known and what has changed. */
  look(
    project: string,
    desired: DesiredState | undefined,
    mayRecall?: boolean,
  ): Promise<readonly [EngineCapabilities, Observed]>
  /** The next look at the project inspects all of it. */
  forget(project: string): void
  /** `memory`: of the deployment that is planned for, if it is one. */
  inputFor(
    project: string,
    desired: DesiredState,
    memory: Memory | undefined,
  ): Omit<PlanInput, 'capabilities' | 'observed'>
  /** Observes and compares; plans, but does nothing. */
  insight(project: string): Promise<Insight>
  /** What a deployment would do if this were wanted; does nothing. */
  foresee(project: string, wanted: DesiredState): Promise<Foresight>
}

/** One look at a project. */
export interface Insight {
  readonly status: ProjectStatus
  readonly observed: Observed
  readonly notes: Notes
  /** What a round of the loop would do now. */
  readonly plan: Plan
  readonly problems: readonly Problem[]
}

/** A plan before it is anything, and what it was made from. */
export interface Foresight {
  readonly input: PlanInput
  readonly preview: Preview
}

const nothing = (): undefined => undefined

export function createOutlook({
  engine,
  ledger,
  notebook,
  holds,
  composeHashes,
  hashKey,
  ownership,
  attended,
  recall,
}: OutlookOptions): Outlook {
  /** Projects whose next look is at all of it. */
  const unknown = new Set<string>()

  function look(name: string, desired: DesiredState | undefined, mayRecall = false) {
    const isKnown = mayRecall && !unknown.delete(name)
    const remembered = isKnown ? recall : { ...recall, container: nothing, image: nothing }
    const query = { ...queryFor(name, desired, composeHashes), recall: mayRecall ? remembered : undefined }
    return Promise.all([engine.capabilities(), engine.observe(query)])
  }

  function inputFor(
    name: string,
    { project, intent, deployment, hooksRun, provisions, former }: DesiredState,
    memory: Memory | undefined,
  ): Omit<PlanInput, 'capabilities' | 'observed'> {
    return {
      name,
      project: project && withProvisions(project, provisions ?? []),
      intent,
      provisions,
      hashKey,
      composeHashes,
      owner: ownership?.owner,
      held: holds.of(name),
      ended: notebook.of(name).ended,
      hooksRun,
      former,
      attended: attended(name),
      deployment: memory &&
        deployment && {
          action: deployment.action,
          options: deployment.options,
          refresh: memory.refreshed
            ? undefined
            : { build: deployment.options.build ?? false, now: deployment.createdAt },
          provided: memory.provided,
          since: deployment.createdAt,
          proven: memory.proven,
          started: memory.started,
          signaled: memory.signaled,
        },
    }
  }

  return {
    look,
    inputFor,
    forget: (name) => void unknown.add(name),
    async insight(name) {
      const desired = ledger.desired(name)
      const [capabilities, observed] = await look(name, desired)
      const { project, intent, revision } = desired ?? {}
      const notes = notebook.of(name)
      const input = desired && {
        ...inputFor(name, { ...desired, deployment: undefined }, undefined),
        capabilities,
        observed,
      }
      const { plan: nodes, problems } = input === undefined ? { plan: [], problems: [] } : plan(input)
      const isSettled = nodes.length === 0 && problems.every(({ severity }) => severity === 'warning')
      const converged = input !== undefined && isSettled
      const drift = (input === undefined ? [] : driftOf(input)).map((one): Drift => ({
        ...one,
        since: notes.differs[keyOf(one)] ?? notes.touched[one.object]?.at,
        cause: notes.touched[one.object]?.action,
      }))
      const status = {
        ...statusOf({ name, project, intent, revision, observed, capabilities, converged, notes }),
        drift,
      }
      return { status, observed, notes, plan: nodes, problems }
    },
    async foresee(name, wanted) {
      const [capabilities, observed] = await look(name, wanted)
      const input = { ...inputFor(name, wanted, newMemory({ options: {} })), capabilities, observed }
      return { input, preview: preview(input) }
    },
  }
}
