import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ProblemDetailsSchema, ProjectNameSchema, paths } from '@bulkhead/api'
import { Type } from 'typebox'
import type { Custody } from '../custody.ts'

const params = Type.Object({ name: ProjectNameSchema })
const response = { 204: Type.Null(), 404: ProblemDetailsSchema }
const project = `${paths.projects}/:name`

/** Handing a project over, for a while or for good. */
export const custodyRoutes: FastifyPluginAsyncTypebox<{ readonly custody: Custody }> = async (
  app,
  { custody },
) => {
  app.put(
    `${project}/suspension`,
    {
      schema: {
        operationId: 'suspendProject',
        summary: 'Has reconciling of a project rest',
        description:
          'The project is looked at and not touched; a running deployment is canceled, new ones are refused. Holds over restarts of the daemon.',
        params,
        response,
      },
    },
    async ({ params: { name } }, reply) => {
      custody.suspend(name)
      return reply.code(204).send(null)
    },
  )
  app.delete(
    `${project}/suspension`,
    {
      schema: {
        operationId: 'resumeProject',
        summary: 'Has reconciling of a project go on',
        params,
        response,
      },
    },
    async ({ params: { name } }, reply) => {
      custody.resume(name)
      return reply.code(204).send(null)
    },
  )
  app.post(
    `${project}/release`,
    {
      schema: {
        operationId: 'releaseProject',
        summary: 'Stops keeping a project, and leaves all of it running',
        description: 'Its revisions are forgotten. `up` of its files, or an adoption, takes it back.',
        params,
        response,
      },
    },
    async ({ params: { name } }, reply) => {
      await custody.release(name)
      return reply.code(204).send(null)
    },
  )
}
