import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { HealthSchema, ProblemDetailsSchema, ReadySchema, VersionSchema, paths } from '@bulkhead/api'
import type { Engine } from '@bulkhead/engine'
import { within } from '../http/within.ts'

export interface SystemRouteOptions {
  readonly engine: Pick<Engine, 'capabilities'>
  readonly version: string
}

const engineTimeoutMs = 1000
const readyTimeoutMs = 5000

/** What tells whether the daemon is there, and fit for use. */
export const systemRoutes: FastifyPluginAsyncTypebox<SystemRouteOptions> = async (
  app,
  { engine, version },
) => {
  app.get(
    paths.version,
    {
      schema: {
        operationId: 'getVersion',
        summary: 'Versions of the daemon, of its API and of the engine',
        description: 'Answers as soon as the daemon can be used.',
        response: { 200: VersionSchema },
      },
    },
    async () => {
      const known = await within(engineTimeoutMs, engine.capabilities()).catch(() => undefined)
      return {
        version,
        api: 'v1' as const,
        node: process.versions.node,
        ...(known === undefined ? {} : { engine: { version: known.version, apiVersion: known.apiVersion } }),
      }
    },
  )

  app.get(
    paths.health,
    {
      schema: {
        operationId: 'getHealth',
        summary: 'Whether the daemon lives',
        response: { 200: HealthSchema },
      },
    },
    async () => ({ status: 'ok' as const }),
  )

  app.get(
    paths.ready,
    {
      schema: {
        operationId: 'getReady',
        summary: 'Whether the daemon can act: its engine answers',
        response: { 200: ReadySchema, 503: ProblemDetailsSchema },
      },
    },
    async () => {
      await within(readyTimeoutMs, engine.capabilities(true))
      return { status: 'ready' as const }
    },
  )
}
