import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ConfigRequestSchema, ConfigSchema, ProblemDetailsSchema, paths } from '@bulkhead/api'
import type { Deployments } from '../deployments.ts'
import { maskProject } from '../mask.ts'

export interface ConfigRouteOptions {
  readonly deployments: Pick<Deployments, 'load'>
}

export const configRoutes: FastifyPluginAsyncTypebox<ConfigRouteOptions> = async (app, { deployments }) => {
  app.post(
    paths.config,
    {
      schema: {
        operationId: 'checkConfig',
        summary: 'What a project loads to, in canonical form; stores and deploys nothing',
        description: 'Contents of secrets, and values of variables that are named like secrets, are masked.',
        body: ConfigRequestSchema,
        response: { 200: ConfigSchema, 413: ProblemDetailsSchema, 422: ProblemDetailsSchema },
      },
    },
    async ({ body: { bundle } }) => {
      const { project, mask, warnings } = deployments.load(bundle)
      return { project: maskProject(project, mask), warnings: [...warnings] }
    },
  )
}
