import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ProjectEventsQuerySchema,
  ProblemDetailsSchema,
  ProjectEventSchema,
  logEndEvent,
  paths,
} from '@bulkhead/api'
import { BulkheadError } from '@bulkhead/model'
import type { ProjectStatus } from '@bulkhead/model'
import { lastEventId, sendEvents } from '../http/sse.ts'
import type { ServerSentEvent, SseOptions } from '../http/sse.ts'
import { moment } from '../logs/instant.ts'
import { isAbout } from '../store/events.ts'
import type { EventQuery, EventStore } from '../store/events.ts'

export interface EventRouteOptions {
  readonly events: EventStore
  readonly statusOf: (project: string) => Promise<ProjectStatus>
  readonly now: () => Date
  readonly sse: SseOptions
}

/** Events that are read from the store at once. */
const batch = 500

export const eventRoutes: FastifyPluginAsyncTypebox<EventRouteOptions> = async (app, options) => {
  const { events, now, sse } = options
  app.get(
    paths.events,
    {
      schema: {
        operationId: 'followEvents',
        summary: 'What happens to projects, as server-sent events',
        description:
          'The `event` is the type of a ProjectEvent, the `data` the ProjectEvent. Without `since`: from now on. ' +
          'With `until` it ends there, with the event `end`. The header `Last-Event-ID` has it go on after an event.',
        querystring: ProjectEventsQuerySchema,
        response: {
          200: { content: { 'text/event-stream': { schema: ProjectEventSchema } } },
          400: ProblemDetailsSchema,
          422: ProblemDetailsSchema,
          503: ProblemDetailsSchema,
        },
      },
    },
    async (request, reply) => {
      const { project, service, type, since, until } = request.query
      const services = listOf(service)
      await checkServices(project, services, options)
      const query: EventQuery = {
        project,
        services,
        types: listOf(type),
        since: since === undefined ? undefined : moment(since, now()),
        until: until === undefined ? undefined : moment(until, now()),
      }
      const resumed = lastEventId(request, undefined)
      // Taken before the answer begins: whoever sees it begin misses nothing after that.
      const after = resumed > 0 ? resumed : since === undefined ? events.latest() : 0
      await sendEvents(request, reply, (signal) => follow(events, query, { after, now, signal }), sse)
    },
  )
}

interface Follow {
  readonly after: number
  readonly now: () => Date
  readonly signal: AbortSignal
}

async function* follow(
  events: EventStore,
  query: EventQuery,
  { after, now, signal }: Follow,
): AsyncGenerator<ServerSentEvent> {
  let last = after
  while (!signal.aborted) {
    const turn = new AbortController()
    const next = events.next(AbortSignal.any([signal, turn.signal]))
    const found = events.after(last, query, batch)
    for (const event of found) {
      last = event.sequence
      if (isAbout(event, query)) yield { event: event.type, id: event.sequence, data: event }
    }
    if (found.length === batch) {
      turn.abort()
      continue
    }
    const leftMs = query.until === undefined ? undefined : Date.parse(query.until) - now().getTime()
    if (leftMs !== undefined && leftMs <= 0) {
      turn.abort()
      yield { event: logEndEvent, data: {} }
      return
    }
    const timer =
      leftMs === undefined ? undefined : setTimeout(() => turn.abort(), Math.min(leftMs, longestMs))
    await next
    clearTimeout(timer)
  }
}

/** The longest that a timer of the platform can wait. */
const longestMs = 2 ** 31 - 1

function listOf<T extends string>(value: T | readonly T[] | undefined): readonly T[] | undefined {
  if (value === undefined) return undefined
  return typeof value === 'string' ? [value] : value
}

/** Before the stream begins, while an error can still be an answer. */
async function checkServices(
  project: string | undefined,
  services: readonly string[] | undefined,
  { statusOf }: EventRouteOptions,
): Promise<void> {
  if (services === undefined) return
  if (project === undefined) {
    throw new BulkheadError('BH_BAD_REQUEST', 'querystring: `service` needs `project`.', {
      hint: 'Name the project of the services.',
    })
  }
  const status = await statusOf(project)
  const known = status.services.map(({ name }) => name)
  const unknown = services.find((service) => !known.includes(service))
  if (unknown === undefined) return
  throw new BulkheadError('BH_SERVICE_NOT_FOUND', `Project "${project}" has no service "${unknown}".`, {
    hint: known.length === 0 ? 'It has none so far.' : `It has: ${known.toSorted().join(', ')}.`,
  })
}
