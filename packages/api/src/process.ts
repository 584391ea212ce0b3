import { Type } from 'typebox'
import type { Static } from 'typebox'

export const ProcessQuerySchema = Type.Object({
  service: Type.Optional(
    Type.Array(Type.String(), { description: 'Only of these services; of all by default.' }),
  ),
})

export const ContainerProcessesSchema = Type.Object(
  {
    container: Type.String(),
    service: Type.String(),
    number: Type.Optional(Type.Integer({ description: 'Absent: a one-off.' })),
    titles: Type.Array(Type.String(), { description: "The engine's own columns: `UID`, `PID`, …" }),
    rows: Type.Array(Type.Array(Type.String()), { description: 'One for each process.' }),
  },
  { title: 'ContainerProcesses' },
)
export type ContainerProcesses = Static<typeof ContainerProcessesSchema>
export const ContainerProcessesListSchema = Type.Object({ containers: Type.Array(ContainerProcessesSchema) })
