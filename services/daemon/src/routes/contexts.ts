import type { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ContextDigestSchema, ProblemDetailsSchema, contentTypes } from '@bulkhead/api'
import { BulkheadError } from '@bulkhead/model'
import { Type } from 'typebox'
import type { ContextStore } from '../store/contexts.ts'

export interface ContextRouteOptions {
  readonly contexts: ContextStore
}

const path = '/v1/contexts/:digest'
const params = Type.Object({ digest: ContextDigestSchema })

export const contextRoutes: FastifyPluginAsyncTypebox<ContextRouteOptions> = async (app, { contexts }) => {
  // As a stream: an archive is never held in memory.
  app.addContentTypeParser(contentTypes.context, (_request, payload, done) => {
    done(null, payload)
  })

  app.head(
    path,
    {
      config: { swagger: { exposeHeadRoute: true } },
      schema: {
        operationId: 'hasContext',
        summary: 'Whether the archive of a build context is kept already',
        params,
        response: { 200: Type.Null(), 404: Type.Null() },
      },
    },
    async ({ params: { digest } }, reply) => reply.code(contexts.has(digest) ? 200 : 404).send(null),
  )

  app.put(
    path,
    {
      schema: {
        operationId: 'putContext',
        summary: 'Uploads the archive (application/x-tar) of a build context, under its digest',
        params,
        body: {
          content: { [contentTypes.context]: { schema: Type.Unknown({ description: 'The archive.' }) } },
        },
        response: {
          201: Type.Null(),
          204: Type.Null(),
          400: ProblemDetailsSchema,
          413: ProblemDetailsSchema,
        },
      },
    },
    async ({ params: { digest }, body }, reply) => {
      if (!isStream(body)) {
        throw new BulkheadError('BH_BAD_REQUEST', 'The body is not an archive.', {
          hint: `Send it with Content-Type: ${contentTypes.context}.`,
        })
      }
      if (contexts.has(digest)) {
        body.resume()
        return reply.code(204).send(null)
      }
      await contexts.save(digest, body)
      return reply.code(201).send(null)
    },
  )
}

function isStream(body: unknown): body is Readable {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body
}
