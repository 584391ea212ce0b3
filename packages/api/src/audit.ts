import type { AuditRecord } from '@bulkhead/model'
import { Type } from 'typebox'
import { ProjectNameSchema } from './project.ts'
import { shapeOf } from './shape.ts'

export const AuditRecordSchema = shapeOf<AuditRecord>()(
  Type.Object(
    {
      sequence: Type.Number(),
      time: Type.String({ description: 'ISO 8601.' }),
      actor: Type.Optional(
        Type.String({ description: 'Who asked, as the client said; `bulkhead`: the daemon itself.' }),
      ),
      from: Type.Optional(Type.String({ description: 'Absent: it is no request.' })),
      operation: Type.String({
        description: '`operationId` of the request; `deploymentEnded` for the end of a deployment.',
      }),
      project: Type.Optional(Type.String()),
      deployment: Type.Optional(Type.String()),
      request: Type.Optional(
        Type.Record(Type.String(), Type.Unknown(), {
          description: 'What the request said, as far as it can hold no secret.',
        }),
      ),
      outcome: Type.String({
        description:
          'HTTP status and code of the error, `202`, `404 BH_PROJECT_NOT_FOUND`; or how the deployment ended.',
      }),
    },
    { title: 'AuditRecord' },
  ),
)

export const AuditListSchema = Type.Object({
  records: Type.Array(AuditRecordSchema, { description: 'Newest first.' }),
})

export const AuditQuerySchema = Type.Object({
  project: Type.Optional(ProjectNameSchema),
  since: Type.Optional(Type.String({ description: 'RFC 3339, Unix seconds, or a duration back (`10m`).' })),
  until: Type.Optional(Type.String({ description: 'The same.' })),
  before: Type.Optional(Type.Integer({ minimum: 1, description: 'Only records with lower numbers.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'Default: 100.' })),
})
