import { Type } from 'typebox'
import type { Static } from 'typebox'

const LoginSchema = Type.Object(
  {
    username: Type.Optional(Type.String()),
    password: Type.Optional(Type.String()),
    identityToken: Type.Optional(Type.String()),
    serverAddress: Type.String({ description: "The registry's host and port, or Docker's key for its Hub." }),
  },
  { additionalProperties: false },
)

export const RegistryCredentialsSchema = Type.Record(Type.String(), LoginSchema, {
  description:
    'Logins of the asking user by registry (`docker.io`, `registry.example:5000`), for the pulls, builds and pushes of this deployment. Kept in memory until it has ended, never stored; without one the daemon takes what its own configuration has.',
})
export type RegistryLogins = Static<typeof RegistryCredentialsSchema>
