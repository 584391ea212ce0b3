import type { Engine } from '@bulkhead/engine'
import {
  BulkheadError,
  positionOf,
  toProblem,
  type OperationType,
  type Plan,
  type PlanNode,
  type Problem,
  type Project,
  type Provision,
  type RegistryCredentials,
} from '@bulkhead/model'
import { overriddenBy, referenceOf } from '@bulkhead/planner'
import PQueue from 'p-queue'
import { execute, type Execution } from './execute.ts'
import type { Holds } from './holds.ts'
import { warn, warnOnce, type Emit, type Memory } from './memory.ts'
import type { Observer } from './observer.ts'
import { carryOut } from './operations.ts'
import type { LeavingContainer, DesiredState, Ledger, Programs } from './port.ts'
import { noPrograms } from './provide.ts'
import { newTurns, type Turns } from './turns.ts'
import type { EventWatch } from './watch.ts'

export interface ExecutorOptions {
  readonly engine: Engine
  readonly ledger: Ledger
  /** @default they can't be run */
  readonly programs?: Programs | undefined
  readonly openContext: (digest: string) => NodeJS.ReadableStream
  readonly holds: Holds
  readonly watch: () => EventWatch
  readonly observer: Observer
  /** Bounds the operations on the engine at once, over all projects. */
  readonly turns: Turns
  /** Builds at once, over all projects. */
  readonly buildConcurrency: number
  readonly pullIdleTimeoutMs: number
  /** Keeps what is to be kept of a container that goes; never throws. @default nothing */
  readonly keepLogs?: (container: LeavingContainer) => Promise<void>
  /** The login for an image's registry that came with a deployment; undefined: none did. */
  readonly credentialsFor?: (deployment: string, reference: string) => RegistryCredentials | undefined
}

export interface Work {
  readonly project: string
  readonly desired: DesiredState
  /** Undefined for a round of the loop's own. */
  readonly memory: Memory | undefined
  readonly emit: Emit
  readonly nodes: Plan
  readonly signal: AbortSignal
  /** Set in rounds of the loop's own: what fails stops nothing else, and waits end when it fires. */
  readonly overdue?: AbortSignal | undefined
}

/** Images that come and go at once, over all projects: downloads hold up no start. */
const imagesAtOnce = 8

/** Carries out plans, and has each operation's events, warnings and effects on the store told. */
export function newExecutor(options: ExecutorOptions): (work: Work) => Promise<Execution> {
  const { engine, ledger, openContext, holds, watch, observer, turns } = options
  const aliasing = new PQueue({ concurrency: 1 })
  const builds = new PQueue({ concurrency: options.buildConcurrency })
  const images = newTurns({ places: imagesAtOnce })
  return ({ project: name, desired, memory, emit, nodes, signal, overdue }) => {
    const made = new Map<string, string>()
    // Images that didn't come, where that is only worth a warning.
    const fruitless = new Set<number>()
    const reportOf = (node: PlanNode, milliseconds: number) => ({
      project: name,
      deployment: desired.deployment?.id,
      operation: referenceOf(node),
      milliseconds,
    })
    const failing = new Map<string, number>()
    return execute(nodes, {
      turn: ({ operation }, work) => (getsImage.has(operation.type) ? images : turns).take(name, work),
      goesOn: overdue !== undefined,
      overdue,
      gate: ({ operation }) => (getsImage.has(operation.type) ? memory?.images : undefined),
      signal,
      now: () => performance.now(),
      run: (node, cut) =>
        carryOut(node.operation, {
          project: name,
          engine,
          watch: watch(),
          signal: cut,
          made,
          pullIdleTimeoutMs: options.pullIdleTimeoutMs,
          progress: (step) => emit({ type: 'progress', operation: referenceOf(node), ...step }),
          warn: (error) => {
            if (getsImage.has(node.operation.type)) fruitless.add(node.id)
            warn(error, desired, memory, emit)
          },
          openContext: (folder) => openContext(contextDigest(desired.contexts, folder)),
          output: outputTo((text) => emit({ type: 'output', operation: referenceOf(node), text })),
          hookRan: (container, run) => ledger.hookRan(name, container, run),
          programs: options.programs ?? noPrograms,
          provisionOf: (kind, of) => desired.provisions?.find((one) => one.kind === kind && one.name === of),
          provisioned: (provision) => {
            ledger.provisioned(name, provision)
            if (!provision.settled) return
            memory?.provided.add(provision.name)
            for (const problem of overrides(desired.project, provision)) warnOnce(problem, memory, emit)
          },
          released: (service) => ledger.released(name, service),
          leaving: (container) => options.keepLogs?.({ project: name, ...container }) ?? Promise.resolve(),
          removed: (container) => ledger.containerGone(container),
          secret: (source) => desired.project?.secrets[source]?.content,
          credentials: (reference) =>
            desired.deployment === undefined
              ? undefined
              : options.credentialsFor?.(desired.deployment.id, reference),
          inTurn: async (build) => {
            await builds.add(build)
          },
          started: (id) => memory?.started.add(id),
          signaled: (id) => {
            memory?.signaled.add(id)
            holds.signal(id)
          },
          proven: (id) => memory?.proven.add(id),
          failing(service) {
            const count = (failing.get(service) ?? 0) + 1
            failing.set(service, count)
            return count
          },
          alone: (work) => aliasing.add(work),
          stopping: (id) => holds.expect(name, id),
        }),
      onStart: (node) => emit({ type: 'started', operation: referenceOf(node) }),
      onDone: (node, elapsed) => {
        if (fruitless.has(node.id)) return emit({ type: 'skipped', operation: referenceOf(node) })
        if (memory !== undefined && !waits.has(node.operation.type)) memory.operations += 1
        observer.operationEnded({ ...reportOf(node, elapsed), outcome: 'done' })
        emit({ type: 'done', operation: referenceOf(node), milliseconds: Math.round(elapsed) })
      },
      onFailed: (node, error, elapsed) => {
        observer.operationEnded({ ...reportOf(node, elapsed), outcome: 'failed', error })
        emit({ type: 'failed', operation: referenceOf(node), problem: toProblem(error) })
      },
      onSkipped: (node) => emit({ type: 'skipped', operation: referenceOf(node) }),
    })
  }
}

const waits: ReadonlySet<OperationType> = new Set(['awaitCondition', 'awaitReplica', 'wait'])
const getsImage: ReadonlySet<OperationType> = new Set(['pullImage', 'buildImage', 'pushImage'])

/** Warnings of variables that the files say otherwise. */
function overrides(project: Project | undefined, provision: Provision): readonly Problem[] {
  if (project === undefined) return []
  return overriddenBy(project, provision).map(({ service, variable, path }) => ({
    severity: 'warning',
    code: 'BH_CONFLICT',
    message: `Provider "${provision.name}" overrides the variable "${variable}" of service "${service}".`,
    hint: 'Remove it from the service, or have the provider give it another name.',
    at: positionOf(project, 'services', service, 'environment', variable),
    path,
  }))
}

/** Lines of one operation's output that are kept as events; a hook that writes for hours fills no disk. */
const mostOutput = 1000

function outputTo(tell: (text: string) => void): (line: string) => void {
  let count = 0
  return (line) => {
    count += 1
    if (count <= mostOutput) tell(line)
    if (count === mostOutput + 1) tell('… and more, which is not kept')
  }
}

function contextDigest(contexts: DesiredState['contexts'], folder: string): string {
  const digest = contexts[folder]
  if (digest !== undefined) return digest
  throw new BulkheadError('BH_BUILD_FAILED', `The build context "${folder}" was not sent with the project.`, {
    hint: 'Send the project again with `bulkhead up --build`.',
  })
}
