import type Docker from 'dockerode'

/** All that is created by a body. */
type CreateOptions = Docker.ContainerCreateOptions & Docker.NetworkCreateOptions & Docker.VolumeCreateOptions

/**
 * Options that dockerode sends as the request's body and nothing else; left to
 * itself it repeats them all in the URL. Its types do not know this form.
 */
export function bodyOnly(
  body: Readonly<Record<string, unknown>>,
  query: Readonly<Record<string, unknown>> = {},
): CreateOptions {
  return { _query: query, _body: body } as object as CreateOptions
}
