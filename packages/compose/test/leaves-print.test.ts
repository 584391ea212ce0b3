import type { Network, Project, Service } from '@bulkhead/model'
import t from 'tap'
import { parse } from 'yaml'
import { configHash, containerConfigHash, networkHash, volumeHash } from '../src/hash/config.ts'
import * as lists from '../src/print/lists.ts'
import { describeProject, printDocument, printProject } from '../src/print/project.ts'

function service(name: string, attributes: Partial<Service> = {}): Service {
  return { name, image: 'nginx', networks: { default: null }, ...attributes }
}

function project(services: readonly Service[], more: Partial<Project> = {}): Project {
  return {
    name: 'shop',
    workingDir: '/shop',
    configFiles: ['/shop/compose.yaml'],
    environmentFiles: [],
    services: Object.fromEntries(services.map((one) => [one.name, one])),
    disabledServices: {},
    networks: { default: { name: 'shop_default' } },
    volumes: {},
    secrets: {},
    configs: {},
    models: {},
    extensions: {},
    positions: new Map(),
    ...more,
  }
}

t.test('the hash of a service must be the one that Compose gives it', (t) => {
  const cases: readonly (readonly [attributes: Partial<Service>, hash: string])[] = [
    [{}, 'daef7adc9ecc59d4881bd1ebc06f26a836d35656f8b5fb0adfdb95b2d856fbd3'],
    [{ image: 'i' }, 'b5503d15e9dfd8640ebae91969f22360eac34b863c420e1f1dfaa304737b96ce'],
  ]
  for (const [attributes, hash] of cases) t.equal(configHash(service('web', attributes)), hash)
  const same: readonly Partial<Service>[] = [
    { scale: 3 },
    { pull_policy: 'always' },
    { build: { context: '/shop' } },
    { privileged: false, cpus: 0, mem_limit: '0', labels: {}, dns: [], user: '' },
    { 'x-bulkhead': { trust: 'trusted' } },
    JSON.parse('{"deploy":null}') as Partial<Service>,
  ]
  for (const attributes of same) {
    t.equal(configHash(service('web', attributes)), configHash(service('web')), JSON.stringify(attributes))
  }
  const other: readonly Partial<Service>[] = [
    { command: [] },
    { init: false },
    { isolation: 'hyperv' },
    { runtime: 'runsc' },
    { deploy: {} },
    { user: '0' },
    { environment: { A: null } },
    { env_file: [{ path: '/shop/a.env', required: true }] },
    { profiles: ['debug'] },
  ]
  const hashes = other.map((attributes) => configHash(service('web', attributes)))
  t.equal(new Set([...hashes, configHash(service('web'))]).size, other.length + 1, 'each differs')
  t.end()
})

t.test('the order of keys must not change a hash', (t) => {
  const one = service('web', { environment: { B: '1', A: '2', 10: 'x', 9: 'y' } })
  const two = service('web', { environment: { 9: 'y', A: '2', 10: 'x', B: '1' } })
  t.equal(configHash(one), configHash(two))
  t.end()
})

t.test('the hash of a container must leave out what does not make the container', (t) => {
  const plain = containerConfigHash(service('web'))
  t.equal(plain, configHash(service('web')), 'the two forms agree where nothing is special')
  const same: readonly Partial<Service>[] = [
    { profiles: ['a'] },
    { depends_on: { db: { condition: 'service_started', required: true } } },
    { env_file: [{ path: '/shop/a.env' }] },
    { scale: 2, pull_policy: 'never' },
  ]
  for (const attributes of same) {
    t.equal(containerConfigHash(service('web', attributes)), plain, JSON.stringify(attributes))
  }
  const shared = service('web', { network_mode: 'service:db', volumes_from: ['db:ro'] })
  t.not(
    containerConfigHash(shared, new Map([['db', 'abc']])),
    containerConfigHash(shared, new Map([['db', 'def']])),
    'the container that it shares with counts',
  )
  t.equal(
    containerConfigHash(shared, new Map([['db', 'abc']])),
    containerConfigHash(
      service('web', { network_mode: 'container:abc', volumes_from: ['container:abc:ro'] }),
    ),
  )
  t.end()
})

t.test('networks and volumes must have a hash of what the file says', (t) => {
  const network: Network = { name: 'shop_default' }
  t.equal(networkHash(network), networkHash({ ...network, internal: false, labels: {} }))
  t.not(networkHash(network), networkHash({ ...network, internal: true }))
  t.equal(volumeHash({ name: 'v' }), volumeHash({ name: 'v', driver: 'local' }))
  t.not(volumeHash({ name: 'v' }), volumeHash({ name: 'v', labels: { a: 'b' } }))
  t.end()
})

const shop = project(
  [
    service('web', {
      environment: { Z: '$1', N: null, PASSWORD: 'geheim', URL: 'http://me:geheim@db/', EMPTY_TOKEN: '' },
      labels: { '10': '<a&b>', '9': 'yes' },
      ulimits: { nofile: { soft: 1, hard: 2 }, nproc: 5 },
      deploy: { replicas: 0, resources: {} },
      stop_grace_period: '1m30s',
      init: false,
      blkio_config: { device_read_bps: [{ path: '/dev/sda', rate: '1048576' }] },
      'x-own': { b: 1, a: '$x' },
    }),
    service('api', { build: { context: '/shop', ssh: [{ id: 'default' }, { id: 'k', path: '/k' }] } }),
  ],
  {
    secrets: { s: { name: 'shop_s', environment: 'S', content: 'geheim' } },
    configs: {
      c: { name: 'shop_c', content: 'a\nb $x\n' },
      e: { name: 'shop_e', environment: 'E', content: 'read' },
    },
    volumes: { data: { name: 'shop_data' } },
    extensions: { 'x-top': ['$y'] },
    disabledServices: { debug: service('debug', { profiles: ['z', 'a'] }) },
  },
)

t.test('a project must be printed as Compose prints it', (t) => {
  t.equal(
    printProject(project([service('web', { labels: { '10': '<$>', '9': 'y' }, init: false })]), {
      format: 'json',
    }),
    `{
  "name": "shop",
  "networks": {
    "default": {
      "name": "shop_default",
      "ipam": {}
    }
  },
  "services": {
    "web": {
      "command": null,
      "entrypoint": null,
      "image": "nginx",
      "init": false,
      "labels": {
        "10": "\\u003c$$\\u003e",
        "9": "y"
      },
      "networks": {
        "default": null
      }
    }
  }
}
`,
  )
  t.equal(
    printProject(shop, { format: 'yaml' }),
    `name: shop
services:
  api:
    build:
      context: /shop
      ssh:
        - default
        - "k: /k"
    image: nginx
    networks:
      default: null
  web:
    blkio_config:
      device_read_bps:
        - path: /dev/sda
          rate: "1048576"
    deploy:
      replicas: 0
    environment:
      EMPTY_TOKEN: ""
      "N": null
      PASSWORD: geheim
      URL: http://me:geheim@db/
      Z: $$1
    image: nginx
    init: false
    labels:
      "10": <a&b>
      "9": "yes"
    networks:
      default: null
    stop_grace_period: 1m30s
    ulimits:
      nofile:
        soft: 1
        hard: 2
      nproc: 5
    x-own:
      a: $$x
      b: 1
networks:
  default:
    name: shop_default
volumes:
  data:
    name: shop_data
secrets:
  s:
    name: shop_s
    environment: S
configs:
  c:
    name: shop_c
    content: |
      a
      b $$x
  e:
    name: shop_e
    environment: E
x-top:
  - $$y
`,
  )
  t.end()
})

t.test('what is printed must mean the same when it is read', (t) => {
  const texts = [
    'yes',
    'no',
    'on',
    'null',
    '~',
    '1',
    '0x1f',
    '012',
    '1e3',
    '1:30',
    '2001-12-14',
    'a: b',
    '# c',
    '- d',
    '',
    ' e ',
    'f\ng',
    '"',
    "'",
    '@h',
    '%i',
    '!j',
    '&k',
    '*l',
    '=',
    '<<',
    'é\u2028',
  ]
  const labels = Object.fromEntries(texts.map((text, index) => [`l${index}`, text]))
  const printed = printProject(project([service('web', { labels })]), { format: 'yaml' })
  for (const version of ['1.1', '1.2'] as const) {
    const read = parse(printed, { version }) as { services: { web: { labels: unknown } } }
    t.same(read.services.web.labels, labels, `as YAML ${version}`)
  }
  t.end()
})

t.test('a document that is not interpolated must keep its variables', (t) => {
  const document = { services: { web: { image: '$I', command: null } }, name: '${N}' }
  t.equal(
    printDocument(document, 'yaml'),
    'name: ${N}\nservices:\n  web:\n    command: null\n    image: $I\n',
  )
  t.same(lists.documentVariables({ a: ['${X:-1}'], b: { c: '$X ${Y?}' } }), [
    { name: 'X', required: false, defaultValue: '1', alternateValue: '' },
    { name: 'Y', required: true, defaultValue: '', alternateValue: '' },
  ])
  t.end()
})

t.test('no secret must show in what the API is given', (t) => {
  const described = describeProject(shop)
  t.notOk(JSON.stringify(described).includes('geheim'))
  t.match(described, {
    services: {
      web: {
        environment: { PASSWORD: '********', URL: 'http://me:********@db/', Z: '$1', EMPTY_TOKEN: '' },
        'x-own': { a: '$x' },
      },
    },
    secrets: { s: { name: 'shop_s', environment: 'S' } },
  })
  t.notOk(printProject(shop, { format: 'json' }).includes('"content": "geheim"'), 'nor a secret in any print')
  t.end()
})

t.test('names must be listed as Compose lists them', (t) => {
  t.same(lists.listServices(shop), ['web', 'api'], 'in start order')
  t.same(lists.listImages(project([{ name: 'web' }, service('api')])), ['shop-web', 'nginx'])
  t.same(lists.listNetworks(shop), ['default'])
  t.same(lists.listVolumes(shop), ['data'])
  t.same(lists.listProfiles(shop), ['a', 'z'])
  t.same(lists.listModels(shop), [])
  t.end()
})
