import { randomBytes } from 'node:crypto'
import type { RunRequest, Session as SessionAnswer } from '@bulkhead/api'
import { runReadyEvent, runStepEvent } from '@bulkhead/api'
import type { Engine } from '@bulkhead/engine'
import { BulkheadError, isBulkheadError, toProblem } from '@bulkhead/model'
import type {
  Bundle,
  DeploymentEvent,
  DeploymentEventBody,
  OneOff,
  Port,
  ServiceVolume,
} from '@bulkhead/model'
import { checkOurs } from '@bulkhead/reconciler'
import type { OneOffRequest, OneOffs, Ownership, PreparedOneOff } from '@bulkhead/reconciler'
import { checkEngine } from './deployments.ts'
import { unknownProject } from './unknown.ts'
import type { Deployments } from './deployments.ts'
import type { Feed } from './feed.ts'
import type { ServerSentEvent } from './http/sse.ts'
import type { LoadedProject } from './loaded.ts'
import { loginFor, maskOfLogins } from './logins.ts'
import { createChannel } from './logs/channel.ts'
import { maskEvent } from './mask.ts'
import { followDeployment } from './routes/deployment-events.ts'
import { exitOrDetach } from './sessions/exit.ts'
import type { Session, Sessions } from './sessions/session.ts'
import type { Store } from './store/store.ts'

export interface RunsOptions {
  readonly store: Pick<Store, 'projects' | 'deployments' | 'contexts'>
  readonly deployments: Deployments
  readonly oneOffs: OneOffs
  readonly ownership: Pick<Ownership, 'others'>
  readonly engine: Engine
  readonly engineAddress: string
  readonly feed: Feed
  readonly sessions: Sessions
  readonly now: () => Date
}

/** Runs one-offs. */
export interface Runs {
  /** Checks what is asked for; then makes it, telling of each step. @throws BulkheadError when it can't be had. */
  request(
    project: string,
    request: RunRequest,
  ): Promise<(signal: AbortSignal) => AsyncGenerator<ServerSentEvent>>
}

export function createRuns(options: RunsOptions): Runs {
  const { store, deployments, oneOffs, feed, sessions, now } = options

  /** The project as the files have it now, with the service's profiles active. */
  function load(
    project: string,
    { bundle, service }: RunRequest,
  ): LoadedProject & { readonly bundle: Bundle } {
    const latest = store.projects.latest(project)
    const given = bundle ?? (latest === undefined ? undefined : store.projects.bundle(project, latest))
    if (given === undefined) throw unknownProject(project)
    const services = [...new Set([...(given.services ?? []), service])]
    const asking = { ...given, projectName: project, services }
    return { ...deployments.load(asking), bundle: asking }
  }

  async function* bringUpDependencies(
    request: RunRequest,
    { project, bundle }: ReturnType<typeof load>,
    signal: AbortSignal,
  ): AsyncGenerator<DeploymentEvent> {
    const dependencies = Object.entries(project.services[request.service]?.depends_on ?? {}).filter(
      ([name]) => project.services[name] !== undefined,
    )
    if (dependencies.length === 0) return
    const { build, removeOrphans, credentials, engine } = request
    const { id } = await deployments.request({
      project: project.name,
      action: 'up',
      bundle,
      services: dependencies.map(([name]) => name),
      ...(build === undefined ? {} : { build }),
      ...(removeOrphans === undefined ? {} : { removeOrphans }),
      ...(credentials === undefined ? {} : { credentials }),
      ...(engine === undefined ? {} : { engine }),
    })
    for await (const { data } of followDeployment(id, 0, signal, { store: store.deployments, feed })) {
      const event = data as DeploymentEvent
      if (event.type !== 'finished') yield event
    }
    signal.throwIfAborted()
    const ended = store.deployments.get(id)
    if (ended?.state === 'succeeded') return
    const problem = ended?.problem ?? {
      severity: 'error' as const,
      code: 'BH_DEPLOYMENT_CANCELED' as const,
      message: `The deployment of what "${request.service}" depends on ended as ${ended?.state ?? 'nothing'}.`,
    }
    if (dependencies.some(([, { required }]) => required))
      throw new BulkheadError(problem.code, problem.message, { hint: problem.hint, at: problem.at })
    yield { id: 0, time: now().toISOString(), type: 'warning', problem: { ...problem, severity: 'warning' } }
  }

  async function* run(
    request: RunRequest,
    loaded: ReturnType<typeof load>,
    signal: AbortSignal,
  ): AsyncGenerator<ServerSentEvent> {
    const oneOff = oneOffFor(loaded.project.name, request)
    const asked: OneOffRequest = {
      project: loaded.project,
      oneOff,
      openContext: (folder) => openContext(store, loaded.contexts[folder], folder),
      credentials: (reference) => loginFor(request.credentials, reference),
    }
    if (oneOff.noDependencies !== true && !(await oneOffs.areDependenciesUp(asked)))
      for await (const event of bringUpDependencies(request, loaded, signal))
        yield { event: runStepEvent, data: event }

    const steps = createChannel<DeploymentEventBody>(256)
    const preparing = oneOffs
      .prepare(asked, (event) => void steps.push(event), signal)
      .finally(() => steps.end())
    preparing.catch(() => undefined)
    const hideLogins = maskOfLogins(request.credentials)
    let id = 0
    for await (const body of steps.read()) {
      id += 1
      const event = {
        id,
        time: now().toISOString(),
        ...maskEvent(body, (text) => hideLogins(loaded.mask(text))),
      }
      yield { event: runStepEvent, data: event }
    }
    const prepared = await preparing
    if (signal.aborted) {
      await prepared.abandon()
      return
    }
    yield { event: runReadyEvent, data: await ready(request, prepared) }
  }

  async function ready(request: RunRequest, prepared: PreparedOneOff): Promise<SessionAnswer> {
    const answer = { container: prepared.name, terminal: request.terminal ?? false }
    if (request.detach !== true) return { ...answer, id: sessions.add(sessionOf(request, prepared, options)) }
    await start(prepared)
    return answer
  }

  return {
    async request(name, request) {
      checkEngine(request.engine, options.engineAddress)
      const loaded = load(name, request)
      if (loaded.project.services[request.service] === undefined) {
        throw new BulkheadError(
          'BH_SERVICE_NOT_FOUND',
          `Project "${name}" has no service "${request.service}".`,
          { hint: `It has: ${Object.keys(loaded.project.services).join(', ')}.` },
        )
      }
      await deployments.check(loaded, [request.service], request.credentials)
      checkOurs((await options.ownership.others(name))[0])
      return (signal) => run(request, loaded, signal)
    },
  }
}

/** Started when it's opened, by somebody who then misses nothing of it. */
function sessionOf(
  { input = false, detachKeys, remove = false }: RunRequest,
  prepared: PreparedOneOff,
  { engine }: RunsOptions,
): Session {
  const { id } = prepared
  return {
    async open(signal) {
      const attachment = await engine.attach(id, { input, output: true, detachKeys }, signal)
      const exit = await engine.awaitExit(id, 'next', signal)
      const gone = remove ? await engine.awaitExit(id, 'removed', signal) : undefined
      await start(prepared)
      return {
        attachment,
        async exitCode() {
          const code = await exitOrDetach(() => exit.code)
          if (code !== undefined) await gone?.code
          return code
        },
        signal: (name) => engine.killContainer(id, name),
      }
    },
    abandon: () => prepared.abandon(),
  }
}

async function start(prepared: PreparedOneOff): Promise<void> {
  try {
    await prepared.start()
  } catch (error) {
    await prepared.abandon().catch(() => undefined)
    throw isBulkheadError(error) ? toError(error) : error
  }
}

function toError(error: BulkheadError): BulkheadError {
  const { code, message, hint } = toProblem(error)
  return new BulkheadError(code, message, { hint, cause: error })
}

function oneOffFor(project: string, request: RunRequest): OneOff {
  const { service, name, command, entrypoint, environment, labels, user, workingDir, capAdd, capDrop } =
    request
  const slug = randomBytes(32).toString('hex')
  return {
    service,
    name: name ?? `${project}-${service}-run-${slug.slice(0, 12)}`,
    slug,
    command,
    entrypoint,
    environment,
    labels,
    user,
    workingDir,
    capAdd,
    capDrop,
    volumes: request.volumes as readonly ServiceVolume[] | undefined,
    ports: request.ports as readonly Port[] | undefined,
    servicePorts: request.servicePorts,
    useAliases: request.useAliases,
    noDependencies: request.noDependencies,
    remove: request.remove,
    terminal: request.terminal,
    input: request.input,
    build: request.build,
    pullPolicy: request.pull,
    removeOrphans: request.removeOrphans,
  }
}

function openContext(
  { contexts }: Pick<Store, 'contexts'>,
  digest: string | undefined,
  folder: string,
): NodeJS.ReadableStream {
  const context = digest === undefined ? undefined : contexts.open(digest)
  if (context !== undefined) return context
  throw new BulkheadError('BH_BUILD_FAILED', `The build context "${folder}" was not sent with the project.`, {
    hint: 'Send it with PUT /v1/contexts/{digest} first.',
  })
}
