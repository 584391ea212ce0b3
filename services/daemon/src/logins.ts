import { registryOf } from '@bulkhead/model'
import type { RegistryCredentials } from '@bulkhead/model'
import { maskOf } from './mask.ts'
import type { Mask } from './mask.ts'

type ByRegistry = Readonly<Record<string, RegistryCredentials>>

/**
 * The logins that came with deployments, in memory and nowhere else: a daemon
 * that was restarted has them no more, and takes what its own configuration has.
 */
export interface Logins {
  keep(deployment: string, credentials: ByRegistry | undefined): void
  /** The login for the registry of an image. */
  of(deployment: string, reference: string): RegistryCredentials | undefined
  drop(deployment: string): void
  /** Hides passwords and tokens in what is said of a deployment. */
  maskOf(deployment: string): Mask
}

export function createLogins(): Logins {
  const kept = new Map<string, ByRegistry>()
  return {
    keep(deployment, credentials) {
      if (credentials !== undefined && Object.keys(credentials).length > 0) kept.set(deployment, credentials)
    },
    of: (deployment, reference) => loginFor(kept.get(deployment), reference),
    drop: (deployment) => void kept.delete(deployment),
    maskOf: (deployment) => maskOfLogins(kept.get(deployment)),
  }
}

/** Hides passwords and tokens. */
export function maskOfLogins(credentials: ByRegistry | undefined): Mask {
  const secrets = Object.values(credentials ?? {}).flatMap(({ password, identityToken }) => [
    password ?? '',
    identityToken ?? '',
  ])
  return maskOf(secrets.filter((secret) => secret.length >= shortest))
}

/** Shorter ones are in every text by chance. */
const shortest = 4

export function loginFor(
  credentials: ByRegistry | undefined,
  reference: string,
): RegistryCredentials | undefined {
  const registry = registryOf(reference)
  return credentials !== undefined && Object.hasOwn(credentials, registry) ? credentials[registry] : undefined
}
