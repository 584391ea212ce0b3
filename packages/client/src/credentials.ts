import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { hub, registryOf } from '@bulkhead/model'
import type { RegistryCredentials } from '@bulkhead/model'

/** Docker Hub's key in the configuration, of the time before registries had a version 2. */
const hubKey = 'https://index.docker.io/v1/'

/** Milliseconds that a credential helper gets; a locked keychain may ask its user. */
const helperTimeout = 30_000

export interface CredentialSource {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The user's home folder. */
  readonly home: string
  /** Undefined: there is no such file. */
  readonly readFile: (path: string) => string | undefined
  /** Runs `docker-credential-NAME get` with the registry on its input; undefined when it has none. */
  readonly runHelper?: (name: string, server: string) => Promise<string | undefined>
}

/**
 * What Docker's configuration knows for the registry of an image: a helper of
 * its own first, then the store, then the file itself.
 *
 * @returns undefined when it has nothing: most images need none.
 * @see https://docs.docker.com/reference/cli/docker/login/#credential-stores
 */
export async function findCredentials(
  reference: string,
  source: CredentialSource,
): Promise<RegistryCredentials | undefined> {
  const text = source.readFile(join(configFolder(source), 'config.json'))
  const config = text === undefined ? {} : safeRecord(text)
  const registry = registryOf(reference)
  const server = registry === hub ? hubKey : registry
  const helper = record(config['credHelpers'])?.[server] ?? config['credsStore']
  if (typeof helper === 'string' && helper !== '') {
    const found = fromHelper(await (source.runHelper ?? helperIn(source.env))(helper, server), server)
    if (found !== undefined) return found
  }
  return fromFile(record(config['auths']), server)
}

function configFolder({ env, home }: CredentialSource): string {
  const named = env['DOCKER_CONFIG']
  return named === undefined || named === '' ? join(home, '.docker') : named
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined
}

function fromHelper(output: string | undefined, server: string): RegistryCredentials | undefined {
  if (output === undefined) return undefined
  const { Username: username, Secret: secret } = safeRecord(output)
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return undefined
  // The helpers' sign for a token in place of a password.
  if (username === '<token>') return { identityToken: secret, serverAddress: server }
  return { username, password: secret, serverAddress: server }
}

function fromFile(
  auths: Readonly<Record<string, unknown>> | undefined,
  server: string,
): RegistryCredentials | undefined {
  const key = Object.keys(auths ?? {}).find(
    (candidate) => candidate === server || hostOf(candidate) === hostOf(server),
  )
  const entry = key === undefined ? undefined : record(auths?.[key])
  if (entry === undefined) return undefined
  const { auth, identitytoken: token, username, password } = entry
  if (typeof token === 'string' && token !== '') return { identityToken: token, serverAddress: server }
  if (typeof auth === 'string' && auth !== '') {
    const text = Buffer.from(auth, 'base64').toString('utf8').replaceAll('\0', '')
    const colon = text.indexOf(':')
    return { username: text.slice(0, colon), password: text.slice(colon + 1), serverAddress: server }
  }
  if (typeof username !== 'string' || typeof password !== 'string') return undefined
  return { username, password, serverAddress: server }
}

/** Old entries are URLs with a path. */
function hostOf(key: string): string {
  return key.replace(/^https?:\/\//u, '').replace(/\/.*$/u, '')
}

function safeRecord(text: string): Readonly<Record<string, unknown>> {
  try {
    return record(JSON.parse(text)) ?? {}
  } catch {
    return {}
  }
}

/** A helper that fails has nothing for us: what it says of it may hold a secret and is not passed on. */
function helperIn(env: CredentialSource['env']): NonNullable<CredentialSource['runHelper']> {
  return (name, server) => {
    if (!/^[\w.-]+$/u.test(name)) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      const child = spawn(`docker-credential-${name}`, ['get'], {
        env: { ...env },
        stdio: ['pipe', 'pipe', 'ignore'],
        timeout: helperTimeout,
      })
      let output = ''
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
      child.on('error', () => resolve(undefined))
      child.on('close', (status) => resolve(status === 0 ? output : undefined))
      child.stdin.on('error', () => undefined)
      // A helper reads to the end; what is behind the name is part of it.
      child.stdin.end(server)
    })
  }
}
