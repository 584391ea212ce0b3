import type { FastifyInstance } from 'fastify'
import { bodyLimit, checkDepth } from '../bundle/limits.ts'
import type { BundleLimits } from '../bundle/limits.ts'
import { BulkheadError } from '@bulkhead/model'

/** Takes JSON bodies up to the limits of a bundle, in size and in depth. */
export function acceptJson(app: FastifyInstance, limits: BundleLimits): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string', bodyLimit: bodyLimit(limits) },
    (request, body, done) => {
      const text = String(body)
      try {
        checkDepth(text, limits.depth)
      } catch (error) {
        done(error instanceof BulkheadError ? error : new Error(String(error)))
        return
      }
      // It answers through `done`.
      void parse(request, text, done)
    },
  )
}
