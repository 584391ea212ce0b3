import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  DeploymentListSchema,
  DeploymentQuerySchema,
  DeploymentRequestSchema,
  DeploymentSchema,
  ProblemDetailsSchema,
  paths,
} from '@bulkhead/api'
import { BulkheadError } from '@bulkhead/model'
import { Type } from 'typebox'
import type { Deployments } from '../deployments.ts'
import type { DeploymentStore } from '../store/deployments.ts'

export interface DeploymentRouteOptions {
  readonly deployments: Deployments
  readonly store: Pick<DeploymentStore, 'get' | 'list'>
}

export const deploymentRoutes: FastifyPluginAsyncTypebox<DeploymentRouteOptions> = async (app, options) => {
  const { deployments, store } = options

  app.post(
    paths.deployments,
    {
      schema: {
        operationId: 'createDeployment',
        summary: 'Brings a project up, stops it, or takes it down',
        description:
          'With a bundle: everything is checked first, and nothing is changed when anything is wrong. ' +
          'Without one: acts on what is stored, or for `stop` and `down` on what the engine has. ' +
          'Supersedes the deployment of the project that has not finished.',
        body: DeploymentRequestSchema,
        response: {
          202: DeploymentSchema,
          404: ProblemDetailsSchema,
          409: ProblemDetailsSchema,
          413: ProblemDetailsSchema,
          422: ProblemDetailsSchema,
          503: ProblemDetailsSchema,
        },
      },
    },
    async ({ body }, reply) => {
      const deployment = await deployments.request(body)
      return reply.code(202).header('location', paths.deployment(deployment.id)).send(deployment)
    },
  )

  app.get(
    paths.deployments,
    {
      schema: {
        operationId: 'listDeployments',
        summary: 'Deployments, newest first',
        querystring: DeploymentQuerySchema,
        response: { 200: DeploymentListSchema },
      },
    },
    async ({ query: { project } }) => ({ deployments: [...store.list(project)] }),
  )

  app.get(
    `${paths.deployments}/:id`,
    {
      schema: {
        operationId: 'getDeployment',
        summary: 'One deployment and its outcome',
        params: Type.Object({ id: Type.String() }),
        response: { 200: DeploymentSchema, 404: ProblemDetailsSchema },
      },
    },
    async ({ params: { id } }) => {
      const deployment = store.get(id)
      if (deployment === undefined) throw unknownDeployment(id)
      return deployment
    },
  )
}

export function unknownDeployment(id: string): BulkheadError {
  return new BulkheadError('BH_DEPLOYMENT_NOT_FOUND', `No deployment has the id "${id}".`, {
    hint: 'List them with GET /v1/deployments.',
  })
}
