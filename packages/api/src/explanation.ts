import { causeKinds } from '@bulkhead/model'
import type { Cause, Explanation } from '@bulkhead/model'
import { Type } from 'typebox'

/** It holds itself, so its type is the model's. */
export const CauseSchema = Type.Unsafe<Cause>(
  Type.Object(
    {
      kind: Type.Enum([...causeKinds]),
      text: Type.String({ description: 'Without a full stop: `web waits for db to be healthy`.' }),
      since: Type.Optional(Type.String({ description: 'ISO 8601.' })),
      next: Type.Optional(Type.String({ description: 'When it is tried again, ISO 8601.' })),
      detail: Type.Optional(
        Type.String({ description: 'What a probe, the engine or the last lines of a log say.' }),
      ),
      hint: Type.Optional(Type.String({ description: 'What to do about it.' })),
      causes: Type.Array(Type.Unknown(), { description: 'The reasons for it: each a Cause.' }),
    },
    { title: 'Cause' },
  ),
)

export const ExplanationSchema = Type.Unsafe<Explanation>(
  Type.Object(
    {
      project: Type.String(),
      service: Type.String(),
      well: Type.Boolean({ description: 'It is as it was asked for.' }),
      running: Type.Integer({ description: 'Replicas that run.' }),
      wanted: Type.Integer({ description: 'Replicas that are to run.' }),
      causes: Type.Array(CauseSchema, { description: 'The weightiest first.' }),
    },
    { title: 'Explanation' },
  ),
)
