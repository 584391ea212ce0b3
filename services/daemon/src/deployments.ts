import type { DeploymentRequest } from '@bulkhead/api'
import type { Engine } from '@bulkhead/engine'
import { BulkheadError, imageActions, toError, upIntent } from '@bulkhead/model'
import type { Bundle, Deployment, DeploymentAction, ObservedContainer, Problem } from '@bulkhead/model'
import { activeServices } from '@bulkhead/planner'
import { checkOurs } from '@bulkhead/reconciler'
import type { Ownership } from '@bulkhead/reconciler'
import type { Approval, ComposeHashes } from '@bulkhead/planner'
import { checkBundle } from './bundle/limits.ts'
import type { BundleLimits } from './bundle/limits.ts'
import { sameEngine } from './engine-address.ts'
import { gpuHookBeside } from './checks/gpu-hook.ts'
import { checkImages, checkProject } from './checks/project.ts'
import { checkVolumes } from './checks/volumes.ts'
import type { PlatformsOf } from './checks/image-os.ts'
import type { Feed } from './feed.ts'
import { checkKept, keptOf } from './kept.ts'
import type { LoadedProject, Loader } from './loaded.ts'
import { loginFor } from './logins.ts'
import type { Logins } from './logins.ts'
import { unknownProject } from './unknown.ts'
import { maskProblem } from './mask.ts'
import type { ProgramFolders } from './programs/find.ts'
import type { Origin, StoredRevision } from './store/projects.ts'
import type { Store } from './store/store.ts'
import { asking, earlier, named, storedForProfiles, withServices } from './asked-files.ts'
import { checkAwake } from './awake.ts'
import { bringing, looksAtContainers, readsFiles, wishOf, withoutStrangers } from './wish.ts'
import type { Wish } from './wish.ts'

export interface DeploymentsOptions {
  readonly store: Store
  readonly loader: Loader
  readonly feed: Feed
  readonly logins: Pick<Logins, 'keep' | 'drop'>
  readonly engine: Engine
  readonly ownership: Pick<Ownership, 'claim' | 'cede'>
  readonly composeHashes: ComposeHashes
  /** Address of the engine, as the client would write it. */
  readonly engineAddress: string
  readonly limits: BundleLimits
  readonly platformsOf: PlatformsOf
  readonly programFolders?: ProgramFolders | undefined
  readonly newId: () => string
  /** Has the rounds of a project's new deployment made. */
  readonly deploy: (project: string, action: DeploymentAction) => void
}

/** A request that was found to be good. */
export interface Prepared {
  readonly name: string
  readonly action: Deployment['action']
  /** Undefined: there are no files. */
  readonly wanted: LoadedProject | undefined
  /** To be stored as a revision; undefined: it is one already. */
  readonly bundle: Bundle | undefined
  /** What is to be stored, on top of what is stored now. */
  readonly wish: () => Wish
  readonly warnings: readonly Problem[]
  readonly origin: Origin
  readonly credentials: DeploymentRequest['credentials']
  readonly takeOver: boolean
}

/** Takes what is asked for: checks it, stores it, and only then has it acted on. */
export interface Deployments {
  request(request: DeploymentRequest): Promise<Deployment>
  /** The first half: checks everything and stores nothing. @param contexts whether build contexts must have been sent. */
  prepare(
    request: DeploymentRequest,
    options: { readonly contexts: 'needed' | 'not needed' },
  ): Promise<Prepared>
  /**
   * The second half: stores it and has it acted on.
   *
   * @param approval this may be done, and nothing else.
   * @throws BulkheadError BH_PROJECT_OWNED when it is another Bulkhead's; BH_PLAN_STALE when another
   * deployment was accepted since the plan was made.
   */
  accept(prepared: Prepared, approval?: Approval): Promise<Deployment>
  /** Stores a revision without deploying it. */
  store(name: string, bundle: Bundle): Promise<StoredRevision & { readonly warnings: readonly Problem[] }>
  /** What stands in the way of running services, as warnings. @throws BulkheadError with all of it when some is an error. */
  check(
    loaded: LoadedProject,
    services: readonly string[] | undefined,
    credentials?: DeploymentRequest['credentials'],
  ): Promise<readonly Problem[]>
  /** What a bundle loads to; checked for limits, not against the engine. */
  load(bundle: Bundle): LoadedProject
  /** @throws BulkheadError BH_PROJECT_NOT_FOUND, or BH_CONFLICT while it has containers. */
  forget(name: string): Promise<void>
}

export function createDeployments(options: DeploymentsOptions): Deployments {
  const { store, loader, feed, logins, engine, ownership, composeHashes, limits, newId, deploy } = options
  const { projects, deployments } = store

  const load = (bundle: Bundle): LoadedProject => {
    checkBundle(bundle, limits)
    return loader.load(bundle)
  }

  /** @throws BulkheadError with all that stands in the way, in the order of the files. */
  const check = async (
    { project, missing, mask }: LoadedProject,
    services: readonly string[] | undefined,
    credentials?: DeploymentRequest['credentials'],
  ): Promise<readonly Problem[]> => {
    const platformsOf: PlatformsOf = (reference) =>
      options.platformsOf(reference, loginFor(credentials, reference))
    const found = await checkProject({
      project,
      missing,
      services,
      engine,
      platformsOf,
      hasGpuHook: gpuHookBeside(options.engineAddress),
      programFolders: options.programFolders,
    })
    return masked({ mask }, found)
  }

  /** The project's containers, where what is asked for depends on them. */
  const containersFor = async (
    name: string,
    request: DeploymentRequest,
  ): Promise<readonly ObservedContainer[]> => {
    const previous = projects.get(name)?.intent
    const wasStopped =
      previous?.target === 'stopped' || Object.values(previous?.resting ?? {}).includes('stopped')
    if (!wasStopped && !looksAtContainers(request)) return []
    const observed = await engine.observe({ project: name, networks: [], volumes: [], images: [] })
    return observed.containers
  }

  const prepare: Deployments['prepare'] = async (request, { contexts }) => {
    const { action } = request
    checkEngine(request.engine, options.engineAddress)
    const given =
      request.bundle ?? earlier(request, projects) ?? storedForProfiles(request, { projects, loader })
    const uploaded = given === undefined ? undefined : load(named(asking(given, request), request.project))
    const bundle = given === undefined ? undefined : withServices(given, uploaded?.activating)
    const name = uploaded?.project.name ?? request.project
    if (name === undefined) throw nothingNamed()
    // What an earlier revision was built from may be gone; its images need not be.
    const isBack = request.revision !== undefined
    if (uploaded !== undefined && contexts === 'needed' && !isBack) checkContexts(uploaded, store)
    if (uploaded === undefined) await checkKnown(name, action, { store, engine })
    if (request.services?.length === 0) throw emptyList()

    const isBringing = bringing.has(action)
    const wanted = uploaded ?? (readsFiles(action) ? loader.latest(name) : loader.current(name))
    const before = loader.current(name)?.project
    const containers = await containersFor(name, request)
    const wish = () =>
      wishOf({
        name,
        request,
        previous: projects.get(name)?.intent,
        project: wanted?.project,
        before,
        containers,
      })
    const warnings = [...(uploaded?.warnings ?? [])]
    if (isBringing && wanted !== undefined) {
      const { project } = wanted
      const services = activeServices(project, wish().intent).map((service) => service.name)
      warnings.push(...(await check(wanted, services, request.credentials)))
      await checkVolumes({ request, project, services, engine, composeHashes })
    }
    if (imageActions.has(action) && wanted !== undefined) {
      const { project } = wanted
      const services = wish().options.services ?? Object.keys(project.services)
      warnings.push(...masked(wanted, await checkImages(project, services, engine)))
    }
    const { author, revision, credentials } = request
    const note = request.note ?? (revision === undefined ? undefined : `back to revision ${revision}`)
    const origin = { author, note }
    const { takeOver = false } = request
    return { name, action, wanted, bundle, wish, warnings, origin, credentials, takeOver }
  }

  /** What is about images alone: nothing of it is kept, and nobody else's deployment gives way to it. */
  const acceptErrand = (prepared: Prepared, approval: Approval | undefined): Deployment => {
    const { name, action, wanted, wish, warnings, credentials } = prepared
    const { author } = prepared.origin
    const id = newId()
    store.transaction(() => {
      const before = projects.get(name)
      checkAwake(before)
      if (approval !== undefined) checkKept(approval, keptOf(store, name), store.hashKey)
      checkIdle(name, store)
      const { intent, options } = wish()
      if (before === undefined) projects.save({ name, revision: undefined, intent })
      const approved = approval && { approval, before }
      deployments.create({ id, project: name, action, revision: undefined, options, approved, author })
    })
    logins.keep(id, credentials)
    if (wanted !== undefined) loader.hold(id, wanted)
    const created = deployments.get(id)
    if (created === undefined) throw new Error(`deployment ${id} is not in the store`)
    for (const problem of warnings) deployments.append(id, { type: 'warning', problem })
    deploy(name, action)
    return created
  }

  const accept: Deployments['accept'] = async (prepared, approval) => {
    const { name, action, takeOver } = prepared
    // Images are nobody's.
    if (imageActions.has(action)) return acceptErrand(prepared, approval)
    checkAwake(projects.get(name))
    checkOurs(await ownership.claim(name, { takeOver }))
    try {
      return acceptOwn(prepared, approval)
    } catch (error) {
      if (projects.get(name) === undefined) await ownership.cede(name)
      throw error
    }
  }

  const acceptOwn = (prepared: Prepared, approval: Approval | undefined): Deployment => {
    const { name, action, bundle, wish, warnings, origin, credentials } = prepared
    const id = newId()
    const superseded = store.transaction(() => {
      checkAwake(projects.get(name))
      if (approval !== undefined) checkKept(approval, keptOf(store, name), store.hashKey)
      const before = projects.get(name)
      const { intent, options } = wish()
      projects.save({ name, revision: before?.revision, intent })
      const stored = bundle === undefined ? undefined : projects.addRevision(name, bundle, origin).number
      const revision = stored ?? (bringing.has(action) ? projects.latest(name) : before?.revision)
      projects.save({ name, revision, intent })
      const notes = projects.notes(name)
      if (notes?.yielded !== undefined) projects.note(name, { ...notes, yielded: undefined })
      const approved = approval && { approval, before }
      return deployments.create({
        id,
        project: name,
        action,
        revision,
        options,
        approved,
        author: origin.author,
      })
    })
    logins.keep(id, credentials)
    for (const old of superseded) {
      logins.drop(old)
      loader.letGo(old)
      feed.ring(old)
    }
    const created = deployments.get(id)
    if (created === undefined) throw new Error(`deployment ${id} is not in the store`)
    for (const problem of warnings) deployments.append(id, { type: 'warning', problem })
    deploy(name, action)
    return created
  }

  return {
    load,
    check,
    prepare,
    accept,
    request: async (request) => accept(await prepare(request, { contexts: 'needed' })),
    async store(name, bundle) {
      const loaded = load(named(bundle, name))
      checkContexts(loaded, store)
      const kept = projects.get(name)
      // Nothing runs of a project that is only stored.
      const intent = kept?.intent ?? { ...upIntent, target: 'down' }
      const problems = await check(loaded, withoutStrangers(kept?.intent, loaded.project)?.services)
      const revision = store.transaction(() => {
        projects.save({ name, revision: kept?.revision, intent })
        const added = projects.addRevision(name, bundle)
        if (kept?.revision === undefined) projects.save({ name, revision: added.number, intent })
        return added
      })
      return { ...revision, warnings: [...loaded.warnings, ...problems] }
    },
    async forget(name) {
      if (projects.get(name) === undefined) throw unknownProject(name)
      const { containers } = await engine.observe({ project: name, networks: [], volumes: [], images: [] })
      if (containers.length > 0 || deployments.active(name) !== undefined) {
        throw new BulkheadError(
          'BH_CONFLICT',
          `Project "${name}" still has containers or a running deployment.`,
          {
            hint: `Take it down first: \`bulkhead -p ${name} down\`.`,
          },
        )
      }
      if (projects.provisions(name).some(({ kind }) => kind === 'provider')) {
        throw new BulkheadError('BH_CONFLICT', `Project "${name}" still has what its providers made.`, {
          hint: `Take it down first: \`bulkhead -p ${name} down\`.`,
        })
      }
      store.transaction(() => {
        deployments.removeOf(name)
        projects.remove(name)
      })
    },
  }
}

/** @throws BulkheadError BH_CONFLICT while a deployment of the project is under way. */
function checkIdle(name: string, { deployments }: Pick<Store, 'deployments'>): void {
  const active = deployments.active(name)
  if (active === undefined) return
  throw new BulkheadError('BH_CONFLICT', `A deployment of ${name} (${active.action}) is under way.`, {
    hint: 'Ask again when it has finished.',
  })
}

/** @throws BulkheadError with all of them when some is an error. */
function masked({ mask }: Pick<LoadedProject, 'mask'>, found: readonly Problem[]): readonly Problem[] {
  const problems = found.map((problem) => maskProblem(problem, mask))
  if (problems.some(({ severity }) => severity === 'error')) throw toError(problems)
  return problems
}

/** @throws BulkheadError BH_ENGINE_MISMATCH */
export function checkEngine(wanted: string | undefined, present: string): void {
  if (wanted === undefined || sameEngine(wanted, present)) return
  throw new BulkheadError(
    'BH_ENGINE_MISMATCH',
    `The command would use the engine at ${wanted}, this daemon uses the one at ${present}.`,
    { hint: `Set DOCKER_HOST=${present}, or start a daemon of your own with \`bulkhead daemon start\`.` },
  )
}

function checkContexts({ contexts }: LoadedProject, store: Pick<Store, 'contexts'>): void {
  const missing = Object.entries(contexts).find(([, digest]) => !store.contexts.has(digest))
  if (missing === undefined) return
  throw new BulkheadError(
    'BH_BAD_REQUEST',
    `The build context ${missing[0]} (${missing[1]}) was not uploaded.`,
    {
      hint: 'Send it with PUT /v1/contexts/{digest} first.',
    },
  )
}

/** A project without files can be stopped when the engine has it, and taken down always. */
async function checkKnown(
  name: string,
  action: Deployment['action'],
  { store, engine }: { readonly store: Store; readonly engine: Engine },
): Promise<void> {
  const kept = store.projects.get(name)
  if (action === 'down' || kept?.revision !== undefined) return
  if (readsFiles(action)) throw unknownProject(name)
  const onEngine = await engine.projects()
  if (!onEngine.some((project) => project.name === name)) throw unknownProject(name)
}

function emptyList(): BulkheadError {
  return new BulkheadError('BH_BAD_REQUEST', 'The list of services is empty.', {
    hint: 'Leave it out to mean all services.',
  })
}

function nothingNamed(): BulkheadError {
  return new BulkheadError('BH_BAD_REQUEST', 'The request names no project and brings no bundle.', {
    hint: 'Send `project`, `bundle`, or both.',
  })
}
