import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { LoadResult } from '@bulkhead/compose'
import type { Engine } from '@bulkhead/engine'
import { BulkheadError, imageActions } from '@bulkhead/model'
import type { Bundle } from '@bulkhead/model'
import { createOwnership, createReconciler } from '@bulkhead/reconciler'
import type { Observer, Reconciler, ReconcilerOptions } from '@bulkhead/reconciler'
import type { FastifyBaseLogger } from 'fastify'
import { buildApp } from './app.ts'
import { defaultLimits } from './bundle/limits.ts'
import type { PlatformsOf } from './checks/image-os.ts'
import { createChronicle } from './chronicle.ts'
import { createCustody } from './custody.ts'
import { createDeployments } from './deployments.ts'
import { createExplainer } from './explainer.ts'
import { createFailures } from './failures.ts'
import { createFeed } from './feed.ts'
import { createLedger } from './ledger.ts'
import { createPlans } from './plans.ts'
import { createLoader } from './loaded.ts'
import { createPreviousLogs } from './logs/previous.ts'
import { createLogins } from './logins.ts'
import type { Mask } from './mask.ts'
import { createMetrics } from './metrics.ts'
import type { ProgramFolders } from './programs/find.ts'
import { createPrograms } from './programs/programs.ts'
import { listenOnSocket } from './socket.ts'
import { defaultRetention } from './store/retention.ts'
import type { Retention } from './store/retention.ts'
import { openStore } from './store/store.ts'
import type { Store } from './store/store.ts'
import { untraced } from './tracing.ts'
import type { Tracing } from './tracing.ts'
import { createWebhook } from './webhook.ts'
import type { Webhook } from './webhook.ts'
import { ownVersion } from './version.ts'

export interface DaemonOptions {
  /** Where to listen: the path of a Unix socket. */
  readonly socket: string
  readonly group: string | undefined
  /** A socket that the service manager handed over, used in place of the path. */
  readonly inheritedSocket?: number | undefined
  /** The data folder, absolute. */
  readonly folder: string
  /** How much of the past is kept. @default defaultRetention */
  readonly retention?: Partial<Retention> | undefined
  readonly engine: Engine
  /** As Docker's client writes it. */
  readonly engineAddress: string
  readonly loadBundle: (bundle: Bundle) => LoadResult
  readonly composeHashes: ReconcilerOptions['composeHashes']
  readonly platformsOf: PlatformsOf
  /** Where programs of providers are looked for, and what they may see. @default nowhere: there are none */
  readonly programFolders?: ProgramFolders | undefined
  readonly log: FastifyBaseLogger
  /** Where notices go; undefined: nowhere. */
  readonly webhook?: { readonly url: string; readonly secret: string | undefined } | undefined
  /** Told of what the loop does. @default untraced */
  readonly tracing?: Tracing | undefined
  /** Gets what hides the secrets of the projects that are loaded. */
  readonly onMask?: (mask: Mask) => void
}

export interface Daemon {
  /** Ends streams, takes no more requests, lets what is under way on the engine finish, closes the store. Containers stay. */
  stop(): Promise<void>
}

const contextLimit = 1024 * 1024 * 1024
/** Time for requests to be answered, and then for operations to finish. */
const answerGraceMs = 2000
const operationGraceMs = 10_000

/**
 * Puts the daemon together and has it serve.
 *
 * @throws BulkheadError BH_DAEMON_RUNNING, BH_DAEMON_START_FAILED, BH_STORE_FAILED
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const store = openStore({
    folder: options.folder,
    now: () => new Date(),
    contextLimit,
    retention: options.retention,
  })
  try {
    return await serve(options, store)
  } catch (error) {
    store.close()
    throw error
  }
}

async function serve(options: DaemonOptions, store: Store): Promise<Daemon> {
  const { engineAddress, log, socket, group, tracing = untraced } = options
  const metrics = createMetrics({
    projects: () => store.projects.names().length,
    waiting: () => reconciler.waiting(),
    operationsWaiting: () => reconciler.operationsWaiting(),
    drift: () =>
      store.projects
        .names()
        .reduce((sum, name) => sum + Object.keys(store.projects.notes(name)?.differs ?? {}).length, 0),
  })
  const engine = metrics.timed(options.engine)
  const ownership = createOwnership({
    engine,
    owner: store.owner,
    place: `${hostname()}:${options.folder}`,
    now: () => new Date(),
  })
  const feed = createFeed()
  const logins = createLogins()
  const loader = createLoader(options.loadBundle, store.projects)
  options.onMask?.(loader.maskAll)
  const chronicle = createChronicle({
    append: (event) => store.events.append(event),
    maskOf: (project) => loader.maskOf(project),
  })
  const previousLogs = createPreviousLogs({
    folder: join(options.folder, 'logs'),
    engine,
    now: () => new Date(),
    log,
    kib: { ...defaultRetention, ...options.retention }.logKib,
  })
  const failures = createFailures(() => new Date())
  const reconciler: Reconciler = createReconciler({
    engine,
    ledger: createLedger({
      store,
      loader,
      feed,
      logins,
      log,
      metrics,
      tracing,
      newId: randomUUID,
      again: (project) => reconciler.enqueue(project),
      notify: (notice) => webhook?.send(notice),
      noted: (project, before, after) => chronicle.noted(project, before, after),
      now: () => new Date(),
      clock: () => performance.now(),
    }),
    credentialsFor: (deployment, reference) => logins.of(deployment, reference),
    observer: observers(metrics, chronicle, failures, tracing),
    keepLogs: (container) => previousLogs.keep(container),
    onEngineEvent(event) {
      metrics.engineEvent(event)
      chronicle.engineEvent(event)
    },
    log,
    composeHashes: options.composeHashes,
    hashKey: store.hashKey,
    ownership,
    openContext: (digest) => openContext(store, digest),
    programs: createPrograms(options.programFolders),
  })
  const webhook = options.webhook === undefined ? undefined : createWebhook({ ...options.webhook, log })
  const deployments = createDeployments({
    store,
    loader,
    feed,
    logins,
    engine,
    ownership,
    composeHashes: options.composeHashes,
    engineAddress,
    limits: defaultLimits,
    platformsOf: options.platformsOf,
    programFolders: options.programFolders,
    newId: randomUUID,
    deploy(project, action) {
      if (!imageActions.has(action)) return reconciler.deploy(project)
      // Whoever gets images didn't ask for what somebody stopped.
      reconciler.interrupt(project)
      reconciler.enqueue(project)
    },
  })
  const foresee: Reconciler['foresee'] = (project, wanted) => reconciler.foresee(project, wanted)
  const closing = new AbortController()
  const app = await buildApp({
    store,
    loader,
    feed,
    engine,
    engineAddress,
    metrics,
    limits: defaultLimits,
    version: ownVersion(),
    log,
    now: () => new Date(),
    closing: closing.signal,
    ownership,
    custody: createCustody({
      store,
      ownership,
      log,
      feed,
      interrupt: (project) => reconciler.interrupt(project),
      retry: (project) => reconciler.retry(project),
    }),
    previousLogs,
    explainer: createExplainer({
      store,
      loader,
      engine,
      failures,
      insightOf: (project) => reconciler.insight(project),
    }),
    statusOf: (project) => reconciler.status(project),
    oneOffs: reconciler.oneOffs,
    subscribe: (listener) => reconciler.subscribe(listener),
    deployments,
    plans: createPlans({ store, loader, deployments, engine, ownership, foresee, now: () => new Date() }),
  })
  await listenOnSocket(app.server, { path: socket, group, inherited: options.inheritedSocket })
  reconciler.start()
  log.info({ socket, folder: options.folder, engine: engineAddress }, 'daemon ready')
  return {
    stop: () =>
      stop({
        options,
        store,
        reconciler,
        closing,
        webhook,
        close: () => app.close(),
        cut: () => app.server.closeAllConnections(),
      }),
  }
}

interface Running {
  readonly options: DaemonOptions
  readonly store: Store
  readonly reconciler: Reconciler
  readonly closing: AbortController
  readonly webhook: Webhook | undefined
  readonly close: () => Promise<void>
  readonly cut: () => void
}

async function stop({ options, store, reconciler, closing, webhook, close, cut }: Running): Promise<void> {
  const { log, engine } = options
  log.info('daemon stops')
  closing.abort()
  const late = setTimeout(cut, answerGraceMs)
  await Promise.all([close(), reconciler.stop(operationGraceMs)])
  clearTimeout(late)
  webhook?.stop()
  // Where it is sent may be away, and an end is not waited for.
  await options.tracing?.stop().catch((error: unknown) => log.warn({ err: error }, 'traces were not sent'))
  await engine.close()
  store.close()
  log.info('daemon stopped')
}

/** One that tells all of them. */
function observers(...all: readonly Observer[]): Observer {
  return {
    roundEnded(report) {
      for (const one of all) one.roundEnded(report)
    },
    operationEnded(report) {
      for (const one of all) one.operationEnded(report)
    },
  }
}

function openContext(store: Store, digest: string): NodeJS.ReadableStream {
  const context = store.contexts.open(digest)
  if (context !== undefined) return context
  throw new BulkheadError('BH_BUILD_FAILED', `The build context ${digest} is not kept any more.`, {
    hint: 'Send the project again with `bulkhead up --build`.',
  })
}
