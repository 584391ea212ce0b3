import { planActionKinds, planFormat } from '@bulkhead/model'
import type {
  DeploymentAction,
  FieldChange,
  OperationType,
  PlanAction,
  PlanActionKind,
  PlanBasis,
  PlanDocument,
  PlannedOperation,
  PlanUnknown,
} from '@bulkhead/model'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { DeploymentActionSchema, DeploymentRequestSchema, OperationTypeSchema } from './deployment.ts'
import { ProblemSchema } from './problem.ts'
import { shapeOf } from './shape.ts'

export const PlanIdSchema = Type.String({ title: 'PlanId', pattern: '^[0-9a-f]{64}$' })

export const PlanRequestSchema = Type.Object(
  {
    ...DeploymentRequestSchema.properties,
    keep: Type.Optional(
      Type.Boolean({
        default: true,
        description:
          'Keep the plan, and with it what the request brings, so that it can be applied by its id. ' +
          'Without: nothing is stored, and build contexts need not have been sent.',
      }),
    ),
  },
  { title: 'PlanRequest', additionalProperties: false },
)
export type PlanRequest = Static<typeof PlanRequestSchema>

export const FieldChangeSchema = shapeOf<FieldChange>()(
  Type.Object(
    {
      path: Type.String({ description: "In the specification's terms: `environment.GREETING`." }),
      old: Type.Optional(Type.Unknown({ description: 'Absent: it is new, or not told.' })),
      new: Type.Optional(Type.Unknown({ description: 'Absent: it is gone, or not told.' })),
    },
    { title: 'FieldChange', description: 'Secret values are masked. With neither value: it is different.' },
  ),
)

const PlanActionSchema = shapeOf<PlanAction>()(
  Type.Object(
    {
      kind: Type.Unsafe<PlanActionKind>(Type.Enum([...planActionKinds])),
      subject: Type.String({ description: '`container shop-web-1`, under its final name.' }),
      service: Type.Optional(Type.String()),
      cause: Type.String(),
      operations: Type.Array(Type.Number(), { description: 'Ids of the operations that it takes.' }),
      changes: Type.Optional(
        Type.Array(FieldChangeSchema, {
          description: 'Of a replacement: what is different in the file; absent where that cannot be told.',
        }),
      ),
    },
    { title: 'PlanAction', description: 'All that is done to one thing.' },
  ),
)

const PlannedOperationSchema = shapeOf<PlannedOperation>()(
  Type.Object(
    {
      id: Type.Number({ description: 'Counts from 1; the order of the list is an order of execution.' }),
      type: Type.Unsafe<OperationType>(OperationTypeSchema),
      subject: Type.String(),
      service: Type.Optional(Type.String()),
      cause: Type.String(),
      after: Type.Array(Type.Number(), { description: 'Ids of those that must be done before.' }),
    },
    { title: 'PlannedOperation' },
  ),
)

const PlanUnknownSchema = shapeOf<PlanUnknown>()(
  Type.Object({ service: Type.String(), message: Type.String() }, { title: 'PlanUnknown' }),
)

const PlanBasisSchema = shapeOf<PlanBasis>()(
  Type.Object(
    {
      revision: Type.Optional(Type.Number({ description: 'That was kept; absent: none.' })),
      kept: Type.String(),
      wanted: Type.String(),
      observed: Type.Record(Type.String(), Type.String()),
      operations: Type.String(),
    },
    { title: 'PlanBasis', description: 'From which state on the plan is right, as keyed digests.' },
  ),
)

export const PlanDocumentSchema = shapeOf<PlanDocument>()(
  Type.Object(
    {
      format: Type.Literal(planFormat),
      id: Type.String({ description: '64 hexadecimal digits.' }),
      project: Type.String(),
      action: Type.Unsafe<DeploymentAction>(DeploymentActionSchema),
      actions: Type.Array(PlanActionSchema, { description: 'Empty: nothing would be done.' }),
      operations: Type.Array(PlannedOperationSchema),
      unknowns: Type.Array(PlanUnknownSchema, {
        description: 'What can be known only while the plan is carried out.',
      }),
      problems: Type.Array(ProblemSchema, { description: 'Warnings.' }),
      basis: PlanBasisSchema,
    },
    {
      title: 'Plan',
      description:
        'The same state and the same request give the same plan, byte for byte. It holds no secrets.',
    },
  ),
)
