import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ExplanationSchema, ProblemDetailsSchema, ProjectNameSchema, paths } from '@bulkhead/api'
import { Type } from 'typebox'
import type { Explainer } from '../explainer.ts'

export const explanationRoutes: FastifyPluginAsyncTypebox<{ readonly explainer: Explainer }> = async (
  app,
  { explainer },
) => {
  app.get(
    `${paths.projects}/:name/services/:service/explanation`,
    {
      schema: {
        operationId: 'explainService',
        summary: 'Why a service runs, or does not: the chain of causes',
        description: 'A cause reads `${text} since ${since}: ${detail}`. Secrets are masked.',
        params: Type.Object({ name: ProjectNameSchema, service: Type.String() }),
        response: {
          200: ExplanationSchema,
          404: ProblemDetailsSchema,
          422: ProblemDetailsSchema,
          503: ProblemDetailsSchema,
        },
      },
    },
    async ({ params: { name, service } }) => explainer(name, service),
  )
}
