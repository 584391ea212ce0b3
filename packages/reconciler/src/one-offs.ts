import type { Engine } from '@bulkhead/engine'
import {
  BulkheadError,
  composeLabels,
  toProblem,
  upIntent,
  type DeploymentEventBody,
  type Observed,
  type OneOff,
  type Plan,
  type Project,
  type RegistryCredentials,
} from '@bulkhead/model'
import {
  plan,
  planOneOff,
  planOneOffWaits,
  referenceOf,
  withProvisions,
  type UpInput,
} from '@bulkhead/planner'
import { execute } from './execute.ts'
import type { Lanes } from './lanes.ts'
import { carryOut, type StepContext } from './operations.ts'
import { noPrograms } from './provide.ts'
import type { Ledger } from './port.ts'
import { queryFor } from './round.ts'
import type { Turns } from './turns.ts'

export interface OneOffRequest {
  /** As the asking files have it: the service with its profiles active. */
  readonly project: Project
  readonly oneOff: OneOff
  readonly openContext: (folder: string) => NodeJS.ReadableStream
  /** The login of whoever asks for an image's registry; undefined: there is none. */
  readonly credentials?: ((reference: string) => RegistryCredentials | undefined) | undefined
}

export interface PreparedOneOff {
  /** Of the container. */
  readonly id: string
  readonly name: string
  start(): Promise<void>
  /** It will not be started: it's removed. */
  abandon(): Promise<void>
}

/** Containers that are run once, beside the replicas. The loop leaves them alone. */
export interface OneOffs {
  /** Names of those that are being made, or wait to be started. */
  attended(project: string): ReadonlySet<string>
  /** True when all that a one-off depends on is as its files say; conditions are not waited for. */
  areDependenciesUp(request: OneOffRequest): Promise<boolean>
  /** Waits for the conditions of what it depends on, and makes the container. */
  prepare(
    request: OneOffRequest,
    emit: (event: DeploymentEventBody) => void,
    signal: AbortSignal,
  ): Promise<PreparedOneOff>
}

export interface OneOffsOptions
  extends Pick<UpInput, 'composeHashes' | 'hashKey'>, Pick<StepContext, 'engine' | 'pullIdleTimeoutMs'> {
  readonly engine: Engine
  readonly ledger: Ledger
  readonly lanes: Pick<Lanes, 'exclusive'>
  readonly turns: Turns
  readonly watch: () => StepContext['watch']
  readonly stopping: (project: string, id: string) => void
}

/** Images, then the container. */
const mostRounds = 3

export function createOneOffs(options: OneOffsOptions): OneOffs {
  const { engine, ledger, lanes, turns, composeHashes, hashKey, watch, pullIdleTimeoutMs } = options
  const attended = new Map<string, Set<string>>()
  const none: ReadonlySet<string> = new Set()

  const input = (
    { project }: OneOffRequest,
    observed: Observed,
    capabilities: UpInput['capabilities'],
    refresh: { readonly build: boolean } | undefined,
  ): UpInput => ({
    name: project.name,
    project: withProvisions(project, ledger.desired(project.name)?.provisions ?? []),
    provisions: ledger.desired(project.name)?.provisions,
    intent: { ...upIntent, scale: ledger.desired(project.name)?.intent.scale ?? {} },
    observed,
    capabilities,
    composeHashes,
    hashKey,
    held: none,
    hooksRun: ledger.desired(project.name)?.hooksRun ?? new Map(),
    deployment: {
      action: 'up',
      options: {},
      refresh: refresh && { ...refresh, now: new Date().toISOString() },
      started: none,
      signaled: none,
    },
    attended: attended.get(project.name),
  })
  const look = ({ project }: OneOffRequest) =>
    Promise.all([
      engine.observe(queryFor(project.name, { project, intent: upIntent }, composeHashes)),
      engine.capabilities(),
    ])

  async function carry(
    nodes: Plan,
    request: OneOffRequest,
    emit: (event: DeploymentEventBody) => void,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, string>> {
    const made = new Map<string, string>()
    if (nodes.length === 0) return made
    const { failure } = await execute(nodes, {
      turn: (_node, work) => turns.take(request.project.name, work),
      signal,
      now: () => performance.now(),
      run: (node, cut) =>
        carryOut(node.operation, {
          ...contextFor(request, cut),
          made,
          progress: (step) => emit({ type: 'progress', operation: referenceOf(node), ...step }),
          warn: (error) => emit({ type: 'warning', problem: { ...toProblem(error), severity: 'warning' } }),
        }),
      onStart: (node) => emit({ type: 'started', operation: referenceOf(node) }),
      onDone: (node, elapsed) =>
        emit({ type: 'done', operation: referenceOf(node), milliseconds: Math.round(elapsed) }),
      onFailed: (node, error) =>
        emit({ type: 'failed', operation: referenceOf(node), problem: toProblem(error) }),
      onSkipped: (node) => emit({ type: 'skipped', operation: referenceOf(node) }),
    })
    signal.throwIfAborted()
    if (failure !== undefined) throw failure
    return made
  }

  const contextFor = ({ project, openContext, credentials }: OneOffRequest, signal: AbortSignal) => ({
    project: project.name,
    engine,
    watch: watch(),
    signal,
    pullIdleTimeoutMs,
    openContext,
    leaving: () => Promise.resolve(),
    secret: (source: string) => project.secrets[source]?.content,
    // Without a login the engine is asked with the daemon's own.
    credentials: (reference: string) => credentials?.(reference),
    inTurn: (build: () => Promise<void>) => build(),
    started: () => undefined,
    signaled: () => undefined,
    output: () => undefined,
    // Hooks are for a service's replicas.
    hookRan: () => undefined,
    // Providers are run by the deployment of what a one-off depends on.
    programs: noPrograms,
    provisionOf: () => undefined,
    provisioned: () => undefined,
    released: () => undefined,
    proven: () => undefined,
    failing: () => 1,
    alone: (work: () => Promise<void>) => work(),
    removed: (id: string) => ledger.containerGone(id),
    stopping: (id: string) => options.stopping(project.name, id),
  })

  const attend = (project: string, name: string): (() => void) => {
    const its = attended.get(project) ?? new Set()
    attended.set(project, its.add(name))
    return () => {
      its.delete(name)
      if (its.size === 0) attended.delete(project)
    }
  }

  async function make(
    request: OneOffRequest,
    emit: (event: DeploymentEventBody) => void,
    signal: AbortSignal,
  ): Promise<Omit<PreparedOneOff, 'abandon'>> {
    const { oneOff, project } = request
    let refresh: { readonly build: boolean } | undefined = { build: oneOff.build ?? false }
    for (let round = 1; round <= mostRounds; round += 1) {
      const [observed, capabilities] = await look(request)
      const {
        plan: nodes,
        problems,
        start,
      } = planOneOff(input(request, observed, capabilities, refresh), oneOff)
      const error = problems.find(({ severity }) => severity === 'error')
      if (error !== undefined) throw new BulkheadError(error.code, error.message, { ...error, problems })
      const made = await carry(nodes, request, emit, signal)
      refresh = undefined
      const id = made.get(oneOff.name)
      if (start === undefined || id === undefined) continue
      return {
        id,
        name: oneOff.name,
        start: () =>
          carryOut(
            { ...start, container: id },
            {
              ...contextFor(request, new AbortController().signal),
              made: new Map(),
              progress: () => undefined,
              warn: () => undefined,
            },
          ),
      }
    }
    throw new BulkheadError('BH_INTERNAL', `A one-off of project "${project.name}" could not be made.`)
  }

  /** One that was never started is of no use to anybody. */
  async function discard({ name, slug }: OneOff): Promise<void> {
    const found = await engine.inspect(name)
    if (found?.labels[composeLabels.slug] !== slug || found.state !== 'created') return
    await engine.removeContainer(found.id, { volumes: true })
  }

  return {
    attended: (project) => attended.get(project) ?? none,
    async areDependenciesUp(request) {
      const { project, oneOff } = request
      const services = Object.keys(project.services[oneOff.service]?.depends_on ?? {})
      if (services.length === 0) return true
      const [observed, capabilities] = await look(request)
      const given = input(request, observed, capabilities, { build: oneOff.build ?? false })
      const { plan: nodes, problems } = plan({ ...given, intent: { ...given.intent, services } })
      return nodes.length === 0 && problems.every(({ severity }) => severity === 'warning')
    },
    async prepare(request, emit, signal) {
      const { project, oneOff } = request
      const [observed, capabilities] = await look(request)
      const taken = observed.containers.find(({ name }) => name === oneOff.name)
      if (taken !== undefined)
        throw new BulkheadError('BH_NAME_IN_USE', `The name "${oneOff.name}" is already in use.`, {
          hint: 'Give another one with `--name`, or remove that container.',
        })
      const waits = planOneOffWaits(input(request, observed, capabilities, undefined), oneOff)
      await carry(waits, request, emit, signal)
      const leave = attend(project.name, oneOff.name)
      try {
        const made = await lanes.exclusive(project.name, () => make(request, emit, signal))
        return {
          ...made,
          start: () => made.start().finally(leave),
          abandon: async () => {
            await discard(oneOff)
            leave()
          },
        }
      } catch (error) {
        await discard(oneOff).catch(() => undefined)
        leave()
        throw error
      }
    },
  }
}
