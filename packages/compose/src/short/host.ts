import { parsed, refused, shown, type Parsed } from './parsed.ts'

export interface ExtraHost {
  readonly host: string
  /** An address, or `host-gateway`; without brackets. */
  readonly address: string
}

/**
 * Reads an entry of `extra_hosts`: `HOST=ADDRESS` or `HOST:ADDRESS`. An IPv6
 * address stands in brackets or bare.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#extra_hosts
 */
export function parseExtraHost(text: string): Parsed<ExtraHost> {
  const equals = text.indexOf('=')
  const separator = equals < 0 ? text.indexOf(':') : equals
  if (separator < 0) return refused(`The extra host ${shown(text)} has no address.`, 'Write HOST=ADDRESS.')
  const host = text.slice(0, separator)
  if (host === '') return refused(`The extra host ${shown(text)} has no name.`, 'Write HOST=ADDRESS.')
  return parsed({ host, address: bareAddress(text.slice(separator + 1)) })
}

/** The entries in their canonical form and order: `HOST=ADDRESS`, sorted. */
export function formatExtraHosts(hosts: readonly ExtraHost[]): readonly string[] {
  return hosts.map(({ host, address }) => `${host}=${bareAddress(address)}`).sort(byCodeUnit)
}

function bareAddress(address: string): string {
  return address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address
}

function byCodeUnit(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}
