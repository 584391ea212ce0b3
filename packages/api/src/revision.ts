import type { DeploymentState } from '@bulkhead/model'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { FieldChangeSchema } from './plan.ts'

const states = ['queued', 'running', 'succeeded', 'failed', 'canceled', 'superseded'] as const

const fields = {
  number: Type.Integer(),
  createdAt: Type.String({ description: 'ISO 8601.' }),
  current: Type.Boolean({ description: 'The one that is asked for now.' }),
  author: Type.Optional(Type.String({ description: 'Who asked for it, as the client says.' })),
  note: Type.Optional(Type.String({ description: 'Why, as the client says.' })),
  outcome: Type.Optional(
    Type.Unsafe<DeploymentState>(
      Type.Enum([...states], {
        description: 'How its newest deployment stands; absent: it was only stored, or that is too long ago.',
      }),
    ),
  ),
}

export const RevisionSchema = Type.Object(fields, { title: 'Revision' })
export type Revision = Static<typeof RevisionSchema>

export const RevisionListSchema = Type.Object({
  revisions: Type.Array(RevisionSchema, { description: 'Newest first.' }),
})

export const RevisionDetailsSchema = Type.Object(
  {
    ...fields,
    since: Type.Optional(Type.Integer({ description: 'The revision that it is compared with.' })),
    workingDir: Type.String(),
    configFiles: Type.Array(Type.String()),
    changes: Type.Array(FieldChangeSchema, {
      description: 'What is different from `since`, in terms of the specification: `services.web.image`.',
    }),
  },
  { title: 'RevisionDetails' },
)
export type RevisionDetails = Static<typeof RevisionDetailsSchema>
