import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ContainerProcessesListSchema,
  ProblemDetailsSchema,
  ProcessQuerySchema,
  ProjectNameSchema,
  paths,
} from '@bulkhead/api'
import type { ContainerProcesses } from '@bulkhead/api'
import type { Engine, Processes } from '@bulkhead/engine'
import { isBulkheadError } from '@bulkhead/model'
import { isUp } from '@bulkhead/planner'
import { Type } from 'typebox'
import type { Loader } from '../loaded.ts'
import { unknownProject } from '../unknown.ts'

export interface ProcessRouteOptions {
  readonly engine: Pick<Engine, 'observe' | 'processes'>
  readonly loader: Loader
}

export const processRoutes: FastifyPluginAsyncTypebox<ProcessRouteOptions> = async (
  app,
  { engine, loader },
) => {
  app.get(
    `${paths.projects}/:name/processes`,
    {
      schema: {
        operationId: 'listProcesses',
        summary: "What runs in a project's containers, one-offs too",
        description:
          'As the engine tells it. Behind a wall of its own kernel the numbers are those inside, or the ' +
          "runtime's own: they name nothing on the host.",
        params: Type.Object({ name: ProjectNameSchema }),
        querystring: ProcessQuerySchema,
        response: {
          200: ContainerProcessesListSchema,
          404: ProblemDetailsSchema,
          422: ProblemDetailsSchema,
          503: ProblemDetailsSchema,
        },
      },
    },
    async ({ params: { name }, query: { service } }) => {
      const { containers } = await engine.observe({ project: name, networks: [], volumes: [], images: [] })
      if (containers.length === 0 && loader.current(name) === undefined) throw unknownProject(name)
      const meant = containers.filter((one) => isUp(one) && service?.includes(one.service) !== false)
      const lists = await Promise.all(
        meant.map(async ({ id, name: container, service: its, number }): Promise<ContainerProcesses[]> => {
          const found = await processesOf(engine, id)
          if (found === undefined) return []
          const rows = found.rows.map((row) => [...row])
          const numbered = number === undefined ? {} : { number }
          return [{ container, service: its, ...numbered, titles: [...found.titles], rows }]
        }),
      )
      return { containers: lists.flat().sort((a, b) => (a.container < b.container ? -1 : 1)) }
    },
  )
}

/** Undefined: it has ended since it was seen. */
async function processesOf(
  engine: Pick<Engine, 'processes'>,
  container: string,
): Promise<Processes | undefined> {
  try {
    return await engine.processes(container)
  } catch (error) {
    if (isBulkheadError(error) && (error.code === 'BH_NOT_FOUND' || error.code === 'BH_CONFLICT'))
      return undefined
    throw error
  }
}
