import { noNotes } from '@bulkhead/model'
import type {
  DeploymentAction,
  DeploymentOutcome,
  Intent,
  Notes,
  Problem,
  Project,
  Provision,
} from '@bulkhead/model'
import type { HooksRun } from '@bulkhead/planner'
import type { DesiredState, FailedUpdate, Ledger } from '../src/index.ts'

/** What was asked for, kept in memory. It outlives any reconciler, as a store does. */
export interface MemoryLedger extends Ledger {
  /** Asks for something new: what was asked for before gives way. */
  ask(project: Project, intent: Intent, action: DeploymentAction): void
  /** Of the deployments that are over, in order. */
  readonly outcomes: readonly Outcome[]
  /** Breakers that opened. */
  readonly opened: readonly { readonly service: string; readonly reason: string }[]
  /** Whether a deployment waits or runs. */
  isBusy(): boolean
}

export interface Outcome {
  readonly id: string
  readonly outcome: DeploymentOutcome
  readonly operations: number
  readonly problem: Problem | undefined
  readonly update: FailedUpdate | undefined
}

/** A ledger of one project. */
export function memoryLedger(): MemoryLedger {
  const outcomes: Outcome[] = []
  const opened: { readonly service: string; readonly reason: string }[] = []
  let state: DesiredState | undefined
  let revision = 0
  let provisions: readonly Provision[] = []
  const hooksRun = new Map<string, HooksRun>()
  let notes: Notes = noNotes
  let seen: string | undefined
  const pause = (service: string, reason: string): void => {
    if (state === undefined) return
    const { intent } = state
    state = { ...state, intent: { ...intent, paused: { ...intent.paused, [service]: reason } } }
  }
  return {
    outcomes,
    opened,
    isBusy: () => state?.deployment !== undefined,
    ask(project, intent, action) {
      revision += 1
      state = {
        project,
        intent,
        revision,
        contexts: {},
        hooksRun,
        deployment: { id: `d${revision}`, action, createdAt: '2026-01-01T00:00:00Z', options: {} },
      }
    },
    projects: () => (state?.project === undefined ? [] : [state.project.name]),
    desired: (name) => (state?.project?.name === name ? { ...state, provisions } : undefined),
    restarting(_name, restarts, replace = []) {
      if (state === undefined) return
      const { intent } = state
      state = {
        ...state,
        intent: {
          ...intent,
          restarts: { ...intent.restarts, ...restarts },
          replace: [...intent.replace, ...replace],
        },
      }
    },
    hookRan: (_project, container, run) => hooksRun.set(container, run),
    provisioned(_project, provision) {
      provisions = [...withoutProvision(provisions, provision), provision]
    },
    released(_project, name) {
      provisions = withoutProvision(provisions, { kind: 'provider', name })
    },
    containerGone: (container) => hooksRun.delete(container),
    breakerOpened: (_name, service, reason) => void opened.push({ service, reason }),
    notes: (name) => (state?.project?.name === name ? notes : undefined),
    note: (_name, written) => void (notes = written),
    together: (write) => write(),
    seen: () => seen,
    saw: (timeNano) => void (seen = timeNano),
    deploymentRunning: () => undefined,
    deploymentEvent: () => undefined,
    updatePaused: (_name, service, reason) => pause(service, reason),
    deploymentFinished(id, outcome, operations, problem, update) {
      outcomes.push({ id, outcome, operations, problem, update })
      // Going back is the daemon's: it has the revisions.
      if (update !== undefined) pause(update.service, problem?.message ?? '')
      if (state?.deployment?.id === id) state = { ...state, deployment: undefined }
    },
  }
}

function withoutProvision(
  provisions: readonly Provision[],
  { kind, name }: Pick<Provision, 'kind' | 'name'>,
): readonly Provision[] {
  return provisions.filter((one) => one.kind !== kind || one.name !== name)
}
