import { containerStates, isolationModes, rests } from '@bulkhead/model'
import type {
  ContainerState,
  Drift,
  Health,
  IsolationMode,
  ObservedPort,
  Owner,
  ProjectStatus,
  ReplicaStatus,
  Rest,
  ServiceStatus,
} from '@bulkhead/model'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { BundleSchema } from './bundle.ts'
import { ProblemSchema } from './problem.ts'
import { shapeOf } from './shape.ts'

export const ProjectNameSchema = Type.String({
  title: 'ProjectName',
  pattern: '^[a-z0-9][a-z0-9_-]*$',
  maxLength: 255,
})

export const TargetSchema = Type.Enum(['up', 'stopped', 'down'])

const PortSchema = shapeOf<ObservedPort>()(
  Type.Object({
    hostIp: Type.Optional(Type.String()),
    published: Type.Optional(Type.Number()),
    target: Type.Number(),
    protocol: Type.String(),
  }),
)

export const ReplicaStatusSchema = shapeOf<ReplicaStatus>()(
  Type.Object(
    {
      id: Type.String(),
      name: Type.String(),
      service: Type.String(),
      number: Type.Optional(Type.Number()),
      image: Type.String(),
      command: Type.String(),
      state: Type.Unsafe<ContainerState>(Type.Enum([...containerStates])),
      health: Type.Unsafe<Health>(Type.Enum(['none', 'starting', 'healthy', 'unhealthy'])),
      exitCode: Type.Number(),
      createdAt: Type.String(),
      startedAt: Type.Optional(Type.String()),
      finishedAt: Type.Optional(Type.String()),
      ports: Type.Array(PortSchema),
      labels: Type.Record(Type.String(), Type.String()),
      networks: Type.Array(Type.String()),
      mounts: Type.Array(Type.String()),
      runtime: Type.Optional(
        Type.String({ description: 'OCI runtime or Windows isolation that the engine reports.' }),
      ),
    },
    { title: 'ReplicaStatus' },
  ),
)

export const ServiceStatusSchema = shapeOf<ServiceStatus>()(
  Type.Object(
    {
      name: Type.String(),
      isolation: Type.Object({
        mode: Type.Unsafe<IsolationMode>(Type.Enum([...isolationModes])),
        profile: Type.Optional(Type.String({ description: 'What the mode means on this engine.' })),
      }),
      wanted: Type.Number({ description: 'Replicas that are to run.' }),
      rest: Type.Optional(
        Type.Unsafe<Rest>(
          Type.Enum([...rests], { description: 'What is asked for instead of that it runs.' }),
        ),
      ),
      paused: Type.Optional(
        Type.String({
          description: 'Why its update rests, half done, until somebody brings the service up again.',
        }),
      ),
      breaker: Type.Optional(
        Type.Object(
          {
            since: Type.String({ description: 'ISO 8601.' }),
            reason: Type.String(),
            next: Type.Optional(
              Type.String({ description: 'When it is tried once more all the same, ISO 8601.' }),
            ),
          },
          {
            description:
              'Set while its breaker is open: its tries are used up. Without `next` nothing more is tried until somebody asks for it.',
          },
        ),
      ),
      failing: Type.Optional(
        Type.Object(
          {
            since: Type.String({ description: 'ISO 8601.' }),
            reason: Type.String(),
            attempts: Type.Integer({ minimum: 1 }),
            next: Type.String({ description: 'When it is tried again, ISO 8601.' }),
          },
          { description: 'Set while it cannot be brought up and is tried again with a growing delay.' },
        ),
      ),
      held: Type.Optional(
        Type.String({
          description: 'Since when it is held, ISO 8601: somebody stopped it without asking Bulkhead.',
        }),
      ),
      replicas: Type.Array(ReplicaStatusSchema),
    },
    { title: 'ServiceStatus' },
  ),
)

export const DriftSchema = shapeOf<Drift>()(
  Type.Object(
    {
      object: Type.String({ description: 'Name of the container, network or volume.' }),
      service: Type.Optional(Type.String()),
      field: Type.String({ description: 'In the terms of the file where it has one: `mem_limit`.' }),
      expected: Type.String(),
      actual: Type.String(),
      since: Type.Optional(Type.String({ description: 'Since when it is known, ISO 8601.' })),
      cause: Type.Optional(Type.String({ description: 'The event that the engine told: `update`.' })),
    },
    { title: 'Drift' },
  ),
)

export const OwnerSchema = shapeOf<Owner>()(
  Type.Object(
    {
      owner: Type.String({ description: 'Id of the Bulkhead.' }),
      place: Type.String({ description: 'Where it is, for people: `machine:/var/lib/bulkhead`.' }),
      since: Type.String({ description: 'ISO 8601.' }),
    },
    { title: 'Owner', description: 'Another Bulkhead, which keeps the project.' },
  ),
)

export const ProjectStatusSchema = shapeOf<ProjectStatus>()(
  Type.Object(
    {
      name: Type.String(),
      workingDir: Type.Optional(Type.String()),
      configFiles: Type.Array(Type.String()),
      revision: Type.Optional(
        Type.Number({ description: 'Absent for projects that Bulkhead does not keep.' }),
      ),
      target: TargetSchema,
      suspended: Type.Optional(Type.String({ description: 'Since when reconciling rests, ISO 8601.' })),
      owner: Type.Optional(OwnerSchema),
      converged: Type.Boolean({ description: 'A plan made now would be empty.' }),
      services: Type.Array(ServiceStatusSchema),
      drift: Type.Optional(
        Type.Array(DriftSchema, {
          description: 'What somebody changed without asking Bulkhead, as far as it is not repaired yet.',
        }),
      ),
    },
    { title: 'ProjectStatus' },
  ),
)

export const ProjectSummarySchema = Type.Object(
  {
    name: Type.String(),
    states: Type.Record(Type.String(), Type.Number(), {
      description: 'Containers by state: `{"running": 2}`.',
    }),
    configFiles: Type.Array(Type.String()),
    workingDir: Type.Optional(Type.String()),
    target: Type.Optional(TargetSchema),
    revision: Type.Optional(Type.Number()),
    suspended: Type.Optional(Type.String({ description: 'Since when reconciling rests, ISO 8601.' })),
    owner: Type.Optional(OwnerSchema),
  },
  { title: 'ProjectSummary', description: '`target` and `revision`: of kept projects only.' },
)
export type ProjectSummary = Static<typeof ProjectSummarySchema>

export const ProjectListSchema = Type.Object({ projects: Type.Array(ProjectSummarySchema) })
export type ProjectList = Static<typeof ProjectListSchema>

export const AllQuerySchema = Type.Object({
  all: Type.Optional(Type.Boolean({ description: 'Also what does not run.' })),
})

export const RevisionStoredSchema = Type.Object(
  {
    project: Type.String(),
    revision: Type.Integer(),
    created: Type.Boolean({ description: 'False: the same bundle was the current revision already.' }),
    warnings: Type.Array(ProblemSchema),
  },
  { title: 'RevisionStored' },
)
export type RevisionStored = Static<typeof RevisionStoredSchema>

export const ConfigRequestSchema = Type.Object({ bundle: BundleSchema }, { title: 'ConfigRequest' })
export type ConfigRequest = Static<typeof ConfigRequestSchema>

export const ConfigSchema = Type.Object(
  {
    project: Type.Record(Type.String(), Type.Unknown(), {
      description: "The canonical project, under the specification's own names; secrets masked.",
    }),
    warnings: Type.Array(ProblemSchema),
  },
  { title: 'Config' },
)
export type Config = Static<typeof ConfigSchema>

export const LogsQuerySchema = Type.Object({
  service: Type.Optional(
    Type.Union([Type.String(), Type.Array(Type.String())], { description: 'Repeatable; absent: all.' }),
  ),
  follow: Type.Optional(Type.Boolean()),
  previous: Type.Optional(
    Type.Boolean({ description: 'Of containers that were removed or replaced, as far as that is kept.' }),
  ),
  tail: Type.Optional(Type.Integer({ minimum: 0, description: 'Lines from the end; absent: all.' })),
  timestamps: Type.Optional(Type.Boolean()),
  since: Type.Optional(Type.String({ description: 'RFC 3339, Unix seconds, or a duration back (`10m`).' })),
  until: Type.Optional(Type.String()),
  from: Type.Optional(
    Type.Union([Type.String(), Type.Array(Type.String())], {
      description:
        'Where to go on: `CONTAINER=TIME`, the time of the last line that was read of it. Repeatable; ' +
        'for that container in place of `since` and `tail`.',
    }),
  ),
})

export const ProjectLogLineSchema = Type.Object(
  {
    service: Type.String(),
    container: Type.String({ description: 'Name of the container.' }),
    stream: Type.Enum(['stdout', 'stderr']),
    text: Type.String({ description: 'Without the line end.' }),
    time: Type.Optional(Type.String({ description: 'RFC 3339 with nanoseconds, when asked for.' })),
  },
  { title: 'ProjectLogLine' },
)
export type ProjectLogLine = Static<typeof ProjectLogLineSchema>
