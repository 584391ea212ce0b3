import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { BulkheadError } from '@bulkhead/model'
import { defaultPipe, defaultUnixSocket } from './address.ts'
import type { EngineAddress, EngineTls } from './address.ts'

/** All that the search looks at, handed in: nothing is read from the process. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** `process.platform`. */
  readonly platform: string
  /** The user's home folder. */
  readonly home: string
  /** The file's text, or undefined when there is none. */
  readonly readFile: (path: string) => string | undefined
}

/**
 * Finds the engine as Docker's own client does: `DOCKER_HOST` before
 * `DOCKER_CONTEXT` before the configuration's current context before the
 * default socket. Reads files, opens no connection.
 *
 * @throws BulkheadError BH_ENGINE_UNREACHABLE when a context is named that does not exist.
 * @see https://docs.docker.com/engine/manage-resources/contexts/
 */
export function locate(surroundings: Surroundings): EngineAddress {
  const { env, readFile } = surroundings
  const host = env['DOCKER_HOST']
  if (host !== undefined && host !== '') {
    return { url: host, source: 'DOCKER_HOST', tls: tlsOfEnvironment(surroundings, host) }
  }
  const folder = configFolder(surroundings)
  const named = env['DOCKER_CONTEXT']
  if (named !== undefined && named !== '')
    return named === 'default' ? fallback(surroundings) : context(folder, named, 'DOCKER_CONTEXT', readFile)
  const file = join(folder, 'config.json')
  const current = text(parseJson(readFile(file), file), 'currentContext')
  if (current !== '' && current !== 'default') return context(folder, current, file, readFile)
  return fallback(surroundings)
}

/** The folder of Docker's configuration: `DOCKER_CONFIG`, or `.docker` in the home folder. */
export function configFolder({ env, home }: Pick<Surroundings, 'env' | 'home'>): string {
  const folder = env['DOCKER_CONFIG']
  return folder === undefined || folder === '' ? join(home, '.docker') : folder
}

/** A JSON file's content as an object; undefined when there is no file. */
export function parseJson(
  content: string | undefined,
  file: string,
): Readonly<Record<string, unknown>> | undefined {
  if (content === undefined || content.trim() === '') return undefined
  try {
    return record(JSON.parse(content))
  } catch (cause) {
    throw new BulkheadError('BH_ENGINE_UNREACHABLE', `${file} is not valid JSON.`, {
      hint: 'Correct the file or move it away.',
      cause,
    })
  }
}

export function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

function fallback({ env, platform }: Surroundings): EngineAddress {
  if (platform === 'win32') return { url: `npipe://${defaultPipe}`, source: 'the default' }
  const runtimeFolder = env['XDG_RUNTIME_DIR']
  const alternative =
    runtimeFolder === undefined || runtimeFolder === '' ? undefined : join(runtimeFolder, 'docker.sock')
  return { url: `unix://${defaultUnixSocket}`, source: 'the default', alternative }
}

function context(
  folder: string,
  name: string,
  source: string,
  readFile: Surroundings['readFile'],
): EngineAddress {
  const id = createHash('sha256').update(name).digest('hex')
  const file = join(folder, 'contexts', 'meta', id, 'meta.json')
  const endpoint = record(record(parseJson(readFile(file), file)?.['Endpoints'])?.['docker'])
  if (endpoint === undefined) {
    throw new BulkheadError(
      'BH_ENGINE_UNREACHABLE',
      `The Docker context "${name}", named by ${source}, does not exist.`,
      {
        hint: 'List the contexts with `docker context ls`, or set DOCKER_HOST.',
      },
    )
  }
  const url = text(endpoint, 'Host')
  const tlsFolder = join(folder, 'contexts', 'tls', id, 'docker')
  const verify = endpoint['SkipTLSVerify'] !== true
  const files = certificates(tlsFolder, readFile)
  const tls = files === undefined && verify ? undefined : { ...files, verify }
  return { url: url === '' ? `unix://${defaultUnixSocket}` : url, source: `context "${name}"`, tls }
}

/** TLS is on when DOCKER_TLS_VERIFY or DOCKER_TLS is set to anything; only the first checks the engine's certificate. */
function tlsOfEnvironment(surroundings: Surroundings, host: string): EngineTls | undefined {
  const { env, readFile } = surroundings
  const verify = (env['DOCKER_TLS_VERIFY'] ?? '') !== ''
  const wanted = verify || (env['DOCKER_TLS'] ?? '') !== '' || host.startsWith('https://')
  if (!wanted || /^(?:unix|npipe|ssh):/u.test(host)) return undefined
  const folder = env['DOCKER_CERT_PATH'] ?? ''
  const files = certificates(folder === '' ? configFolder(surroundings) : folder, readFile)
  return { ...files, verify: verify || host.startsWith('https://') }
}

function certificates(
  folder: string,
  readFile: Surroundings['readFile'],
): Omit<EngineTls, 'verify'> | undefined {
  const ca = readFile(join(folder, 'ca.pem'))
  const cert = readFile(join(folder, 'cert.pem'))
  const key = readFile(join(folder, 'key.pem'))
  return ca === undefined && cert === undefined && key === undefined ? undefined : { ca, cert, key }
}

function text(object: Readonly<Record<string, unknown>> | undefined, key: string): string {
  const value = object?.[key]
  return typeof value === 'string' ? value : ''
}
