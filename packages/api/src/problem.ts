import { errorCodes } from '@bulkhead/model'
import type { ErrorCode, Problem as ModelProblem, SourcePosition } from '@bulkhead/model'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { shapeOf } from './shape.ts'

export const ErrorCodeSchema = Type.Unsafe<ErrorCode>(
  Type.Enum([...errorCodes], { title: 'ErrorCode', description: 'See docs/reference/errors.md.' }),
)

export const PositionSchema = shapeOf<SourcePosition>()(
  Type.Object(
    {
      file: Type.String(),
      line: Type.Integer({ minimum: 1 }),
      column: Type.Integer({ minimum: 1 }),
    },
    { title: 'SourcePosition', description: "A place in one of the user's own files; counts from 1." },
  ),
)

export const ProblemSchema = shapeOf<ModelProblem>()(
  Type.Object(
    {
      severity: Type.Enum(['error', 'warning']),
      code: ErrorCodeSchema,
      message: Type.String(),
      hint: Type.Optional(Type.String({ description: 'One imperative sentence: the next step.' })),
      at: Type.Optional(PositionSchema),
      path: Type.Optional(Type.String({ description: 'Where in the project, as a JSON pointer.' })),
      excerpt: Type.Optional(Type.String({ description: 'The line of the file at `at`.' })),
    },
    { title: 'Problem' },
  ),
)

/** The body of every answer that is not 2xx (RFC 9457). */
export const ProblemDetailsSchema = Type.Object(
  {
    type: Type.String({ description: '`urn:bulkhead:error:` and the code.' }),
    title: Type.String({ description: 'What the code means, the same for every occurrence.' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'What went wrong this time.' }),
    code: ErrorCodeSchema,
    hint: Type.Optional(Type.String({ description: 'One imperative sentence: the next step.' })),
    at: Type.Optional(PositionSchema),
    problems: Type.Optional(
      Type.Array(ProblemSchema, { description: 'All that were found, when a project was checked.' }),
    ),
  },
  { title: 'ProblemDetails' },
)
export type ProblemDetails = Static<typeof ProblemDetailsSchema>
