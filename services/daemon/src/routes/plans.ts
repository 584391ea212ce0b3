import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PlanDocumentSchema, PlanRequestSchema, ProblemDetailsSchema, paths } from '@bulkhead/api'
import { Type } from 'typebox'
import type { Plans } from '../plans.ts'

export const planRoutes: FastifyPluginAsyncTypebox<{ readonly plans: Plans }> = async (app, { plans }) => {
  app.post(
    paths.plans,
    {
      schema: {
        operationId: 'createPlan',
        summary: 'What a deployment would do, and why',
        description:
          'Takes what a deployment takes, checks the same, and does nothing: no revision is stored, and no image, ' +
          'network, volume or container is touched. A kept plan is carried out by POST /v1/deployments with its id ' +
          'as `plan`; kept are the newest 20 of each project, for 7 days.',
        body: PlanRequestSchema,
        response: {
          200: PlanDocumentSchema,
          404: ProblemDetailsSchema,
          409: ProblemDetailsSchema,
          413: ProblemDetailsSchema,
          422: ProblemDetailsSchema,
          503: ProblemDetailsSchema,
        },
      },
    },
    async ({ body }) => plans.make(body),
  )

  app.get(
    `${paths.plans}/:id`,
    {
      schema: {
        operationId: 'getPlan',
        summary: 'A kept plan',
        params: Type.Object({
          id: Type.String({
            pattern: '^[0-9a-f]{8,64}$',
            description: 'Its id, or the beginning of it where no other plan begins so.',
          }),
        }),
        response: { 200: PlanDocumentSchema, 404: ProblemDetailsSchema },
      },
    },
    async ({ params: { id } }) => plans.get(id),
  )
}
