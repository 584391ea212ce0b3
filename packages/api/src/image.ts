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
