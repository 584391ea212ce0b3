import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  ProblemDetailsSchema,
  ProjectNameSchema,
  RevisionDetailsSchema,
  RevisionListSchema,
  paths,
} from '@bulkhead/api'
import { Type } from 'typebox'
import type { History } from '../history.ts'

const path = `${paths.projects}/:name/revisions`

/** What was asked for until now. To go back: POST /v1/deployments with `revision`. */
export const historyRoutes: FastifyPluginAsyncTypebox<{ readonly history: History }> = async (
  app,
  { history },
) => {
  app.get(
    path,
    {
      schema: {
        operationId: 'listRevisions',
        summary: 'The revisions of a project that are kept, newest first',
        params: Type.Object({ name: ProjectNameSchema }),
        response: { 200: RevisionListSchema, 404: ProblemDetailsSchema },
      },
    },
    async ({ params: { name } }) => ({ revisions: [...history.list(name)] }),
  )
  app.get(
    `${path}/:number`,
    {
      schema: {
        operationId: 'getRevision',
        summary: 'One revision, with what it changed',
        params: Type.Object({ name: ProjectNameSchema, number: Type.Integer({ minimum: 1 }) }),
        response: { 200: RevisionDetailsSchema, 404: ProblemDetailsSchema },
      },
    },
    async ({ params: { name, number } }) => history.details(name, number),
  )
}
