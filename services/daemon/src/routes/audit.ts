import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AuditListSchema, AuditQuerySchema, ProblemDetailsSchema, paths } from '@bulkhead/api'
import { moment } from '../logs/instant.ts'
import type { AuditStore } from '../store/audit.ts'

export interface AuditRouteOptions {
  readonly audit: Pick<AuditStore, 'list'>
  readonly now: () => Date
}

export const auditRoutes: FastifyPluginAsyncTypebox<AuditRouteOptions> = async (app, { audit, now }) => {
  app.get(
    paths.audit,
    {
      schema: {
        operationId: 'listAudit',
        summary: 'Who asked for what, newest first',
        description:
          'Requests that could change something, and the ends of deployments. What a request said is left out where it could hold a secret. Goes on with `before`, the number of the last record.',
        querystring: AuditQuerySchema,
        response: { 200: AuditListSchema, 400: ProblemDetailsSchema },
      },
    },
    async ({ query: { project, since, until, before, limit = 100 } }) => ({
      records: [
        ...audit.list({
          project,
          since: since === undefined ? undefined : moment(since, now()),
          until: until === undefined ? undefined : moment(until, now()),
          before,
          limit,
        }),
      ],
    }),
  )
}
