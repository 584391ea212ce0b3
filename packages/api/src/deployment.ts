import { deploymentActions, pullPolicies } from '@bulkhead/model'
import type {
  Deployment,
  DeploymentAction,
  DeploymentEvent,
  OperationReference,
  OperationType,
  PullPolicy,
} from '@bulkhead/model'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { BundleSchema } from './bundle.ts'
import { ProblemSchema } from './problem.ts'
import { ProjectNameSchema } from './project.ts'
import { RegistryCredentialsSchema } from './registry.ts'
import { shapeOf } from './shape.ts'

export const DeploymentActionSchema = Type.Unsafe<DeploymentAction>(Type.Enum([...deploymentActions]))
const PullPolicySchema = Type.Unsafe<PullPolicy>(Type.Enum([...pullPolicies]))

export const DeploymentRequestSchema = Type.Object(
  {
    project: Type.Optional(ProjectNameSchema),
    action: DeploymentActionSchema,
    bundle: Type.Optional(BundleSchema),
    services: Type.Optional(
      Type.Array(Type.String(), {
        description:
          'Only these; absent: all. `up`, `create`, `scale` and `start` take what they depend on along.',
      }),
    ),
    noDependencies: Type.Optional(
      Type.Boolean({
        description:
          'With `up`, `create`, `scale`: leave what the services depend on as it is. With `restart`: leave alone what depends on them with `restart: true`.',
      }),
    ),
    scale: Type.Optional(
      Type.Record(Type.String(), Type.Integer({ minimum: 0 }), {
        description:
          'Replicas by service, in place of what the files say, until the next `up` of the service without it.',
      }),
    ),
    recreate: Type.Optional(
      Type.Unsafe<'changed' | 'always' | 'never'>(
        Type.Enum(['changed', 'always', 'never'], {
          default: 'changed',
          description: '`never` holds until the next `up` of the service without it.',
        }),
      ),
    ),
    recreateDependencies: Type.Optional(
      Type.Boolean({ description: 'Recreate what the named services depend on though nothing changed.' }),
    ),
    renewAnonymousVolumes: Type.Optional(
      Type.Boolean({ description: 'Containers that are replaced hand on no anonymous volumes.' }),
    ),
    build: Type.Optional(Type.Boolean({ description: 'Build images though they exist.' })),
    noBuild: Type.Optional(Type.Boolean({ description: 'Build no image, even where one is missing.' })),
    pull: Type.Optional(PullPolicySchema),
    includeDependencies: Type.Optional(
      Type.Boolean({ description: 'With `build`, `pull`, `push`: also of what the services depend on.' }),
    ),
    noCache: Type.Optional(Type.Boolean({ description: 'With `build`: every step anew.' })),
    pullBases: Type.Optional(Type.Boolean({ description: 'With `build`: pull newer images to build upon.' })),
    buildArguments: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        description: 'With `build`: they go before those of the files.',
      }),
    ),
    push: Type.Optional(Type.Boolean({ description: 'With `build`: push what was built.' })),
    ignoreBuildable: Type.Optional(Type.Boolean({ description: 'With `pull`: not what can be built.' })),
    ignoreFailures: Type.Optional(
      Type.Boolean({ description: 'With `pull` and `push`: only warn of an image that fails.' }),
    ),
    parallel: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Images that are pulled, built and pushed at once.' }),
    ),
    signal: Type.Optional(
      Type.String({ pattern: '^(SIG)?[A-Za-z0-9+-]{1,16}$', description: 'With `kill`; SIGKILL if absent.' }),
    ),
    stop: Type.Optional(Type.Boolean({ description: 'With `rm`: also containers that run.' })),
    removeVolumes: Type.Optional(Type.Boolean({ description: 'With `down` and `rm`.' })),
    removeImages: Type.Optional(
      Type.Unsafe<'local' | 'all'>(
        Type.Enum(['local', 'all'], {
          description: 'With `down`: images too; `local`: only of services that name none.',
        }),
      ),
    ),
    removeOrphans: Type.Optional(Type.Boolean()),
    allResources: Type.Optional(
      Type.Boolean({ description: 'Networks and volumes too that no service uses.' }),
    ),
    recreateVolumes: Type.Optional(
      Type.Union([Type.Literal('all'), Type.Array(Type.String())], {
        description:
          'Volumes, by their key in the files or their name, that may lose their data because their definition has ' +
          'changed: their users are removed, then they are removed and made again. Others stay as they are.',
      }),
    ),
    askAboutVolumes: Type.Optional(
      Type.Boolean({
        description:
          'Answer 409 `BH_VOLUME_CHANGED` with a problem for each volume whose definition has changed and that ' +
          '`recreateVolumes` does not decide, in place of leaving them as they are. Nothing is changed then.',
      }),
    ),
    timeoutSeconds: Type.Optional(
      Type.Integer({ minimum: 0, description: 'To wait for a container to stop before it is killed.' }),
    ),
    credentials: Type.Optional(RegistryCredentialsSchema),
    revision: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'In place of a bundle: what an earlier revision says, as a new revision.',
      }),
    ),
    rollback: Type.Optional(
      Type.Boolean({
        description: 'When it fails, ask again for the newest revision before it that was brought up whole.',
      }),
    ),
    takeOver: Type.Optional(
      Type.Boolean({
        description:
          'Keep the project from now on though another Bulkhead does: for when that one is gone for good. One that is not gone leaves it alone from then on.',
      }),
    ),
    author: Type.Optional(
      Type.String({ maxLength: 200, description: 'Who asks, as the client says; told by the history.' }),
    ),
    note: Type.Optional(Type.String({ maxLength: 1000, description: 'Why; told by the history.' })),
    engine: Type.Optional(
      Type.String({ description: 'Address of the engine that the client would use; another is a 409.' }),
    ),
  },
  { title: 'DeploymentRequest', additionalProperties: false },
)
export type DeploymentRequest = Static<typeof DeploymentRequestSchema>

export const DeploymentSchema = shapeOf<Deployment>()(
  Type.Object(
    {
      id: Type.String(),
      project: Type.String(),
      action: DeploymentActionSchema,
      revision: Type.Optional(Type.Number()),
      plan: Type.Optional(Type.String({ description: 'Id of the plan that it carries out.' })),
      state: Type.Enum(['queued', 'running', 'succeeded', 'failed', 'canceled', 'superseded']),
      createdAt: Type.String({ description: 'ISO 8601.' }),
      finishedAt: Type.Optional(Type.String()),
      operations: Type.Number({ description: 'Done so far; 0 at the end: nothing had to be changed.' }),
      problem: Type.Optional(ProblemSchema),
    },
    { title: 'Deployment' },
  ),
)

export const OperationTypeSchema = Type.Unsafe<OperationType>(
  Type.Enum([
    'pullImage',
    'buildImage',
    'pushImage',
    'removeImage',
    'createNetwork',
    'removeNetwork',
    'connectNetwork',
    'disconnectNetwork',
    'createVolume',
    'removeVolume',
    'createContainer',
    'startContainer',
    'stopContainer',
    'killContainer',
    'removeContainer',
    'renameContainer',
    'unpauseContainer',
    'updateContainer',
    'runHook',
    'runInit',
    'runProvider',
    'prepareModel',
    'awaitCondition',
    'aliasContainer',
    'awaitReplica',
    'wait',
  ] satisfies OperationType[]),
)

export const OperationReferenceSchema = shapeOf<OperationReference>()(
  Type.Object(
    {
      node: Type.Number(),
      type: OperationTypeSchema,
      subject: Type.String({ description: 'What it acts on: `container db-web-db-1`.' }),
      service: Type.Optional(Type.String()),
      cause: Type.String({ description: 'Why: `not found`, `configuration changed`.' }),
    },
    { title: 'OperationReference' },
  ),
)

const event = { id: Type.Number(), time: Type.String() }
const operation = OperationReferenceSchema

export const DeploymentEventSchema = shapeOf<DeploymentEvent>()(
  Type.Union(
    [
      Type.Object({ ...event, type: Type.Literal('planned'), operations: Type.Number() }),
      Type.Object({ ...event, type: Type.Literal('started'), operation }),
      Type.Object({
        ...event,
        type: Type.Literal('progress'),
        operation,
        message: Type.String(),
        current: Type.Optional(Type.Number()),
        total: Type.Optional(Type.Number()),
      }),
      Type.Object({
        ...event,
        type: Type.Literal('output'),
        operation,
        text: Type.String({ description: 'A line that a hook or a provider wrote, secrets masked.' }),
      }),
      Type.Object({ ...event, type: Type.Literal('done'), operation, milliseconds: Type.Number() }),
      Type.Object({ ...event, type: Type.Literal('failed'), operation, problem: ProblemSchema }),
      Type.Object({ ...event, type: Type.Literal('skipped'), operation }),
      Type.Object({ ...event, type: Type.Literal('warning'), problem: ProblemSchema }),
      Type.Object({
        ...event,
        type: Type.Literal('finished'),
        outcome: Type.Enum(['succeeded', 'failed', 'canceled', 'superseded']),
        problem: Type.Optional(ProblemSchema),
      }),
    ],
    {
      title: 'DeploymentEvent',
      description: 'In order: `id` counts from 1 and is the SSE id too. `time` is ISO 8601.',
    },
  ),
)

export const DeploymentListSchema = Type.Object({ deployments: Type.Array(DeploymentSchema) })
export type DeploymentList = Static<typeof DeploymentListSchema>

export const DeploymentQuerySchema = Type.Object({ project: Type.Optional(Type.String()) })
export const EventsQuerySchema = Type.Object({
  lastEventId: Type.Optional(
    Type.Integer({ minimum: 0, description: 'As the header Last-Event-ID: begin after this one.' }),
  ),
})
