import type { EngineCapabilities } from '@bulkhead/model'
import { Type } from 'typebox'
import type { Static } from 'typebox'
import { shapeOf } from './shape.ts'

export const VersionSchema = Type.Object(
  {
    version: Type.String(),
    api: Type.Literal('v1'),
    node: Type.String(),
    engine: Type.Optional(
      Type.Object({ version: Type.String(), apiVersion: Type.String() }, { description: 'When it answers.' }),
    ),
  },
  { title: 'Version' },
)
export type Version = Static<typeof VersionSchema>

export const HealthSchema = Type.Object({ status: Type.Literal('ok') })
export const ReadySchema = Type.Object({ status: Type.Literal('ready') })

export const EngineCapabilitiesSchema = shapeOf<EngineCapabilities>()(
  Type.Object(
    {
      id: Type.String(),
      name: Type.String(),
      version: Type.String(),
      apiVersion: Type.String(),
      os: Type.Enum(['linux', 'windows']),
      architecture: Type.String(),
      kernelVersion: Type.String(),
      operatingSystem: Type.String(),
      runtimes: Type.Record(
        Type.String(),
        Type.Object({ path: Type.Optional(Type.String()), args: Type.Array(Type.String()) }),
      ),
      defaultRuntime: Type.Optional(Type.String()),
      defaultIsolation: Type.Optional(Type.Enum(['process', 'hyperv'])),
      securityOptions: Type.Array(Type.String()),
      liveRestore: Type.Boolean(),
      swarm: Type.Enum(['active', 'inactive']),
    },
    { title: 'EngineCapabilities' },
  ),
)

export const IsolationOfferSchema = Type.Object(
  {
    available: Type.Boolean(),
    runtime: Type.Optional(Type.String({ description: 'OCI runtime or Windows isolation it would use.' })),
    reason: Type.Optional(Type.String({ description: 'Why not, and how to get it.' })),
  },
  { title: 'IsolationOffer' },
)

export const EngineSchema = Type.Object(
  {
    address: Type.String({ description: '`unix:///var/run/docker.sock`, `tcp://…`, `ssh://…`.' }),
    capabilities: EngineCapabilitiesSchema,
    isolation: Type.Object({ process: IsolationOfferSchema, hyperv: IsolationOfferSchema }),
  },
  { title: 'Engine' },
)
export type EngineDescription = Static<typeof EngineSchema>
