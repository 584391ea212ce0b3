/** What a registry wants to see before it hands out or takes in an image. */
export interface RegistryCredentials {
  readonly username?: string
  readonly password?: string
  readonly identityToken?: string
  /** The registry's host and port, or the key that Docker has for its Hub. */
  readonly serverAddress: string
}

/** The registry of references that name none. */
export const hub = 'docker.io'

/**
 * The registry of an image reference: host and port; `docker.io` when it names
 * none. Docker's rule: the first part is a registry when it could be a host.
 */
export function registryOf(reference: string): string {
  const [named = ''] = reference.split('@')
  const slash = named.indexOf('/')
  const first = named.slice(0, Math.max(slash, 0))
  const hosted =
    first !== '' && (/[.:]/u.test(first) || first === 'localhost' || first !== first.toLowerCase())
  if (!hosted) return hub
  return first === 'index.docker.io' ? hub : first
}
