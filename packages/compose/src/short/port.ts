import { isIP } from 'node:net'
import type { Port } from '@bulkhead/model'
import { parsed, refused, shown, type Parsed } from './parsed.ts'

/**
 * Reads the short form of a port, `[[HOST:]PUBLISHED:]TARGET[/PROTOCOL]`, where
 * both ports may be ranges. A range of targets gives one entry a port; a range
 * of published ports with one target stays a range, from which the engine picks.
 * An IPv6 address stands in brackets or bare.
 *
 * @see https://github.com/compose-spec/compose-spec/blob/main/05-services.md#short-syntax-4
 */
export function parsePort(value: string | number): Parsed<readonly Port[]> {
  const text = String(value)
  const split = splitAddress(text)
  if (split === undefined) {
    return refused(
      `The port ${shown(text)} has an address but no second port.`,
      'Write ADDRESS:PUBLISHED:TARGET, or ADDRESS::TARGET for any free port.',
    )
  }
  const { host, published, target: targetText, protocol } = split
  if (host !== '' && isIP(host) === 0) {
    const what = /^\d+$/.test(host)
      ? `three ports; the first one would be an address`
      : `an address that is no IP address: ${host}`
    return refused(`The port ${shown(text)} has ${what}.`, 'Write [IP:]PUBLISHED:TARGET[/PROTOCOL].')
  }
  if (!protocols.has(protocol)) {
    return refused(`The port ${shown(text)} has the unknown protocol "${protocol}".`, 'Use tcp, udp or sctp.')
  }
  if (targetText === '') return refused(`The port ${shown(text)} has no container port.`, format)
  const target = parsePortRange(targetText)
  if (target === undefined)
    return refused(`${shown(targetText)} is no container port, in ${shown(text)}.`, format)
  if (target.first === 0)
    return refused(
      `The container port of ${shown(text)} can't be 0.`,
      'Name the port that the service listens on.',
    )
  const range = published === '' ? undefined : parsePortRange(published)
  if (published !== '' && range === undefined) return refused(publishedMistake(text, published), format)
  if (
    range !== undefined &&
    target.last !== target.first &&
    range.last - range.first !== target.last - target.first
  ) {
    return refused(
      `The port ranges of ${shown(text)} differ in length.`,
      'Give both ranges the same number of ports.',
    )
  }
  return parsed(expand(host, range, target, protocol))
}

/** A port or a range of ports; undefined when the text is neither. */
export function parsePortRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text)
  if (match === null) return undefined
  const first = Number(match[1])
  const last = match[2] === undefined ? first : Number(match[2])
  return last > 65535 || first > last ? undefined : { first, last }
}

export interface PortRange {
  readonly first: number
  readonly last: number
}

const protocols: ReadonlySet<string> = new Set(['tcp', 'udp', 'sctp'])
const format =
  'Use a number from 1 to 65535 or a range like 8000-8010, as [[IP:]PUBLISHED:]TARGET[/PROTOCOL].'

function publishedMistake(text: string, published: string): string {
  return isIP(published) === 0
    ? `${shown(published)} is no port to publish, in ${shown(text)}.`
    : `The port ${shown(text)} has an address but no second port.`
}

function expand(
  host: string,
  published: PortRange | undefined,
  target: PortRange,
  protocol: string,
): readonly Port[] {
  const ports: Port[] = []
  for (let port = target.first; port <= target.last; port += 1) {
    ports.push({
      mode: 'ingress',
      ...(host === '' ? {} : { host_ip: host }),
      target: port,
      ...(published === undefined ? {} : { published: publishedText(published, target, port) }),
      protocol,
    })
  }
  return ports
}

function publishedText(published: PortRange, target: PortRange, port: number): string {
  if (target.first === target.last && published.first !== published.last)
    return `${published.first}-${published.last}`
  return String(published.first + port - target.first)
}

interface Split {
  readonly host: string
  readonly published: string
  readonly target: string
  readonly protocol: string
}

function splitAddress(text: string): Split | undefined {
  const slash = text.indexOf('/')
  const protocol = slash < 0 ? 'tcp' : text.slice(slash + 1).toLowerCase() || 'tcp'
  const ports = slash < 0 ? text : text.slice(0, slash)
  if (ports.startsWith('[')) {
    const close = ports.indexOf(']')
    const parts = ports.slice(close + 2).split(':')
    if (close < 0 || ports.charAt(close + 1) !== ':' || parts.length !== 2) return undefined
    return { host: ports.slice(1, close), published: parts[0] ?? '', target: parts[1] ?? '', protocol }
  }
  const parts = ports.split(':')
  const target = parts.pop() ?? ''
  const published = parts.pop() ?? ''
  return { host: parts.join(':'), published, target, protocol }
}
