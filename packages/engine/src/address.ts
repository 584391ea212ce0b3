import { BulkheadError } from '@bulkhead/model'

/** Where an engine is, as Docker's client writes it, with what TLS needs. */
export interface EngineAddress {
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`, `npipe:////./pipe/docker_engine`, `ssh://user@host`. */
  readonly url: string
  /** How it was found, for messages: `DOCKER_HOST`, `context "remote"`, `the default`. */
  readonly source: string
  readonly tls?: EngineTls | undefined
  /** Another socket that may be meant when this one does not answer (a rootless engine's). */
  readonly alternative?: string | undefined
}

/** PEM texts; `verify: false` accepts any certificate of the engine. */
export interface EngineTls {
  readonly ca?: string | undefined
  readonly cert?: string | undefined
  readonly key?: string | undefined
  readonly verify: boolean
}

/** How to open a connection, once the address is understood. */
export type Route =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly secure: boolean }
  | {
      readonly kind: 'ssh'
      readonly host: string
      readonly port: string
      readonly user: string
      readonly socket: string
    }

export const defaultUnixSocket = '/var/run/docker.sock'
export const defaultPipe = '//./pipe/docker_engine'

/**
 * Reads an engine URL by the rules of Docker's client: no scheme means tcp, a
 * port left out is 2375, or 2376 with TLS, an empty path the default socket.
 *
 * @throws BulkheadError BH_ENGINE_UNREACHABLE when it is no address.
 */
export function routeOf({ url, tls, source }: EngineAddress): Route {
  const text = url.includes('://') ? url : `tcp://${url}`
  const [scheme, rest] = split(text, '://')
  if (scheme === 'unix') return { kind: 'socket', path: rest === '' ? defaultUnixSocket : rest }
  if (scheme === 'npipe')
    return { kind: 'socket', path: rest === '' ? defaultPipe : rest.replaceAll('\\', '/') }
  if (scheme !== 'tcp' && scheme !== 'http' && scheme !== 'https' && scheme !== 'ssh')
    throw notAnAddress(url, source)

  const parsed = parse(`http://${rest === '' && scheme === 'tcp' ? '127.0.0.1' : rest}`)
  if (parsed === undefined || parsed.hostname === '') throw notAnAddress(url, source)
  const host = parsed.hostname.replace(/^\[(.*)\]$/u, '$1')
  if (scheme === 'ssh') {
    const user = decodeURIComponent(parsed.username)
    // A leading dash would be read as an option of ssh.
    if (host.startsWith('-') || user.startsWith('-') || parsed.password !== '')
      throw notAnAddress(url, source)
    return {
      kind: 'ssh',
      host,
      user,
      port: portIn(rest),
      socket: parsed.pathname === '/' ? '' : parsed.pathname,
    }
  }
  if (parsed.pathname !== '/') throw notAnAddress(url, source)
  const secure = scheme === 'https' || (scheme === 'tcp' && tls !== undefined)
  return { kind: 'tcp', host, port: Number(portIn(rest)) || (secure ? 2376 : 2375), secure }
}

/** True when the engine shares this machine's file system: binds and /proc mean the same there. */
export function isLocal(address: EngineAddress): boolean {
  return routeOf(address).kind === 'socket'
}

/** `URL` drops a port that is the scheme's default, so it is read from the text. */
function portIn(rest: string): string {
  return /:(\d{1,5})(?:\/|$)/u.exec(rest.replace(/^.*@/u, '').replace(/^\[[^\]]*\]/u, ''))?.[1] ?? ''
}

function parse(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

function split(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark)
  return [text.slice(0, at), text.slice(at + mark.length)]
}

function notAnAddress(url: string, source: string): BulkheadError {
  // What stands before an @ may hold a password.
  const shown = url.replace(/\/\/[^/]*@/u, '//…@')
  return new BulkheadError(
    'BH_ENGINE_UNREACHABLE',
    `"${shown}" from ${source} is not the address of an engine.`,
    {
      hint: 'Write it as unix:///path, tcp://host:port, ssh://user@host or npipe:////./pipe/name.',
    },
  )
}
