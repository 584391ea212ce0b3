import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ImageDigestQuerySchema, ImageDigestSchema, ProblemDetailsSchema, paths } from '@bulkhead/api'
import type { Engine } from '@bulkhead/engine'
import { BulkheadError } from '@bulkhead/model'
import { faultOfReference } from '../checks/image-reference.ts'

export interface ImageRouteOptions {
  readonly engine: Pick<Engine, 'imageDigest'>
}

/** A person waits for the answer. */
const registryTimeoutMs = 20_000

export const imageRoutes: FastifyPluginAsyncTypebox<ImageRouteOptions> = async (app, { engine }) => {
  app.get(
    paths.imageDigest,
    {
      schema: {
        operationId: 'getImageDigest',
        summary: 'The digest that the registry of an image has for it now',
        description: "Asked through the engine, with what the daemon's user is logged in to; pulls nothing.",
        querystring: ImageDigestQuerySchema,
        response: {
          200: ImageDigestSchema,
          400: ProblemDetailsSchema,
          422: ProblemDetailsSchema,
          502: ProblemDetailsSchema,
          503: ProblemDetailsSchema,
          504: ProblemDetailsSchema,
        },
      },
    },
    async ({ query: { reference } }) => {
      const found = faultOfReference(reference)
      if (found !== undefined) {
        throw new BulkheadError(
          'BH_IMAGE_REFERENCE_INVALID',
          `The image reference "${reference}" is not valid: it ${found.fault}.`,
          { hint: found.instead === undefined ? undefined : `Write it in lower case: ${found.instead}.` },
        )
      }
      return { reference, ...(await engine.imageDigest(reference, registryTimeoutMs)) }
    },
  )
}
