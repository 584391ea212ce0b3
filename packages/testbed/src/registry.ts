import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'

/** An image that exists only as far as a registry tells: its platform and one empty layer. */
export interface ServedImage {
  /** Without the registry: "team/app:1", or "team/app" for its tag "latest". */
  readonly reference: string
  /** As Go names it: "windows", "linux". */
  readonly os: string
  /** As Go names it: "amd64", "arm64". */
  readonly architecture: string
  /** The build of Windows that the image is for: "10.0.17763.1". */
  readonly osVersion?: string
}

export interface ServeRegistryOptions {
  /** The address to listen on; `TestEngine.gateway` is one that the engine reaches and trusts without TLS. */
  readonly host: string
  /** Entries with the same reference become one image for several platforms. */
  readonly images: readonly ServedImage[]
  /** Whoever asks must give it (basic authentication). @default nobody has to */
  readonly login?: RegistryLogin
}

export interface RegistryLogin {
  readonly username: string
  readonly password: string
}

export interface ServedRegistry {
  /** "10.200.0.254:41234": prefix a reference with it and a slash. */
  readonly address: string
  /** What was asked, in order: "GET /v2/team/app/manifests/1". */
  readonly requests: readonly string[]
  /** Takes an image away, as if somebody had deleted it: "team/app:1". */
  readonly forget: (reference: string) => void
  /** Stops listening and drops open connections. */
  readonly close: () => Promise<void>
}

interface Content {
  readonly type: string
  readonly body: Buffer
}

type Contents = Map<string, Content>

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const MANIFEST_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json'
const CONFIG = 'application/vnd.docker.container.image.v1+json'
const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'

/** Two blocks of zeros are the end of a tar with nothing in it. */
const EMPTY_TAR = Buffer.alloc(1024)

/**
 * Serves images as the registry protocol v2 has it, so that an engine can look at or pull an image whose only point
 * is what it says of itself, such as one for Windows. What is pushed is kept in memory and served too.
 *
 * @see https://distribution.github.io/distribution/spec/api/
 */
export async function serveRegistry({ host, images, login }: ServeRegistryOptions): Promise<ServedRegistry> {
  const contents = contentsOf(images)
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    answer(contents, login, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, host, resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The registry listens on no port.')
  return {
    address: `${host}:${address.port}`,
    requests,
    forget(reference) {
      const [name = '', tag = 'latest'] = reference.split(':')
      contents.delete(`/v2/${name}/manifests/${tag}`)
    },
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)))
        server.closeAllConnections()
      }),
  }
}

async function answer(
  contents: Contents,
  login: RegistryLogin | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('docker-distribution-api-version', 'registry/2.0')
  if (login !== undefined && request.headers.authorization !== basic(login)) {
    response.setHeader('www-authenticate', 'Basic realm="testbed"')
    refuse(response, 401, 'UNAUTHORIZED', 'authentication required')
    return
  }
  const url = new URL(request.url ?? '/', 'http://registry')
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    await take(contents, url, request, response)
    return
  }
  const path = url.pathname
  if (path === '/v2/') {
    response.end('{}')
    return
  }
  const content = contents.get(path)
  if (content === undefined) {
    refuse(response, 404, path.includes('/blobs/') ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN', 'manifest unknown')
    return
  }
  response.setHeader('content-type', content.type)
  response.setHeader('content-length', content.body.length)
  response.setHeader('docker-content-digest', digestOf(content.body))
  response.end(request.method === 'HEAD' ? undefined : content.body)
}

/** An upload: begun by POST, its bytes by PATCH or PUT, ended by PUT with the digest; a manifest by PUT alone. */
async function take(
  contents: Contents,
  { pathname: path, searchParams }: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  if (request.method === 'POST') {
    response.writeHead(202, { location: `${path}${Math.random()}` }).end()
    return
  }
  const type = request.headers['content-type'] ?? 'application/octet-stream'
  if (path.includes('/manifests/')) {
    const digest = digestOf(body)
    contents.set(path, { type, body })
    contents.set(path.replace(/[^/]+$/u, digest), { type, body })
    response.writeHead(201, { location: path, 'docker-content-digest': digest }).end()
    return
  }
  const before = contents.get(path)?.body ?? Buffer.alloc(0)
  const all = Buffer.concat([before, body])
  const digest = searchParams.get('digest')
  if (digest === null) {
    contents.set(path, { type, body: all })
    response.writeHead(202, { location: path, range: `0-${all.length - 1}` }).end()
    return
  }
  contents.delete(path)
  const place = path.replace(/\/uploads\/.*$/u, `/${digest}`)
  contents.set(place, { type: 'application/octet-stream', body: all })
  response.writeHead(201, { location: place, 'docker-content-digest': digest }).end()
}

function basic({ username, password }: RegistryLogin): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ errors: [{ code, message }] }))
}

/** Everything that can be asked for, by its path. */
function contentsOf(images: readonly ServedImage[]): Contents {
  const contents: Contents = new Map()
  for (const reference of new Set(images.map((image) => image.reference))) {
    const [name = '', tag = 'latest'] = reference.split(':')
    const manifests = images
      .filter((image) => image.reference === reference)
      .map((image) => addImage(contents, name, image))
    const [only] = manifests
    const top =
      manifests.length === 1 && only !== undefined ? only.content : json(MANIFEST_LIST, listOf(manifests))
    contents.set(`/v2/${name}/manifests/${tag}`, top)
    contents.set(`/v2/${name}/manifests/${digestOf(top.body)}`, top)
  }
  return contents
}

interface Manifest {
  readonly image: ServedImage
  readonly content: Content
}

function addImage(contents: Contents, name: string, image: ServedImage): Manifest {
  const config = json(CONFIG, {
    ...platformOf(image),
    created: '2000-01-01T00:00:00Z',
    config: { Cmd: ['app'] },
    rootfs: { type: 'layers', diff_ids: [digestOf(EMPTY_TAR)] },
    history: [{ created: '2000-01-01T00:00:00Z' }],
  })
  const layer = { type: LAYER, body: gzipSync(EMPTY_TAR) }
  const content = json(MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptorOf(config),
    layers: [descriptorOf(layer)],
  })
  contents.set(`/v2/${name}/manifests/${digestOf(content.body)}`, content)
  for (const blob of [config, layer]) contents.set(`/v2/${name}/blobs/${digestOf(blob.body)}`, blob)
  return { image, content }
}

function listOf(manifests: readonly Manifest[]) {
  return {
    schemaVersion: 2,
    mediaType: MANIFEST_LIST,
    manifests: manifests.map(({ image, content }) => ({
      ...descriptorOf(content),
      platform: platformOf(image),
    })),
  }
}

function platformOf({ os, architecture, osVersion }: ServedImage) {
  return { os, architecture, ...(osVersion === undefined ? {} : { 'os.version': osVersion }) }
}

function descriptorOf({ type, body }: Content) {
  return { mediaType: type, size: body.length, digest: digestOf(body) }
}

function json(type: string, value: unknown): Content {
  return { type, body: Buffer.from(JSON.stringify(value)) }
}

function digestOf(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`
}
