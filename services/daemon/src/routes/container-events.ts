import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ContainerEventSchema, ProblemDetailsSchema, ProjectNameSchema } from '@bulkhead/api'
import { containerEvent, lookEvent, paths } from '@bulkhead/api'
import type { ContainerEvent } from '@bulkhead/api'
import type { EngineEvent } from '@bulkhead/engine'
import { composeLabels } from '@bulkhead/model'
import type { EventListener } from '@bulkhead/reconciler'
import { Type } from 'typebox'
import { sendEvents } from '../http/sse.ts'
import type { ServerSentEvent, SseOptions } from '../http/sse.ts'
import { createChannel } from '../logs/channel.ts'

export interface ContainerEventRouteOptions {
  /** Told of every engine event; undefined: some may have been missed. */
  readonly subscribe: (listener: EventListener) => () => void
  readonly sse: SseOptions
}

/** A client that reads so slowly that more wait is told to look afresh. */
const capacity = 1024

export const containerEventRoutes: FastifyPluginAsyncTypebox<ContainerEventRouteOptions> = async (
  app,
  { subscribe, sse },
) => {
  app.get(
    `${paths.projects}/:name/events`,
    {
      schema: {
        operationId: 'followContainers',
        summary: "What happens to a project's containers, as server-sent events",
        description:
          'From now on. The event `look` comes first, and whenever something may have been missed: then the ' +
          'state of the project is to be read afresh. The others are `container`, their data a ContainerEvent. ' +
          'One-offs are among them.',
        params: Type.Object({ name: ProjectNameSchema }),
        response: {
          200: { content: { 'text/event-stream': { schema: ContainerEventSchema } } },
          422: ProblemDetailsSchema,
        },
      },
    },
    async (request, reply) => {
      const { name } = request.params
      await sendEvents(request, reply, (signal) => eventsOf(name, subscribe, signal), sse)
    },
  )
}

async function* eventsOf(
  project: string,
  subscribe: ContainerEventRouteOptions['subscribe'],
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent> {
  const look: ServerSentEvent = { event: lookEvent, data: {} }
  const channel = createChannel<ServerSentEvent>(capacity)
  signal.addEventListener('abort', () => channel.end(), { once: true })
  const leave = subscribe((event) => {
    if (event === undefined) void channel.push(look)
    else if (event.type === 'container' && event.project === project)
      void channel.push({ event: containerEvent, data: containerEventOf(event) })
  })
  try {
    yield look
    yield* channel.read()
  } finally {
    leave()
  }
}

function containerEventOf(event: EngineEvent): ContainerEvent {
  const { action, id, service = '', attributes, exitCode, health, timeNano } = event
  const number = attributes['com.docker.compose.container-number']
  return {
    action,
    id,
    container: attributes['name'] ?? id,
    service,
    ...(number === undefined ? {} : { number: Number(number) }),
    oneOff: attributes[composeLabels.oneOff] === 'True',
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(health === undefined ? {} : { health }),
    time: new Date(Number(timeNano.slice(0, -6))).toISOString(),
  }
}
