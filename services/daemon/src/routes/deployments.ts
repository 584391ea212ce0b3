import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  DeploymentActionSchema,
  DeploymentListSchema,
  DeploymentQuerySchema,
  DeploymentRequestSchema,
  DeploymentSchema,
  ProblemDetailsSchema,
  paths,
} from '@bulkhead/api'
import type { DeploymentRequest } from '@bulkhead/api'
import { BulkheadError } from '@bulkhead/model'
import type { DeploymentAction } from '@bulkhead/model'
import { Type } from 'typebox'
import type { Deployments } from '../deployments.ts'
import { actorOf } from '../http/actor.ts'
import type { Plans } from '../plans.ts'
import type { DeploymentStore } from '../store/deployments.ts'

export interface DeploymentRouteOptions {
  readonly deployments: Deployments
  readonly plans: Plans
  readonly store: Pick<DeploymentStore, 'get' | 'list'>
}

export const deploymentRoutes: FastifyPluginAsyncTypebox<DeploymentRouteOptions> = async (app, options) => {
  const { deployments, plans, store } = options

  app.post(
    paths.deployments,
    {
      schema: {
        operationId: 'createDeployment',
        summary: 'Brings a project up, stops it, or takes it down',
        description:
          'With a bundle: everything is checked first, and nothing is changed when anything is wrong. ' +
          'Without one: acts on what is stored, or for `stop` and `down` on what the engine has. ' +
          'With the id of a plan as `plan`: does exactly that, or answers 409 when anything moved since. ' +
          'Supersedes the deployment of the project that has not finished.',
        body: DeploymentBodySchema,
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
    async ({ body, headers }, reply) => {
      const { plan, action, author = actorOf(headers), ...rest } = body
      const deployment = await (plan === undefined
        ? deployments.request({
            ...rest,
            action: actionOf(action),
            ...(author === undefined ? {} : { author }),
          })
        : plans.apply(plan, besidePlan({ action, ...rest })))
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

/** A request says what to do itself, or names a plan that does. */
const DeploymentBodySchema = Type.Object(
  {
    ...DeploymentRequestSchema.properties,
    action: Type.Optional(DeploymentActionSchema),
    plan: Type.Optional(
      Type.String({
        pattern: '^[0-9a-f]{8,64}$',
        description: 'Id of a kept plan, in place of all else but `engine` and `credentials`.',
      }),
    ),
  },
  { title: 'DeploymentRequest', additionalProperties: false },
)

function actionOf(action: DeploymentAction | undefined): DeploymentAction {
  if (action !== undefined) return action
  throw new BulkheadError('BH_BAD_REQUEST', 'body: must have action, or plan.', {
    hint: 'Compare the request with GET /openapi.json.',
  })
}

type BesidePlan = Pick<DeploymentRequest, 'engine' | 'credentials'>

/** What isn't in a plan: who asks, and of which engine. */
function besidePlan({
  engine,
  credentials,
  ...others
}: BesidePlan & Readonly<Record<string, unknown>>): BesidePlan {
  const given = Object.entries(others).find(([, value]) => value !== undefined)
  if (given === undefined) {
    return {
      ...(engine === undefined ? {} : { engine }),
      ...(credentials === undefined ? {} : { credentials }),
    }
  }
  throw new BulkheadError('BH_BAD_REQUEST', `body/${given[0]}: is in the plan already.`, {
    hint: 'Send `plan`, and `engine` and `credentials` if you like, alone.',
  })
}

export function unknownDeployment(id: string): BulkheadError {
  return new BulkheadError('BH_DEPLOYMENT_NOT_FOUND', `No deployment has the id "${id}".`, {
    hint: 'List them with GET /v1/deployments.',
  })
}
