import { projectEventTypes } from '@bulkhead/model'
import type { ProjectEvent, ProjectEventType } from '@bulkhead/model'
import { Type } from 'typebox'
import { ProjectNameSchema } from './project.ts'
import { shapeOf } from './shape.ts'

const EventTypeSchema = Type.Unsafe<ProjectEventType>(Type.Enum([...projectEventTypes]))

export const ProjectEventSchema = shapeOf<ProjectEvent>()(
  Type.Object(
    {
      sequence: Type.Number({ description: 'Ascends from event to event; the id of the server-sent event.' }),
      time: Type.String({ description: 'ISO 8601.' }),
      project: Type.String(),
      type: EventTypeSchema,
      action: Type.String({
        description:
          'The engine\u2019s word for a container; how a deployment or round stands; the type of an operation; ' +
          '`held`, `released`, `found`, `gone`, `try`, `open`, `closed`.',
      }),
      service: Type.Optional(Type.String()),
      id: Type.Optional(Type.String({ description: 'Of the container or deployment.' })),
      attributes: Type.Record(Type.String(), Type.String()),
    },
    { title: 'ProjectEvent' },
  ),
)

export const ProjectEventsQuerySchema = Type.Object({
  project: Type.Optional(ProjectNameSchema),
  service: Type.Optional(
    Type.Union([Type.String(), Type.Array(Type.String())], {
      description: 'Repeatable, with `project`; absent: all, and what is about none.',
    }),
  ),
  type: Type.Optional(
    Type.Union([EventTypeSchema, Type.Array(EventTypeSchema)], { description: 'Repeatable; absent: all.' }),
  ),
  since: Type.Optional(Type.String({ description: 'RFC 3339, Unix seconds, or a duration back (`10m`).' })),
  until: Type.Optional(Type.String({ description: 'The same.' })),
})
