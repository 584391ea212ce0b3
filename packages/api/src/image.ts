import { Type } from 'typebox'
import type { Static } from 'typebox'

export const ImageDigestQuerySchema = Type.Object({
  reference: Type.String({ minLength: 1, description: '`nginx:1.22`, `registry.example/team/app`, …' }),
})

export const ImageDigestSchema = Type.Object(
  {
    reference: Type.String({ description: 'As it was asked for.' }),
    digest: Type.String({ description: '`sha256:…`: of the list where the image is for several platforms.' }),
    pinned: Type.String({
      description: 'Name in full, tag and digest; as it was asked for where it held a digest already.',
    }),
  },
  { title: 'ImageDigest' },
)
export type ImageDigest = Static<typeof ImageDigestSchema>

export const ContainerImageSchema = Type.Object(
  {
    container: Type.String({ description: 'Name of a container that was made of it.' }),
    service: Type.String(),
    reference: Type.String({ description: 'As the container was made of it.' }),
    id: Type.String({ description: '`sha256:…`' }),
    tags: Type.Array(Type.String(), { description: 'All names that it has on the engine.' }),
    os: Type.Optional(
      Type.String({ description: 'Absent, like what follows: the engine has the image no more.' }),
    ),
    architecture: Type.Optional(Type.String()),
    size: Type.Optional(Type.Number({ description: 'Bytes.' })),
    createdAt: Type.Optional(Type.String({ description: 'ISO 8601: when it was built.' })),
    taggedAt: Type.Optional(Type.String({ description: 'ISO 8601: when it last got a name here.' })),
  },
  { title: 'ContainerImage' },
)
export type ContainerImage = Static<typeof ContainerImageSchema>
export const ContainerImageListSchema = Type.Object({ images: Type.Array(ContainerImageSchema) })
