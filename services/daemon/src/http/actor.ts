import type { IncomingHttpHeaders } from 'node:http'
import { actorHeader } from '@bulkhead/api'

const longest = 200

/** Who asks, as the client says: nothing proves it. Undefined: it does not say. */
export function actorOf(headers: IncomingHttpHeaders): string | undefined {
  const value = headers[actorHeader]
  if (typeof value !== 'string' || value === '') return undefined
  try {
    return decodeURIComponent(value).slice(0, longest)
  } catch {
    return undefined
  }
}
