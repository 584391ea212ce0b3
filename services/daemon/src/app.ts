import { randomUUID } from 'node:crypto'
import swagger from '@fastify/swagger'
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import { contentTypes, paths, streamErrorEvent } from '@bulkhead/api'
import type { Engine } from '@bulkhead/engine'
import { BulkheadError, toProblem } from '@bulkhead/model'
import type { ProjectStatus } from '@bulkhead/model'
import type { EventListener, OneOffs, Ownership } from '@bulkhead/reconciler'
import Fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { BundleLimits } from './bundle/limits.ts'
import type { Custody } from './custody.ts'
import type { Deployments } from './deployments.ts'
import type { Explainer } from './explainer.ts'
import { settled } from './feed.ts'
import type { Feed } from './feed.ts'
import { createHistory } from './history.ts'
import { auditRequests } from './http/audit.ts'
import { acceptJson } from './http/body.ts'
import { withComponents } from './http/openapi.ts'
import { sendProblem, toBulkheadError } from './http/problem.ts'
import type { SseOptions } from './http/sse.ts'
import type { Loader } from './loaded.ts'
import type { PreviousLogs } from './logs/previous.ts'
import type { Metrics } from './metrics.ts'
import { auditRoutes } from './routes/audit.ts'
import { backupRoutes } from './routes/backup.ts'
import { configRoutes } from './routes/config.ts'
import type { Plans } from './plans.ts'
import { contextRoutes } from './routes/contexts.ts'
import { custodyRoutes } from './routes/custody.ts'
import { deploymentEventRoutes } from './routes/deployment-events.ts'
import { deploymentRoutes } from './routes/deployments.ts'
import { engineRoutes } from './routes/engine.ts'
import { eventRoutes } from './routes/events.ts'
import { explanationRoutes } from './routes/explanation.ts'
import { historyRoutes } from './routes/history.ts'
import { imageRoutes } from './routes/images.ts'
import { processRoutes } from './routes/processes.ts'
import { logRoutes } from './routes/logs.ts'
import { planRoutes } from './routes/plans.ts'
import { projectRoutes } from './routes/projects.ts'
import { containerEventRoutes } from './routes/container-events.ts'
import { runRoutes } from './routes/runs.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { createRuns } from './runs.ts'
import { systemRoutes } from './routes/system.ts'
import { createSessions } from './sessions/session.ts'
import { openSessionsOn } from './sessions/upgrade.ts'
import type { Store } from './store/store.ts'

export interface AppOptions {
  readonly store: Store
  readonly loader: Loader
  readonly deployments: Deployments
  readonly plans: Plans
  readonly custody: Custody
  readonly explainer: Explainer
  readonly previousLogs: PreviousLogs
  readonly feed: Feed
  readonly engine: Engine
  readonly engineAddress: string
  readonly statusOf: (project: string) => Promise<ProjectStatus>
  readonly oneOffs: OneOffs
  readonly ownership: Pick<Ownership, 'others'>
  /** Told of every engine event; undefined: some may have been missed. */
  readonly subscribe: (listener: EventListener) => () => void
  readonly limits: BundleLimits
  readonly metrics: Pick<Metrics, 'text' | 'contentType'>
  readonly version: string
  readonly log: FastifyBaseLogger
  readonly now: () => Date
  /** Fires when the daemon stops: streams end. */
  readonly closing: AbortSignal
  /** @default 15000 */
  readonly heartbeatMs?: number
}

/** The API, not yet listening. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { store, loader, deployments, feed, engine, engineAddress, statusOf, version, now } = options
  const app = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 300 },
  })
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  // Types are checked against the schemas when this is compiled.
  app.setSerializerCompiler(() => JSON.stringify)
  app.setErrorHandler(sendProblem)
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      new BulkheadError('BH_NOT_FOUND', `There is nothing at ${request.method} ${pathOf(request.url)}.`, {
        hint: 'See GET /openapi.json for what there is.',
      }),
      request,
      reply,
    ),
  )
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url } = request
    request.log.debug(
      { method, path: pathOf(url), status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      'request answered',
    )
    done()
  })
  auditRequests(app, {
    audit: store.audit,
    maskOf: (project) => loader.maskOf(project),
    log: options.log,
  })
  acceptJson(app, options.limits)
  await app.register(swagger, {
    // The only HEAD route that is shown has an id of its own.
    transform: ({ schema, url }) => {
      const { operationId } = schema
      return {
        schema:
          operationId === undefined ? schema : { ...schema, operationId: operationId.replace(/-head$/, '') },
        url,
      }
    },
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Bulkhead',
        description: `Errors are answered as ${contentTypes.problem}; docs/reference/errors.md has every code.`,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        version,
      },
    },
  })

  const sse: SseOptions = {
    closing: options.closing,
    heartbeatMs: options.heartbeatMs ?? 15_000,
    onError: (error) => ({ event: streamErrorEvent, data: toProblem(toBulkheadError(error)) }),
  }
  await app.register(systemRoutes, { engine, version })
  await app.register(engineRoutes, { engine, address: engineAddress })
  await app.register(projectRoutes, {
    forgetLogs: (project) => options.previousLogs.forget(project),
    projects: store.projects,
    loader,
    deployments,
    engine,
    statusOf,
    ownership: options.ownership,
  })
  await app.register(deploymentRoutes, { deployments, plans: options.plans, store: store.deployments })
  await app.register(planRoutes, { plans: options.plans })
  await app.register(historyRoutes, { history: createHistory({ store, loader }) })
  await app.register(custodyRoutes, { custody: options.custody })
  await app.register(deploymentEventRoutes, { store: store.deployments, feed, sse })
  await app.register(logRoutes, {
    previousLogs: options.previousLogs,
    engine,
    loader,
    now,
    sse,
    settled: (project, signal) => settled(() => store.deployments.active(project), feed, signal),
    isToRun(project, services) {
      const { target, resting } = store.projects.get(project)?.intent ?? { target: 'down', resting: {} }
      return (
        target === 'up' && (services.length === 0 || services.some((name) => resting[name] === undefined))
      )
    },
  })
  const sessions = createSessions(randomUUID)
  openSessionsOn(app.server, sessions, options.closing)
  app.addHook('onClose', () => sessions.close())
  await app.register(sessionRoutes, { engine, loader, sessions })
  const { oneOffs, ownership, subscribe } = options
  const runs = createRuns({
    store,
    deployments,
    oneOffs,
    ownership,
    engine,
    engineAddress,
    feed,
    sessions,
    now,
  })
  await app.register(runRoutes, { runs, sse })
  await app.register(containerEventRoutes, { subscribe, sse })
  await app.register(explanationRoutes, { explainer: options.explainer })
  await app.register(auditRoutes, { audit: store.audit, now })
  await app.register(eventRoutes, { events: store.events, statusOf, now, sse })
  await app.register(configRoutes, { deployments })
  await app.register(backupRoutes, { store })
  await app.register(imageRoutes, { engine, projects: store.projects })
  await app.register(processRoutes, { engine, loader })
  await app.register(contextRoutes, { contexts: store.contexts })

  const { metrics } = options
  app.get(paths.metrics, { schema: { hide: true } }, async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  )
  let document: unknown
  app.get(paths.openapi, { schema: { hide: true } }, async () => {
    document ??= withComponents(app.swagger() as unknown as Readonly<Record<string, unknown>>)
    return document
  })
  await app.ready()
  return app
}

/** Queries may hold what is no business of a log. */
function pathOf(url: string): string {
  return url.split('?')[0] ?? url
}
