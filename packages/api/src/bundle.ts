import type { Bundle } from '@bulkhead/model'
import { Type } from 'typebox'
import { shapeOf } from './shape.ts'

const strings = (description: string) => Type.Array(Type.String(), { description })

export const ContextDigestSchema = Type.String({
  title: 'ContextDigest',
  pattern: '^sha256:[0-9a-f]{64}$',
  description: 'SHA-256 of the archive.',
})

export const BundleSchema = shapeOf<Bundle>()(
  Type.Object(
    {
      workingDir: Type.String({ description: 'Absolute folder from which the files were named.' }),
      configFiles: strings('Compose files in merge order, absolute.'),
      projectDirectory: Type.Optional(Type.String()),
      projectName: Type.Optional(Type.String()),
      profiles: strings('Active profiles.'),
      services: Type.Optional(
        strings('Services asked for by name: their profiles are active for them and for what they need.'),
      ),
      environmentFiles: strings('`--env-file`, absolute.'),
      files: Type.Record(Type.String(), Type.Union([Type.String(), Type.Object({ base64: Type.String() })]), {
        description: 'Contents by absolute path: text, or base64 where they are not UTF-8.',
      }),
      environment: Type.Record(Type.String(), Type.String(), {
        description: 'The variables that were looked up and were set.',
      }),
      contexts: Type.Record(Type.String(), ContextDigestSchema, {
        description: 'Build contexts, uploaded before: absolute folder to digest.',
      }),
    },
    { title: 'Bundle', description: 'What a client sends of a project: only what its loader read.' },
  ),
)
