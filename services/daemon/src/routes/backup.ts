import { createReadStream, rmSync } from 'node:fs'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ProblemDetailsSchema, contentTypes, paths } from '@bulkhead/api'
import { Type } from 'typebox'
import type { Store } from '../store/store.ts'

/** A snapshot of what was asked for, to be kept elsewhere. */
export const backupRoutes: FastifyPluginAsyncTypebox<{ readonly store: Pick<Store, 'snapshot'> }> = async (
  app,
  { store },
) => {
  app.get(
    paths.backup,
    {
      schema: {
        operationId: 'getBackup',
        summary: 'A backup of what the daemon keeps, without its key',
        description:
          'A SQLite database, consistent though the daemon works on. Files and variables of projects are sealed in it: without the key file of the data folder they open for nobody, so keep that apart.',
        response: {
          200: {
            content: { [contentTypes.backup]: { schema: Type.Unknown({ description: 'The backup.' }) } },
          },
          507: ProblemDetailsSchema,
        },
      },
    },
    async (_request, reply) => {
      const file = store.snapshot()
      const stream = createReadStream(file)
      // Open already: the name is not needed any more, and nothing is left however this ends.
      stream.once('open', () => rmSync(file, { force: true }))
      stream.once('error', () => rmSync(file, { force: true }))
      return reply.type(contentTypes.backup).send(stream)
    },
  )
}
