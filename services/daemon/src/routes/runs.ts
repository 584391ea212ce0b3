import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ProblemDetailsSchema,
  ProjectNameSchema,
  RunRequestSchema,
  SessionSchema,
  paths,
} from '@bulkhead/api'
import { Type } from 'typebox'
import { sendEvents } from '../http/sse.ts'
import type { SseOptions } from '../http/sse.ts'
import type { Runs } from '../runs.ts'

export interface RunRouteOptions {
  readonly runs: Runs
  readonly sse: SseOptions
}

export const runRoutes: FastifyPluginAsyncTypebox<RunRouteOptions> = async (app, { runs, sse }) => {
  app.post(
    `${paths.projects}/:name/runs`,
    {
      schema: {
        operationId: 'createRun',
        summary: 'Makes a one-off container of a service, as server-sent events',
        description:
          'What it depends on is brought up first, where it is not up already. Events `step` (the data is a ' +
          'DeploymentEvent) tell what is done; the last one is `ready` with a Session, or `error` with a ' +
          'problem. The container starts when the session is opened, so that nothing it writes is missed.',
        params: Type.Object({ name: ProjectNameSchema }),
        body: RunRequestSchema,
        response: {
          200: { content: { 'text/event-stream': { schema: SessionSchema } } },
          404: ProblemDetailsSchema,
          409: ProblemDetailsSchema,
          413: ProblemDetailsSchema,
          422: ProblemDetailsSchema,
          503: ProblemDetailsSchema,
        },
      },
    },
    async (request, reply) => {
      const run = await runs.request(request.params.name, request.body)
      await sendEvents(request, reply, run, sse)
    },
  )
}
