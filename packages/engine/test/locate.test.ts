import { createHash } from 'node:crypto'
import t from 'tap'
import { isLocal, locate } from '../src/index.ts'
import type { Surroundings } from '../src/index.ts'
import { routeOf } from '../src/address.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

function surroundings(more: {
  env?: Record<string, string>
  files?: Record<string, string>
  platform?: string
}): Surroundings {
  return {
    env: more.env ?? {},
    platform: more.platform ?? 'linux',
    home: '/home/me',
    readFile: (path) => more.files?.[path],
  }
}

const meta = (name: string): string => `/home/me/.docker/contexts/meta/${sha256(name)}/meta.json`
const endpoint = (host: string, skip = false): string =>
  JSON.stringify({ Name: 'x', Endpoints: { docker: { Host: host, SkipTLSVerify: skip } } })

void t.test('without any setting it must be the default socket, or pipe on Windows', async (t) => {
  t.match(locate(surroundings({})), { url: 'unix:///var/run/docker.sock', source: 'the default' })
  const rootless = locate(surroundings({ env: { XDG_RUNTIME_DIR: '/run/user/1000' } }))
  t.match(rootless, { url: 'unix:///var/run/docker.sock', alternative: '/run/user/1000/docker.sock' })
  t.match(locate(surroundings({ platform: 'win32' })), { url: 'npipe:////./pipe/docker_engine' })
})

void t.test('DOCKER_HOST must win over every context', async (t) => {
  const env = { DOCKER_HOST: 'unix:///run/other.sock', DOCKER_CONTEXT: 'remote' }
  t.match(locate(surroundings({ env })), {
    url: 'unix:///run/other.sock',
    source: 'DOCKER_HOST',
    tls: undefined,
  })
})

void t.test('DOCKER_CONTEXT must win over the current context, and "default" mean none', async (t) => {
  const files = {
    '/home/me/.docker/config.json': JSON.stringify({ currentContext: 'current' }),
    [meta('current')]: endpoint('ssh://me@current'),
    [meta('named')]: endpoint('tcp://named:2375'),
  }
  t.match(locate(surroundings({ files })), { url: 'ssh://me@current', source: 'context "current"' })
  const named = locate(surroundings({ files, env: { DOCKER_CONTEXT: 'named' } }))
  t.match(named, { url: 'tcp://named:2375', source: 'context "named"', tls: undefined })
  const none = locate(surroundings({ files, env: { DOCKER_CONTEXT: 'default' } }))
  t.match(none, { url: 'unix:///var/run/docker.sock' })
})

void t.test('a context that does not exist must be told with the one who named it', async (t) => {
  const byEnv = surroundings({ env: { DOCKER_CONTEXT: 'gone' } })
  t.throws(() => locate(byEnv), { code: 'BH_ENGINE_UNREACHABLE', message: /"gone".*DOCKER_CONTEXT/u })
  const files = { '/cfg/config.json': '{"currentContext":"gone"}' }
  const byFile = surroundings({ files, env: { DOCKER_CONFIG: '/cfg' } })
  t.throws(() => locate(byFile), { code: 'BH_ENGINE_UNREACHABLE', message: /"gone".*\/cfg\/config\.json/u })
  const broken = surroundings({ files: { '/home/me/.docker/config.json': '{' } })
  t.throws(() => locate(broken), { code: 'BH_ENGINE_UNREACHABLE', message: /not valid JSON/u })
})

void t.test('a context must bring its certificates', async (t) => {
  const folder = `/home/me/.docker/contexts/tls/${sha256('far')}/docker`
  const files = {
    '/home/me/.docker/config.json': '{"currentContext":"far"}',
    [meta('far')]: endpoint('tcp://far:2376'),
    [`${folder}/ca.pem`]: 'CA',
    [`${folder}/cert.pem`]: 'CERT',
    [`${folder}/key.pem`]: 'KEY',
  }
  t.match(locate(surroundings({ files })).tls, { ca: 'CA', cert: 'CERT', key: 'KEY', verify: true })
  const lax = { ...files, [meta('far')]: endpoint('tcp://far:2376', true) }
  t.match(locate(surroundings({ files: lax })).tls, { verify: false })
})

void t.test(
  'TLS must be on when DOCKER_TLS_VERIFY or DOCKER_TLS is set, with the certificates of DOCKER_CERT_PATH',
  async (t) => {
    const files = { '/certs/ca.pem': 'CA', '/home/me/.docker/ca.pem': 'OWN' }
    const env = { DOCKER_HOST: 'tcp://far:2376' }
    const tlsOf = (more: Record<string, string>) =>
      locate(surroundings({ files, env: { ...env, ...more } })).tls
    t.equal(tlsOf({}), undefined)
    t.equal(tlsOf({ DOCKER_TLS_VERIFY: '' }), undefined)
    t.match(tlsOf({ DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/certs' }), { ca: 'CA', verify: true })
    t.match(tlsOf({ DOCKER_TLS_VERIFY: '1' }), { ca: 'OWN', verify: true })
    t.match(tlsOf({ DOCKER_TLS: '1', DOCKER_CERT_PATH: '/certs' }), { ca: 'CA', verify: false })
    t.equal(tlsOf({ DOCKER_TLS_VERIFY: '1', DOCKER_HOST: 'unix:///x' }), undefined)
  },
)

void t.test('an address must be read by the rules of Docker’s client', async (t) => {
  const route = (url: string, tls?: { verify: boolean }) => routeOf({ url, source: 'the test', tls })
  const tls = { verify: true }
  t.strictSame(route('unix:///run/x.sock'), { kind: 'socket', path: '/run/x.sock' })
  t.strictSame(route('unix://'), { kind: 'socket', path: '/var/run/docker.sock' })
  t.strictSame(route('npipe:////./pipe/other'), { kind: 'socket', path: '//./pipe/other' })
  t.strictSame(route('tcp://far'), { kind: 'tcp', host: 'far', port: 2375, secure: false })
  t.strictSame(route('tcp://far', tls), { kind: 'tcp', host: 'far', port: 2376, secure: true })
  t.strictSame(route('tcp://far:80'), { kind: 'tcp', host: 'far', port: 80, secure: false })
  t.strictSame(route('far:4000'), { kind: 'tcp', host: 'far', port: 4000, secure: false })
  t.strictSame(route('tcp://[::1]:4000'), { kind: 'tcp', host: '::1', port: 4000, secure: false })
  t.strictSame(route('tcp://'), { kind: 'tcp', host: '127.0.0.1', port: 2375, secure: false })
  t.strictSame(route('https://far'), { kind: 'tcp', host: 'far', port: 2376, secure: true })
  t.strictSame(route('http://far'), { kind: 'tcp', host: 'far', port: 2375, secure: false })
  t.strictSame(route('ssh://me@far:22/run/user/1/docker.sock'), {
    kind: 'ssh',
    host: 'far',
    user: 'me',
    port: '22',
    socket: '/run/user/1/docker.sock',
  })
  t.strictSame(route('ssh://far'), { kind: 'ssh', host: 'far', user: '', port: '', socket: '' })
  const wrong = [
    'fd://',
    'far/path',
    'tcp://far/prefix',
    'ssh://',
    'ssh://-oProxyCommand=x',
    'ssh://me:pw@far',
    'tcp://a b',
  ]
  for (const url of wrong) t.throws(() => route(url), { code: 'BH_ENGINE_UNREACHABLE' }, url)
  try {
    route('ssh://me:hunter2@far')
  } catch (error) {
    t.notMatch(String(error), /hunter2/u)
  }
  t.equal(isLocal({ url: 'unix:///x', source: '' }), true)
  t.equal(isLocal({ url: 'tcp://127.0.0.1', source: '' }), false)
})
