import { BulkheadError } from '@bulkhead/model'

/** Where a daemon listens. */
export interface Address {
  readonly socketPath: string
  /** Who asks, `ann@desk`: told with each request, for the audit log. */
  readonly actor?: string | undefined
}

/**
 * Reads `unix:///run/bulkhead/bulkhead.sock`, or an absolute path alone.
 *
 * @throws BulkheadError BH_USAGE for anything else: the daemon listens on Unix sockets only.
 */
export function parseAddress(host: string): Address {
  const path = host.startsWith('unix://') ? host.slice('unix://'.length) : host
  if (path.startsWith('/')) return { socketPath: path }
  throw new BulkheadError('BH_USAGE', `"${host}" is not an address of a daemon.`, {
    hint: 'Write it as unix:///absolute/path/to.sock.',
  })
}

export function formatAddress({ socketPath }: Address): string {
  return `unix://${socketPath}`
}
