/** An image reference in its parts. */
export interface Reference {
  /** Host and port of the registry; `docker.io` when the reference names none. */
  readonly registry: string
  /** All but tag and digest, as written. */
  readonly repository: string
  /** Digest or tag; `latest` when the reference has neither. */
  readonly version: string
}

/** Takes a reference apart; checks nothing, as the engine does. */
export function parseReference(reference: string): Reference {
  const [named = '', digest] = reference.split('@')
  const colon = named.lastIndexOf(':')
  const tagged = colon > named.lastIndexOf('/')
  const repository = tagged ? named.slice(0, colon) : named
  const tag = tagged ? named.slice(colon + 1) : 'latest'
  const [first = ''] = repository.split('/')
  // Docker's rule: the first part is a registry when it could be a host.
  const hosted =
    repository.includes('/') &&
    (/[.:]/u.test(first) || first === 'localhost' || first !== first.toLowerCase())
  return { registry: hosted ? first : 'docker.io', repository, version: digest ?? tag }
}

const hubNames = ['docker.io', 'index.docker.io']

/**
 * A reference in full, as Docker writes it: registry, repository, tag. A digest
 * takes the place of the tag.
 *
 * @see https://github.com/distribution/reference/blob/main/normalize.go
 */
export function fullReference(reference: string): string {
  const { registry, repository, version } = parseReference(reference)
  const isHub = hubNames.includes(registry)
  const path = repository.startsWith(`${registry}/`) ? repository.slice(registry.length + 1) : repository
  const name = isHub ? `docker.io/${path.includes('/') ? path : `library/${path}`}` : repository
  return `${name}${reference.includes('@') ? '@' : ':'}${version}`
}
