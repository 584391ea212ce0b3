import t from 'tap'
import type { EngineCapabilities, ObservedMount, Project, Service } from '@bulkhead/model'
import { containerSpec } from '../src/specification/container.ts'
import { networkSpec } from '../src/specification/networks.ts'
import { hashOf } from '../src/index.ts'
import { linux } from './scenario.ts'

const project = (service: Partial<Service>, more: Partial<Project> = {}): Project => ({
  name: 'app',
  workingDir: '/app',
  configFiles: ['/app/compose.yaml'],
  environmentFiles: [],
  services: { web: { name: 'web', image: 'bb:1', networks: { default: null }, ...service } },
  disabledServices: {},
  networks: { default: { name: 'app_default' }, back: { name: 'app_back' } },
  volumes: { data: { name: 'app_data' } },
  secrets: {},
  configs: {},
  models: {},
  extensions: {},
  positions: new Map(),
  ...more,
})

const specOf = (
  service: Partial<Service>,
  more: Partial<Project> = {},
  inherited: readonly ObservedMount[] = [],
  capabilities: EngineCapabilities = linux,
  replaces = false,
) => {
  const whole = project(service, more)
  const { web } = whole.services
  if (web === undefined) throw new Error('no web')
  return containerSpec({
    project: whole,
    service: web,
    number: 1,
    profile: { mode: 'default', kernel: 'shared' },
    capabilities,
    replaces,
    image: { id: 'sha256:bb', os: 'linux', architecture: 'amd64', volumes: ['/cache'], labels: {} },
    hash: 'v1:x',
    hashKey: 'key',
    composeHash: 'c',
    inherited,
  })
}

t.test('the labels must be those that Compose looks for', async (t) => {
  const { body } = specOf({
    labels: { 'com.docker.compose.service': 'forged', tier: 'front' },
    depends_on: { db: { condition: 'service_healthy', required: true } },
  })
  t.match(body['Labels'], {
    tier: 'front',
    'com.docker.compose.project': 'app',
    'com.docker.compose.service': 'web',
    'com.docker.compose.container-number': '1',
    'com.docker.compose.oneoff': 'False',
    'com.docker.compose.config-hash': 'c',
    'com.docker.compose.depends_on': 'db:service_healthy:false',
    'com.docker.compose.project.working_dir': '/app',
    'com.docker.compose.project.config_files': '/app/compose.yaml',
    'com.docker.compose.image': 'sha256:bb',
    'dev.bulkhead.hash': 'v1:x',
  })
})

t.test('what the service says must reach the engine in its own terms', async (t) => {
  const { body, networks } = specOf({
    command: ['serve'],
    entrypoint: [],
    environment: { A: '1', UNSET: null },
    ports: [
      { target: 80, published: '8080', protocol: 'tcp', host_ip: '127.0.0.1' },
      { target: 80, published: '8081', protocol: 'tcp' },
    ],
    expose: ['90-91/udp'],
    cpus: 1.5,
    mem_limit: '67108864',
    stop_grace_period: '1m30s',
    restart: 'on-failure:3',
    healthcheck: { test: ['CMD', 'true'], interval: '1.5s', retries: 3 },
    networks: { default: null, back: { aliases: ['api'], priority: 10, ipv4_address: '10.0.0.5' } },
    ulimits: { nofile: { soft: 10, hard: 20 } },
  })
  t.match(body, {
    Cmd: ['serve'],
    Entrypoint: [],
    Env: ['A=1', 'UNSET'],
    StopTimeout: 90,
    ExposedPorts: { '80/tcp': {}, '90/udp': {}, '91/udp': {} },
    Healthcheck: { Test: ['CMD', 'true'], Interval: 1.5e9, Retries: 3 },
    HostConfig: {
      NanoCpus: 1.5e9,
      Memory: 67108864,
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
      PortBindings: {
        '80/tcp': [
          { HostIp: '127.0.0.1', HostPort: '8080' },
          { HostIp: '', HostPort: '8081' },
        ],
      },
      NetworkMode: 'app_back',
      Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 20 }],
    },
  })
  t.same(
    networks.map(({ network }) => network),
    ['app_back', 'app_default'],
    'the highest priority first',
  )
  t.same(networks[0]?.endpoint['Aliases'], ['app-web-1', 'web', 'api'])
  t.same(networks[0]?.endpoint['IPAMConfig'], { IPv4Address: '10.0.0.5' })
})

t.test('a bind must make its missing folder unless told not to, and keep its options', async (t) => {
  const { body } = specOf({
    volumes: [
      { type: 'bind', source: '/srv', target: '/a', bind: { create_host_path: true } },
      { type: 'bind', source: '/srv', target: '/b', read_only: true },
      { type: 'bind', source: '/srv', target: '/c', bind: { create_host_path: false } },
      { type: 'volume', source: 'data', target: '/d', volume: { nocopy: true } },
      { type: 'tmpfs', target: '/e', tmpfs: { size: '1048576' } },
    ],
  })
  t.match(body['HostConfig'], {
    Binds: ['/srv:/a:rw', '/srv:/b:ro'],
    Mounts: [
      { Type: 'bind', Source: '/srv', Target: '/c', BindOptions: { CreateMountpoint: false } },
      { Type: 'volume', Source: 'app_data', Target: '/d', VolumeOptions: { NoCopy: true } },
      { Type: 'tmpfs', Target: '/e', TmpfsOptions: { SizeBytes: 1048576 } },
    ],
  })
})

t.test(
  'a seccomp profile must go to the engine by its text, and the system paths be opened when asked',
  async (t) => {
    const { body } = specOf(
      { security_opt: ['seccomp:./p.json', 'systempaths=unconfined', 'seccomp=unconfined', 'label:disable'] },
      {
        seccompProfiles: {
          './p.json': '{\n  "names": ["a b", "c\\"  d"],\n  "limit": 18446744073709551615\n}\n',
        },
      },
    )
    t.match(body['HostConfig'], {
      SecurityOpt: [
        'seccomp={"names":["a b","c\\"  d"],"limit":18446744073709551615}',
        'seccomp=unconfined',
        'label:disable',
      ],
      MaskedPaths: [],
      ReadonlyPaths: [],
    })
  },
)

t.test('a device with a name of the container device interface must be asked for by that name', async (t) => {
  const { body } = specOf({
    devices: [{ source: 'acme.com/gpu=0' }, { source: '/dev/null', target: '/dev/x', permissions: 'r' }],
  })
  t.match(body['HostConfig'], {
    Devices: [{ PathOnHost: '/dev/null', PathInContainer: '/dev/x', CgroupPermissions: 'r' }],
    DeviceRequests: [{ Driver: 'cdi', DeviceIDs: ['acme.com/gpu=0'] }],
  })
})

t.test(
  'parts and numbers of CPUs must reach a Windows engine as they are, a Linux one not at all',
  async (t) => {
    const service = { cpu_percent: 50, cpu_count: 2 }
    t.match(specOf(service, {}, [], { ...linux, os: 'windows' }).body['HostConfig'], {
      CpuPercent: 50,
      CpuCount: 2,
    })
    t.match(specOf(service).body['HostConfig'], { CpuPercent: undefined, CpuCount: undefined })
  },
)

t.test('a container that takes the place of another must say so as with Compose, and no other', async (t) => {
  const replaced = specOf({}, {}, [], linux, true)
  t.match(replaced.body['Labels'], { 'com.docker.compose.replace': 'web-1' })
  t.notOk('com.docker.compose.replace' in (specOf({}).body['Labels'] as object))
})

t.test('a linked service must be known by the names that Compose gives it, on each network', async (t) => {
  const db = { name: 'db', image: 'bb:1' }
  const web = { name: 'web', image: 'bb:1', links: ['db:store'], networks: { default: null, back: null } }
  const { networks } = specOf({}, { services: { db, web } })
  const links = ['app-db-1:store', 'app-db-1:db-1', 'app-db-1:app-db-1']
  t.same(
    networks.map(({ endpoint }) => endpoint['Links']),
    [links, links],
  )
})

t.test('anonymous volumes must go on with the replacement, named and foreign ones must not', async (t) => {
  const name = 'f'.repeat(64)
  const inherited = [
    { type: 'volume', name, source: '/v', target: '/cache' },
    { type: 'volume', name: 'app_data', source: '/v', target: '/data' },
    { type: 'volume', name: 'e'.repeat(64), source: '/v', target: '/gone' },
  ]
  const { body } = specOf({}, {}, inherited)
  t.match(body['HostConfig'], { Mounts: [{ Type: 'volume', Source: name, Target: '/cache' }] })
  const { Mounts } = body['HostConfig'] as { readonly Mounts: readonly unknown[] }
  t.equal(Mounts.length, 1)
})

t.test('a service in the namespaces of another must name its container', async (t) => {
  const whole = {
    services: {
      vpn: { name: 'vpn', image: 'bb:1' },
      web: { name: 'web', image: 'bb:1', network_mode: 'service:vpn' },
    },
  }
  const { body, networks } = specOf({}, whole)
  t.match(body['HostConfig'], { NetworkMode: 'container:app-vpn-1' })
  t.same(networks, [])
})

t.test('a network must carry the labels by which it is found again', async (t) => {
  const { body } = networkSpec(
    project({}),
    'back',
    { name: 'app_back', internal: true, ipam: { config: [{ subnet: '10.9.0.0/24' }] } },
    { 'dev.bulkhead.hash': 'h' },
  )
  t.match(body, {
    Internal: true,
    IPAM: { Config: [{ Subnet: '10.9.0.0/24' }] },
    Labels: { 'com.docker.compose.network': 'back', 'com.docker.compose.project': 'app' },
  })
})

t.test('our hash must follow what a container is made of, and nothing else', async (t) => {
  const hash = (service: Partial<Service>, more: Partial<Project> = {}, key = 'key'): string => {
    const whole = project(service, more)
    const { web } = whole.services
    if (web === undefined) throw new Error('no web')
    return hashOf({ project: whole, service: web, mode: 'default', key })
  }
  const base = hash({ environment: { A: '1', B: '2' } })
  t.equal(hash({ environment: { B: '2', A: '1' } }), base, 'the order of a mapping')
  t.equal(hash({ environment: { A: '1', B: '2' }, scale: 3, profiles: ['x'], pull_policy: 'always' }), base)
  t.not(hash({ environment: { A: '1', B: '3' } }), base)
  t.not(hash({ environment: { A: '1', B: '2' }, runtime: 'runsc' }), base)
  t.not(hash({ environment: { A: '1', B: '2' } }, {}, 'other key'), base)
  const secret = (content: string): Partial<Project> => ({ secrets: { word: { name: 'app_word', content } } })
  const using = { secrets: [{ source: 'word' }] }
  t.not(hash(using, secret('one')), hash(using, secret('two')), 'a changed content rolls out')
  t.notMatch(hash(using, secret('one')), /one/)
})

t.test('a credential spec must reach a Windows engine as a security option, and no other', async (t) => {
  const options = (spec: Service['credential_spec'], os: 'linux' | 'windows', content?: string) => {
    const whole = project(
      { credential_spec: spec ?? {}, security_opt: ['a=b'] },
      content === undefined ? {} : { configs: { gmsa: { name: 'app_gmsa', content } } },
    )
    const { web } = whole.services
    if (web === undefined) throw new Error('no web')
    const { body } = containerSpec({
      project: whole,
      service: web,
      number: 1,
      profile: { mode: 'default', kernel: 'shared' },
      capabilities: { ...linux, os },
      image: undefined,
      hash: 'v1:x',
      hashKey: 'key',
      composeHash: 'c',
      inherited: [],
    })
    return (body['HostConfig'] as Readonly<Record<string, unknown>>)['SecurityOpt']
  }
  t.strictSame(options({ file: 'web.json' }, 'windows'), ['a=b', 'credentialspec=file://web.json'])
  t.strictSame(options({ registry: 'web' }, 'windows'), ['a=b', 'credentialspec=registry://web'])
  t.strictSame(options({ config: 'gmsa' }, 'windows', '{}'), ['a=b', 'credentialspec=raw://{}'])
  t.strictSame(options({ file: 'web.json' }, 'linux'), ['a=b'])
})
