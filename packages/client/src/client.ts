import { setTimeout as delay } from 'node:timers/promises'
import type { Readable } from 'node:stream'
import type {
  Config,
  ContainerImage,
  ContainerProcesses,
  EngineDescription,
  ImageDigest,
  ProjectLogLine,
  ProjectSummary,
} from '@bulkhead/api'
import type { AttachmentRequest, ContainerEvent, ExecRequest, RevisionStored } from '@bulkhead/api'
import type { RunRequest, Session, Version } from '@bulkhead/api'
import type { Revision, RevisionDetails } from '@bulkhead/api'
import { contentTypes, paths, streamErrorEvent } from '@bulkhead/api/paths'
import { BulkheadError, isBulkheadError } from '@bulkhead/model'
import type {
  AuditRecord,
  Bundle,
  Deployment,
  DeploymentAction,
  DeploymentEvent,
  Explanation,
  Problem,
} from '@bulkhead/model'
import type {
  PlanDocument,
  ProjectEvent,
  ProjectStatus,
  PullPolicy,
  RegistryCredentials,
} from '@bulkhead/model'
import { formatAddress } from './address.ts'
import type { Address } from './address.ts'
import { send, sendForJson, sendOk } from './http.ts'
import type { HttpRequest } from './http.ts'
import { problemToError } from './problem.ts'
import { logs } from './logs.ts'
import { projectEvents } from './project-events.ts'
import type { ProjectEventsOptions, ProjectEventsQuery } from './project-events.ts'
import { containerEvents } from './container-events.ts'
import type { ContainerEventsOptions } from './container-events.ts'
import { run } from './runs.ts'
import type { RunOptions } from './runs.ts'
import { openSession } from './session.ts'
import type { SessionStream } from './session.ts'
import type { LogsOptions, LogsQuery } from './logs.ts'
import { openEvents } from './stream.ts'
import type { StreamOptions } from './stream.ts'

export type { AttachmentRequest, ContainerEvent, ExecRequest, RunRequest, Session }
export type {
  ContainerImage,
  ContainerProcesses,
  EngineDescription,
  ImageDigest,
  ProjectLogLine,
  ProjectSummary,
  RevisionStored,
  Version,
}

export type { Revision, RevisionDetails }

/** Body of `POST /v1/deployments`. */
export interface DeployRequest {
  readonly project?: string | undefined
  readonly action: DeploymentAction
  /** Absent: acts on what the daemon keeps, or on what the engine's labels tell. */
  readonly bundle?: Bundle | undefined
  readonly services?: readonly string[] | undefined
  /** Leave what the services depend on, or what restarts with them, as it is. */
  readonly noDependencies?: boolean | undefined
  /** Replicas by service. */
  readonly scale?: Readonly<Record<string, number>> | undefined
  readonly recreate?: 'changed' | 'always' | 'never' | undefined
  readonly recreateDependencies?: boolean | undefined
  readonly renewAnonymousVolumes?: boolean | undefined
  readonly build?: boolean | undefined
  readonly noBuild?: boolean | undefined
  /** In place of every service's own `pull_policy`. */
  readonly pull?: PullPolicy | undefined
  /** With `build`, `pull`, `push`: also of what the services depend on. */
  readonly includeDependencies?: boolean | undefined
  /** With `build`: every step anew. */
  readonly noCache?: boolean | undefined
  /** With `build`: pull newer images to build upon. */
  readonly pullBases?: boolean | undefined
  /** With `build`: they go before those of the files. */
  readonly buildArguments?: Readonly<Record<string, string>> | undefined
  /** With `build`: push what was built. */
  readonly push?: boolean | undefined
  /** With `pull`: not what can be built. */
  readonly ignoreBuildable?: boolean | undefined
  /** With `pull` and `push`: only warn of an image that fails. */
  readonly ignoreFailures?: boolean | undefined
  /** Images that are pulled, built and pushed at once. */
  readonly parallel?: number | undefined
  /** With `kill`; absent: SIGKILL. */
  readonly signal?: string | undefined
  /** With `rm`: also what runs. */
  readonly stop?: boolean | undefined
  readonly removeVolumes?: boolean | undefined
  readonly removeImages?: 'local' | 'all' | undefined
  readonly removeOrphans?: boolean | undefined
  /** Networks and volumes too that no service uses. */
  readonly allResources?: boolean | undefined
  /** Keep the project from now on though another Bulkhead does. */
  readonly takeOver?: boolean | undefined
  /** Volumes that may lose their data because their definition has changed. */
  readonly recreateVolumes?: 'all' | readonly string[] | undefined
  /** BH_VOLUME_CHANGED in place of leaving a changed volume as it is. */
  readonly askAboutVolumes?: boolean | undefined
  readonly timeoutSeconds?: number | undefined
  /** Logins by registry: held in memory for this deployment, never stored. */
  readonly credentials?: Readonly<Record<string, RegistryCredentials>> | undefined
  /** In place of a bundle: what an earlier revision says, as a new revision. */
  readonly revision?: number | undefined
  /** When it fails, the newest revision that was brought up whole is asked for again. */
  readonly rollback?: boolean | undefined
  /** Who asks, and why: for the history. */
  readonly author?: string | undefined
  readonly note?: string | undefined
  /** Address of the engine that the caller would use; a daemon on another answers BH_ENGINE_MISMATCH. */
  readonly engine?: string | undefined
}

/** Body of `POST /v1/plans`. */
export interface PlanRequest extends DeployRequest {
  /** False: nothing is stored, and it cannot be applied. @default true */
  readonly keep?: boolean | undefined
}

export interface EventsOptions extends StreamOptions {
  /** Begin after this event; default 0: all of them. */
  readonly after?: number | undefined
  /** Milliseconds to keep trying after the connection broke; a new event starts the count again. @default 30000 */
  readonly patienceMs?: number | undefined
}

export interface AuditQuery {
  readonly project?: string | undefined
  /** RFC 3339, Unix seconds, or a duration back (`10m`). */
  readonly since?: string | undefined
  readonly until?: string | undefined
  /** Only records with lower numbers. */
  readonly before?: number | undefined
  /** @default 100 */
  readonly limit?: number | undefined
}

/** Every method throws BulkheadError: the daemon's own problem, or BH_DAEMON_UNREACHABLE. */
export interface Client {
  /** `unix:///…`. */
  readonly address: string
  /** Answers as soon as the daemon can be used. */
  version(timeoutMs?: number): Promise<Version>
  engine(): Promise<EngineDescription>
  projects(options?: { readonly all?: boolean }): Promise<readonly ProjectSummary[]>
  project(name: string, options?: { readonly all?: boolean }): Promise<ProjectStatus>
  /** Stores a revision and deploys nothing. */
  putProject(name: string, bundle: Bundle): Promise<RevisionStored>
  forgetProject(name: string): Promise<void>
  /** The revisions that are kept, newest first. */
  revisions(name: string): Promise<readonly Revision[]>
  /** One of them, with what it changed. */
  revision(name: string, number: number): Promise<RevisionDetails>
  /** Has reconciling of the project rest. */
  suspend(name: string): Promise<void>
  resume(name: string): Promise<void>
  /** Stops keeping the project and leaves all of it running. */
  release(name: string): Promise<void>
  deploy(request: DeployRequest): Promise<Deployment>
  /** What a deployment would do; does nothing. */
  makePlan(request: PlanRequest): Promise<PlanDocument>
  /** A kept plan by its id, or by the beginning of it. */
  plan(id: string): Promise<PlanDocument>
  /** Carries out a kept plan; the rest is as in a deployment's request. */
  applyPlan(id: string, more?: Pick<DeployRequest, 'engine' | 'credentials'>): Promise<Deployment>
  deployments(project?: string): Promise<readonly Deployment[]>
  deployment(id: string): Promise<Deployment>
  /** All events up to `finished`, across broken connections and restarts of the daemon. */
  deploymentEvents(id: string, options?: EventsOptions): AsyncGenerator<DeploymentEvent>
  /** With `follow`: goes on across broken connections and restarts of the daemon, no line twice. */
  logs(project: string, query?: LogsQuery, options?: LogsOptions): AsyncGenerator<ProjectLogLine>
  /** A command in a running container; it begins when the session is opened. */
  exec(project: string, request: ExecRequest): Promise<Session>
  attach(project: string, request: AttachmentRequest): Promise<Session>
  /** Has a one-off made; it starts when its session is opened, or at once where it's to be left. */
  run(project: string, request: RunRequest, options?: RunOptions): Promise<Session>
  /** What happens to a project's containers, `look` when its state is to be read afresh. */
  containerEvents(project: string, options?: ContainerEventsOptions): AsyncGenerator<ContainerEvent | 'look'>
  /** What happens, up to `until` where there is one; across broken connections and restarts of the daemon. */
  events(query?: ProjectEventsQuery, options?: ProjectEventsOptions): AsyncGenerator<ProjectEvent>
  /** Who asked for what, newest first. */
  audit(query?: AuditQuery): Promise<readonly AuditRecord[]>
  /** Why a service runs, or does not. */
  explain(project: string, service: string): Promise<Explanation>
  /** Opens what `exec`, `attach` or `run` prepared, once. */
  openSession(id: string): Promise<SessionStream>
  /** Images of the project's containers, those that don't run too. */
  images(project: string): Promise<readonly ContainerImage[]>
  /** What runs in the project's containers, as the engine tells it. @param services of these alone; empty: of all. */
  processes(project: string, services: readonly string[]): Promise<readonly ContainerProcesses[]>
  checkConfig(bundle: Bundle): Promise<Config>
  /** The digest that the registry has for a reference now, asked through the daemon's engine. */
  imageDigest(reference: string): Promise<ImageDigest>
  /** What the daemon keeps, without its key, as a SQLite database. */
  backup(): Promise<Readable>
  hasContext(digest: string): Promise<boolean>
  putContext(digest: string, archive: Readable): Promise<void>
}

/** A client of the daemon at `address`. Opens no connection by itself. */
export function createClient(address: Address): Client {
  const get = (path: string, query?: HttpRequest['query']) =>
    sendForJson(address, { method: 'GET', path, query })
  const post = (path: string, body: unknown) => sendForJson(address, { method: 'POST', path, ...json(body) })

  return {
    address: formatAddress(address),
    version: async (timeoutMs) =>
      (await sendForJson(address, { method: 'GET', path: paths.version, timeoutMs })) as Version,
    engine: async () => (await get(paths.engine)) as EngineDescription,
    projects: async ({ all } = {}) => {
      const { projects } = (await get(paths.projects, { all })) as { projects: readonly ProjectSummary[] }
      return projects
    },
    project: async (name, { all } = {}) => (await get(paths.project(name), { all })) as ProjectStatus,
    putProject: async (name, bundle) =>
      (await sendForJson(address, {
        method: 'PUT',
        path: paths.project(name),
        ...json(bundle),
      })) as RevisionStored,
    forgetProject: async (name) => {
      await sendForJson(address, { method: 'DELETE', path: paths.project(name) })
    },
    revisions: async (name) =>
      ((await get(paths.projectRevisions(name))) as { revisions: readonly Revision[] }).revisions,
    revision: async (name, number) => (await get(paths.projectRevision(name, number))) as RevisionDetails,
    suspend: async (name) => {
      await sendForJson(address, { method: 'PUT', path: paths.projectSuspension(name) })
    },
    resume: async (name) => {
      await sendForJson(address, { method: 'DELETE', path: paths.projectSuspension(name) })
    },
    release: async (name) => {
      await sendForJson(address, { method: 'POST', path: paths.projectRelease(name) })
    },
    deploy: async (request) => (await post(paths.deployments, request)) as Deployment,
    makePlan: async (request) => (await post(paths.plans, request)) as PlanDocument,
    plan: async (id) => (await get(paths.plan(id))) as PlanDocument,
    applyPlan: async (plan, { engine, credentials } = {}) =>
      (await post(paths.deployments, { plan, engine, credentials })) as Deployment,
    deployments: async (project) => {
      const { deployments } = (await get(paths.deployments, { project })) as {
        deployments: readonly Deployment[]
      }
      return deployments
    },
    deployment: async (id) => (await get(paths.deployment(id))) as Deployment,
    deploymentEvents: (id, options = {}) => deploymentEvents(address, id, options),
    logs: (project, query = {}, options = {}) => logs(address, project, query, options),
    exec: async (project, request) => (await post(paths.projectExecs(project), request)) as Session,
    attach: async (project, request) => (await post(paths.projectAttachments(project), request)) as Session,
    run: (project, request, options = {}) => run(address, project, request, options),
    containerEvents: (project, options = {}) => containerEvents(address, project, options),
    events: (query = {}, options = {}) => projectEvents(address, query, options),
    audit: async (query = {}) =>
      ((await get(paths.audit, { ...query })) as { records: readonly AuditRecord[] }).records,
    explain: async (project, service) => (await get(paths.explanation(project, service))) as Explanation,
    openSession: (id) => openSession(address, id),
    checkConfig: async (bundle) => (await post(paths.config, { bundle })) as Config,
    imageDigest: async (reference) => (await get(paths.imageDigest, { reference })) as ImageDigest,
    backup: () => sendOk(address, { method: 'GET', path: paths.backup }),
    images: async (project) => {
      const { images } = (await get(paths.projectImages(project))) as { images: readonly ContainerImage[] }
      return images
    },
    processes: async (project, services) => {
      const query = services.length === 0 ? {} : { service: services }
      const { containers } = (await get(paths.projectProcesses(project), query)) as {
        containers: readonly ContainerProcesses[]
      }
      return containers
    },
    hasContext: async (digest) => {
      const response = await send(address, { method: 'HEAD', path: paths.context(digest) })
      response.resume()
      return response.statusCode === 200
    },
    putContext: async (digest, archive) => {
      await sendForJson(address, {
        method: 'PUT',
        path: paths.context(digest),
        headers: { 'content-type': contentTypes.context },
        body: archive,
      })
    },
  }
}

function json(body: unknown): Pick<HttpRequest, 'body' | 'headers'> {
  const text = JSON.stringify(body)
  return {
    body: text,
    headers: { 'content-type': contentTypes.json, 'content-length': Buffer.byteLength(text) },
  }
}

async function* deploymentEvents(
  address: Address,
  id: string,
  { after = 0, patienceMs = 30_000, signal }: EventsOptions,
): AsyncGenerator<DeploymentEvent> {
  let last = after
  let brokenSince: number | undefined
  for (let attempt = 0; ; attempt += 1) {
    try {
      const messages = await openEvents(address, paths.deploymentEvents(id), {
        signal,
        headers: last > 0 ? { 'last-event-id': String(last) } : {},
      })
      for await (const message of messages) {
        if (message.event === streamErrorEvent) throw problemToError(JSON.parse(message.data) as Problem)
        const event = JSON.parse(message.data) as DeploymentEvent
        if (event.id <= last) continue
        last = event.id
        brokenSince = undefined
        attempt = 0
        yield event
        if (event.type === 'finished') return
      }
    } catch (error) {
      if (!isBulkheadError(error) || error.code !== 'BH_DAEMON_UNREACHABLE') throw error
      brokenSince ??= Date.now()
      if (Date.now() - brokenSince >= patienceMs) throw error
    }
    brokenSince ??= Date.now()
    if (Date.now() - brokenSince >= patienceMs) throw lostTrack(id)
    await delay(Math.min(50 * 2 ** attempt, 2000), undefined, signal === undefined ? {} : { signal })
  }
}

function lostTrack(id: string): BulkheadError {
  return new BulkheadError('BH_DAEMON_UNREACHABLE', `The daemon stopped telling about deployment ${id}.`, {
    hint: 'It may still go on: see `bulkhead ps`.',
  })
}
