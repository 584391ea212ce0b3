/**
 * Options that dockerode sends as the request's body and nothing else; left to
 * itself it repeats them all in the URL. Its types know only the plain form,
 * which they make hard to fill from a body that's written elsewhere.
 */
export function bodyOnly<T>(
  body: Readonly<Record<string, unknown>>,
  query: Readonly<Record<string, unknown>> = {},
): T {
  return { _query: query, _body: body } as T
}
