import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  LogsQuerySchema,
  ProblemDetailsSchema,
  ProjectLogLineSchema,
  ProjectNameSchema,
  logEndEvent,
  logLineEvent,
  paths,
} from '@bulkhead/api'
import type { Engine } from '@bulkhead/engine'
import { BulkheadError } from '@bulkhead/model'
import { Type } from 'typebox'
import { unknownProject } from '../unknown.ts'
import { sendEvents } from '../http/sse.ts'
import type { ServerSentEvent, SseOptions } from '../http/sse.ts'
import type { Loader } from '../loaded.ts'
import { followLogs } from '../logs/follow.ts'
import type { LogSource, LogsRequest } from '../logs/follow.ts'
import { instant, moment } from '../logs/instant.ts'
import { pastLines } from '../logs/past.ts'
import type { PreviousLogs } from '../logs/previous.ts'

export interface LogRouteOptions {
  readonly engine: Pick<Engine, 'observe' | 'logs' | 'events'>
  readonly loader: Loader
  readonly previousLogs: Pick<PreviousLogs, 'services' | 'lines'>
  readonly settled: (project: string, signal: AbortSignal) => Promise<void>
  /** Whether any of the services, of all where none is named, is asked to run. */
  readonly isToRun: (project: string, services: readonly string[]) => boolean
  readonly now: () => Date
  readonly sse: SseOptions
}

export const logRoutes: FastifyPluginAsyncTypebox<LogRouteOptions> = async (app, options) => {
  const { engine, loader, settled, isToRun, now, sse, previousLogs } = options
  app.get(
    `${paths.projects}/:name/logs`,
    {
      schema: {
        operationId: 'followLogs',
        summary: "Lines that a project's containers print, as server-sent events",
        description:
          'The `event` is `line`, the `data` a ProjectLogLine. With `follow`, containers that start later ' +
          'are followed too, and the stream ends when none runs any more; where the last was killed from ' +
          'outside, three seconds later: it may be started again. The last event is `end`: a stream that ends ' +
          'without it broke off, and `from` goes on where it did.',
        params: Type.Object({ name: ProjectNameSchema }),
        querystring: LogsQuerySchema,
        response: {
          200: { content: { 'text/event-stream': { schema: ProjectLogLineSchema } } },
          404: ProblemDetailsSchema,
          422: ProblemDetailsSchema,
          503: ProblemDetailsSchema,
        },
      },
    },
    async (request, reply) => {
      const { name } = request.params
      const {
        service = [],
        follow = false,
        previous = false,
        tail,
        timestamps = false,
        since,
        until,
        from = [],
      } = request.query
      const services = typeof service === 'string' ? [service] : service
      await checkServices(name, services, options)
      if (previous) {
        if (follow) throw followsNothing()
        const mask = loader.maskOf(name)
        const all = services.length === 0 ? previousLogs.services(name) : services
        const range = {
          tail,
          timestamps,
          since: since === undefined ? undefined : moment(since, now()),
          until: until === undefined ? undefined : moment(until, now()),
        }
        const kept = pastLines(previousLogs.lines(name, all), range)
        const source = async function* (): AsyncGenerator<ServerSentEvent> {
          for (const line of kept) yield { event: logLineEvent, data: { ...line, text: mask(line.text) } }
          yield { event: logEndEvent, data: {} }
        }
        await sendEvents(request, reply, source, sse)
        return
      }
      const wanted: LogsRequest = {
        project: name,
        services,
        follow,
        tail,
        timestamps,
        since: since === undefined ? undefined : instant(since, now()),
        until: until === undefined ? undefined : instant(until, now()),
        from: placesOf(typeof from === 'string' ? [from] : from, now()),
      }
      const source: LogSource = {
        engine,
        settled: (signal) => settled(name, signal),
        isToRun: () => isToRun(name, services),
      }
      const mask = loader.maskOf(name)
      const lines = async function* (signal: AbortSignal): AsyncGenerator<ServerSentEvent> {
        for await (const line of followLogs(source, wanted, signal)) {
          yield { event: logLineEvent, data: { ...line, text: mask(line.text) } }
        }
        if (!signal.aborted) yield { event: logEndEvent, data: {} }
      }
      await sendEvents(request, reply, lines, sse)
    },
  )
}

function followsNothing(): BulkheadError {
  return new BulkheadError(
    'BH_BAD_REQUEST',
    'Containers that are gone say nothing more: `previous` and `follow` exclude each other.',
    {
      hint: 'Leave out one of them.',
    },
  )
}

/** @throws BulkheadError BH_BAD_REQUEST for what is not `CONTAINER=TIME`. */
function placesOf(from: readonly string[], now: Date): ReadonlyMap<string, string> {
  return new Map(
    from.map((place) => {
      const [container = '', time = ''] = place.split('=')
      return [container, instant(time, now)] as const
    }),
  )
}

/** Before the stream begins, while an error can still be an answer. */
async function checkServices(
  project: string,
  services: readonly string[],
  { engine, loader, previousLogs }: LogRouteOptions,
): Promise<void> {
  const observed = await engine.observe({ project, networks: [], volumes: [], images: [] })
  const kept = loader.current(project)?.project
  if (kept === undefined && observed.containers.length === 0) throw unknownProject(project)
  const known = new Set([
    ...Object.keys(kept?.services ?? {}),
    ...Object.keys(kept?.disabledServices ?? {}),
    ...observed.containers.map(({ service }) => service),
    ...previousLogs.services(project),
  ])
  const unknown = services.find((service) => !known.has(service))
  if (unknown === undefined) return
  throw new BulkheadError('BH_SERVICE_NOT_FOUND', `Project "${project}" has no service "${unknown}".`, {
    hint: `It has: ${[...known].sort().join(', ')}.`,
  })
}
