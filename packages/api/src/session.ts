import type { Problem } from '@bulkhead/model'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { BundleSchema } from './bundle.ts'
import { RegistryCredentialsSchema } from './registry.ts'

const index = Type.Optional(
  Type.Integer({ minimum: 1, description: 'Number of the replica; absent: the first that runs.' }),
)
const detachKeys = Type.Optional(Type.String({ description: 'As `ctrl-p,ctrl-q`.' }))
const size = Type.Optional(
  Type.Object(
    { columns: Type.Integer({ minimum: 1 }), rows: Type.Integer({ minimum: 1 }) },
    { description: 'Of the terminal, in characters.' },
  ),
)

export const ExecRequestSchema = Type.Object(
  {
    service: Type.String(),
    index,
    command: Type.Array(Type.String(), { minItems: 1 }),
    environment: Type.Optional(Type.Array(Type.String(), { description: 'NAME=value each.' })),
    user: Type.Optional(Type.String()),
    workingDir: Type.Optional(Type.String()),
    privileged: Type.Optional(Type.Boolean()),
    terminal: Type.Optional(Type.Boolean()),
    input: Type.Optional(Type.Boolean({ description: 'It may be written to.' })),
    detach: Type.Optional(Type.Boolean({ description: 'It is started and left; there is no session.' })),
    detachKeys,
    size,
  },
  { title: 'ExecRequest', additionalProperties: false },
)
export type ExecRequest = Static<typeof ExecRequestSchema>

export const AttachmentRequestSchema = Type.Object(
  {
    service: Type.String(),
    index,
    input: Type.Optional(Type.Boolean({ description: 'It may be written to, where it listens.' })),
    detachKeys,
  },
  { title: 'AttachmentRequest', additionalProperties: false },
)
export type AttachmentRequest = Static<typeof AttachmentRequestSchema>

const names = Type.Array(Type.String())
/** Long forms, as the model has them. */
const longForms = Type.Array(Type.Record(Type.String(), Type.Unknown()))

export const RunRequestSchema = Type.Object(
  {
    service: Type.String(),
    bundle: Type.Optional(BundleSchema),
    command: Type.Optional(names),
    entrypoint: Type.Optional(names),
    environment: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: "Goes before the service's own." }),
    ),
    labels: Type.Optional(Type.Record(Type.String(), Type.String())),
    name: Type.Optional(Type.String({ description: 'Of the container.' })),
    user: Type.Optional(Type.String()),
    workingDir: Type.Optional(Type.String()),
    capAdd: Type.Optional(names),
    capDrop: Type.Optional(names),
    volumes: Type.Optional(longForms),
    ports: Type.Optional(longForms),
    servicePorts: Type.Optional(Type.Boolean({ description: "Publishes the service's own ports." })),
    useAliases: Type.Optional(Type.Boolean({ description: "Goes by the service's names on its networks." })),
    noDependencies: Type.Optional(Type.Boolean()),
    remove: Type.Optional(
      Type.Boolean({ description: 'It is removed with its anonymous volumes when it has ended.' }),
    ),
    detach: Type.Optional(Type.Boolean({ description: 'It is started and left; there is no session.' })),
    terminal: Type.Optional(Type.Boolean()),
    input: Type.Optional(Type.Boolean({ description: 'It may be written to.' })),
    build: Type.Optional(Type.Boolean({ description: 'Build images though they exist.' })),
    pull: Type.Optional(Type.Enum(['always', 'missing', 'never', 'build'])),
    removeOrphans: Type.Optional(Type.Boolean()),
    credentials: Type.Optional(RegistryCredentialsSchema),
    detachKeys,
    engine: Type.Optional(
      Type.String({ description: 'Address of the engine that the client would use; another is a 409.' }),
    ),
  },
  { title: 'RunRequest', additionalProperties: false },
)
export type RunRequest = Static<typeof RunRequestSchema>

export const SessionSchema = Type.Object(
  {
    id: Type.Optional(
      Type.String({ description: 'To be opened once, within 30 seconds; absent: it was left.' }),
    ),
    container: Type.String({ description: 'Its name.' }),
    terminal: Type.Boolean(),
  },
  { title: 'Session' },
)
export type Session = Static<typeof SessionSchema>

/** What a client tells in text messages. */
export type SessionCommand =
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }
  /** No more input comes. */
  | { readonly type: 'end' }
  /** To a container, not to a command in one: the engine knows no way. */
  | { readonly type: 'signal'; readonly signal: string }

/** What the daemon tells in text messages. After the last three it closes. */
export type SessionNews =
  | { readonly type: 'open' }
  | { readonly type: 'exit'; readonly code: number }
  | { readonly type: 'detached' }
  | { readonly type: 'error'; readonly problem: Problem }

export const ContainerEventSchema = Type.Object(
  {
    action: Type.String({
      description: 'The engine\u2019s word: `start`, `die`, `destroy`, `health_status`, …',
    }),
    id: Type.String(),
    container: Type.String({ description: 'Its name.' }),
    service: Type.String(),
    number: Type.Optional(Type.Integer()),
    oneOff: Type.Boolean(),
    exitCode: Type.Optional(Type.Integer({ description: 'With `die`.' })),
    health: Type.Optional(Type.String({ description: 'With `health_status`.' })),
    time: Type.String({ description: 'ISO 8601.' }),
  },
  { title: 'ContainerEvent' },
)
export type ContainerEvent = Static<typeof ContainerEventSchema>
