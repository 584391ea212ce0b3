import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DeploymentEventSchema, EventsQuerySchema, ProblemDetailsSchema, paths } from '@bulkhead/api'
import { Type } from 'typebox'
import type { Feed } from '../feed.ts'
import { lastEventId, sendEvents } from '../http/sse.ts'
import type { ServerSentEvent, SseOptions } from '../http/sse.ts'
import type { DeploymentStore } from '../store/deployments.ts'
import { unknownDeployment } from './deployments.ts'

export interface DeploymentEventRouteOptions {
  readonly store: Pick<DeploymentStore, 'get' | 'events'>
  readonly feed: Feed
  readonly sse: SseOptions
}

export const deploymentEventRoutes: FastifyPluginAsyncTypebox<DeploymentEventRouteOptions> = async (
  app,
  { store, feed, sse },
) => {
  app.get(
    `${paths.deployments}/:id/events`,
    {
      schema: {
        operationId: 'followDeployment',
        summary: 'Events of a deployment as they come, as server-sent events',
        description:
          'All from the beginning, or after Last-Event-ID; the stream ends after `finished`. ' +
          'The `event` of each is its `type`, the `data` is a DeploymentEvent.',
        params: Type.Object({ id: Type.String() }),
        querystring: EventsQuerySchema,
        response: {
          200: { content: { 'text/event-stream': { schema: DeploymentEventSchema } } },
          404: ProblemDetailsSchema,
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      if (store.get(id) === undefined) throw unknownDeployment(id)
      const after = lastEventId(request, request.query.lastEventId)
      await sendEvents(request, reply, (signal) => followDeployment(id, after, signal, { store, feed }), sse)
    },
  )
}

/** Events of a deployment, those that were and those that come. */
export async function* followDeployment(
  id: string,
  after: number,
  signal: AbortSignal,
  { store, feed }: Pick<DeploymentEventRouteOptions, 'store' | 'feed'>,
): AsyncGenerator<ServerSentEvent> {
  let last = after
  while (!signal.aborted) {
    const news = feed.next(id, signal)
    for (const event of store.events(id, last)) {
      last = event.id
      yield { id: event.id, event: event.type, data: event }
    }
    const deployment = store.get(id)
    if (deployment === undefined || deployment.finishedAt !== undefined) return
    await news
  }
}
