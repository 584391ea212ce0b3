import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import * as fc from 'fast-check'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { toJsonSchema } from '../src/schema/jsonSchema.ts'
import { suggest } from '../src/schema/suggest.ts'
import { validateDocument } from '../src/schema/validate.ts'
import { listSupport, renderSupport } from '../src/support/render.ts'

const cases = new URL('../../../../shared/corpus/cases/', import.meta.url)
const withoutCorpus = existsSync(cases) ? {} : { skip: 'the cases of ../shared are not here' }

/** Mistakes as they are told: `/path (token) message hint`. */
function mistakes(document: unknown, templates = false): readonly string[] {
  return validateDocument(document, { templates }).map(
    ({ path, token, message, hint }) =>
      `/${path.join('/')} (${token}) ${message}${hint === undefined ? '' : ` ${hint}`}`,
  )
}

function service(attributes: object): object {
  return { services: { web: { image: 'nginx', ...attributes } } }
}

const bothWays = (() => {
  const matches = new Ajv({ strict: false, logger: false }).compile(toJsonSchema())
  return (document: unknown): readonly [own: boolean, jsonSchema: boolean] => [
    validateDocument(document).length === 0,
    matches(document),
  ]
})()

t.test('attributes must be accepted in each of their spellings', (t) => {
  const spellings: readonly object[] = [
    { build: '.' },
    {
      build: {
        context: '.',
        args: ['A'],
        ssh: ['default'],
        additional_contexts: { a: 'service:b' },
        provenance: 'mode=max',
        sbom: true,
        no_cache_filter: 'a',
      },
    },
    { command: null, entrypoint: [] },
    { command: 'a b', environment: ['A=1', 'B'], labels: { a: 1, b: true, c: null } },
    { configs: ['a', { source: 'a', target: '/a', uid: '1', mode: 288 }] },
    { cpus: '0.5', cpu_percent: 12.5, mem_limit: '1g', shm_size: 1024, pids_limit: -1 },
    { depends_on: ['db'] },
    { depends_on: { db: { condition: 'service_healthy', restart: true, required: false } } },
    {
      deploy: {
        mode: 'replicated',
        resources: { limits: { cpus: '1', pids: 3 } },
        update_config: { order: 'start-first' },
      },
    },
    {
      develop: {
        watch: [{ path: '.', action: 'sync+exec', include: 'a', initial_sync: true, exec: { command: 'x' } }],
      },
    },
    { dns: '1.1.1.1', dns_search: ['a'], tmpfs: '/t', expose: [80, '90'], group_add: [5, 'g'] },
    { env_file: 'a.env' },
    { env_file: ['a.env', { path: 'b.env', required: false, format: 'raw' }] },
    { extends: 'base' },
    { extends: { file: 'a.yaml', service: 'base' } },
    { extra_hosts: { a: '1.2.3.4', b: ['::1', '::2'] } },
    { gpus: 'all' },
    { gpus: [{ driver: 'nvidia', count: 2 }] },
    { healthcheck: { test: ['CMD', 'true'], interval: '1m30s', retries: '3', start_interval: '1s' } },
    { models: ['llm'] },
    { models: { llm: null, other: { endpoint_var: 'A', model_var: 'B' } } },
    { networks: { a: null, b: { aliases: ['x'], gw_priority: 1, interface_name: 'eth7' } } },
    { ports: [80, '8080:80', { target: 80, published: '8000-8010', app_protocol: 'http' }] },
    {
      post_start: [{ command: 'x' }],
      pre_stop: [{ command: ['x'], user: 'u' }],
      pre_start: [{ image: 'i', per_replica: false }],
    },
    { provider: { type: 'awesomecloud', options: { type: 'mysql', size: 256, list: ['a'] } } },
    { pull_policy: 'every_1w2d', pull_refresh_after: '24h', use_api_socket: true },
    { ulimits: { nproc: 65535, nofile: { soft: 1, hard: 2 } } },
    {
      volumes: [
        'a:/b',
        { type: 'image', source: 'i', target: '/i', image: { subpath: 's' } },
        { type: 'volume', target: '/v', volume: { labels: { a: 'b' } } },
      ],
    },
    { isolation: 'whatever the platform says', 'x-own': { anything: [1] } },
    {
      'x-bulkhead': {
        trust: 'trusted',
        drift: 'report',
        health: { on_unhealthy: 'recreate', retries: 3, window: '10m' },
      },
    },
  ]
  for (const attributes of spellings) {
    t.same(mistakes(service(attributes)), [], JSON.stringify(attributes))
    t.same(bothWays(service(attributes)), [true, true], 'by JSON Schema too')
  }
  const top = {
    name: 'p',
    version: '3',
    include: ['a.yaml', { path: ['b.yaml'], project_directory: '.', env_file: 'x' }],
    services: { web: { image: 'i' } },
    networks: {
      a: null,
      b: { external: true, ipam: { config: [{ subnet: '10.0.0.0/8' }] }, enable_ipv4: false },
      c: { external: { name: 'x' } },
    },
    volumes: { a: null, b: { driver_opts: { n: 1 } } },
    secrets: { a: { file: './a' }, b: { environment: 'B' } },
    configs: { a: { content: 'x' } },
    models: { llm: { model: 'ai/x', context_size: 1024, runtime_flags: ['--a'] } },
    'x-own': 1,
    'x-bulkhead': { isolation: 'auto' },
  }
  t.same([mistakes(top), bothWays(top)], [[], [true, true]])
  t.end()
})

t.test('a mistake must be told in words, at its token, with the next step', (t) => {
  const cases: readonly (readonly [document: unknown, told: readonly string[]])[] = [
    [
      service({ imge: 'x' }),
      ['/services/web/imge (key) A service has no attribute "imge". Did you mean "image"?'],
    ],
    [
      service({ dependsOn: [] }),
      ['/services/web/dependsOn (key) A service has no attribute "dependsOn". Did you mean "depends_on"?'],
    ],
    [
      service({ env: {} }),
      ['/services/web/env (key) A service has no attribute "env". Did you mean "environment"?'],
    ],
    [
      service({ replicas: 2 }),
      ['/services/web/replicas (key) A service has no attribute "replicas". It belongs under "deploy".'],
    ],
    [
      service({ log_driver: 'x' }),
      [
        '/services/web/log_driver (key) A service has no attribute "log_driver". Write `logging: {driver: …}`.',
      ],
    ],
    [
      service({ qwertyuiop: 1 }),
      [
        '/services/web/qwertyuiop (key) A service has no attribute "qwertyuiop". Remove it, or begin its name with "x-" if it is your own.',
      ],
    ],
    [
      service({ db: { image: 'x' } }),
      [
        '/services/web/db (key) A service has no attribute "db". If it is a service, it stands beside this one: check the indentation.',
      ],
    ],
    [
      { web: { image: 'x' } },
      ['/web (key) A Compose file has no attribute "web". Services stand under "services": indent it below.'],
    ],
    [
      { image: 'x' },
      ['/image (key) A Compose file has no attribute "image". It belongs to a service, under "services".'],
    ],
    [{ service: {} }, ['/service (key) A Compose file has no attribute "service". Did you mean "services"?']],
    [
      service({ image: 5 }),
      ['/services/web/image (value) "image" must be a string, not a number. Put it in quotes: "5".'],
    ],
    [
      service({ command: true }),
      [
        '/services/web/command (value) "command" must be a string or a list, not a boolean. Put it in quotes: "true".',
      ],
    ],
    [
      service({ ports: '80:80' }),
      [
        '/services/web/ports (value) "ports" must be a list, not a string. Write it as an item of a list: begin it with "- ".',
      ],
    ],
    [
      service({ ports: null }),
      ['/services/web/ports (value) "ports" is empty; it must be a list. Give it a value, or remove it.'],
    ],
    [
      service({ environment: 'A=1' }),
      [
        '/services/web/environment (value) "environment" must be a mapping or a list, not a string. Write it as an item of a list: begin it with "- ".',
      ],
    ],
    [
      service({ dns: [1] }),
      ['/services/web/dns/0 (value) An item of "dns" must be a string, not a number. Put it in quotes: "1".'],
    ],
    [
      service({ device_cgroup_rules: ['a', 'b', 'a'] }),
      [
        '/services/web/device_cgroup_rules/2 (value) "device_cgroup_rules" has "a" twice. Remove one of them.',
      ],
    ],
    [
      service({ depends_on: { db: {} } }),
      ['/services/web/depends_on/db (value) A dependency needs "condition". Add "condition" to it.'],
    ],
    [
      service({ depends_on: { db: { condition: 'service_helthy' } } }),
      [
        '/services/web/depends_on/db/condition (value) "condition" can\'t be "service_helthy". Did you mean "service_healthy"?',
      ],
    ],
    [
      service({ cgroup: 'x' }),
      ['/services/web/cgroup (value) "cgroup" can\'t be "x". Use "host" or "private".'],
    ],
    [service({ cpu_percent: 101 }), ['/services/web/cpu_percent (value) "cpu_percent" must be at most 100.']],
    [service({ scale: 1.5 }), ['/services/web/scale (value) "scale" must be a whole number, not 1.5.']],
    [
      service({ healthcheck: { intervall: '1s' } }),
      [
        '/services/web/healthcheck/intervall (key) A healthcheck has no attribute "intervall". Did you mean "interval"?',
      ],
    ],
    [
      service({ volumes: [{ type: 'bnd', target: '/x' }] }),
      ['/services/web/volumes/0/type (value) "type" can\'t be "bnd". Did you mean "bind"?'],
    ],
    [
      service({ 'x-bulkhead': { trust: 'yes' } }),
      ['/services/web/x-bulkhead/trust (value) "trust" can\'t be "yes". Use "trusted" or "untrusted".'],
    ],
    [
      service({ 'x-bulkhead': { drft: 'repair' } }),
      [
        '/services/web/x-bulkhead/drft (key) An x-bulkhead of a service has no attribute "drft". Did you mean "drift"?',
      ],
    ],
    [
      { services: { 'a b': { image: 'x' } } },
      ['/services/a b (key) "a b" can\'t be the name of a service. Use letters, digits, ".", "_" and "-".'],
    ],
    [
      { services: { web: null } },
      [
        '/services/web (value) The service "web" is empty; it must be a mapping. Give it a value, or remove it.',
      ],
    ],
    [{ services: [] }, ['/services (value) "services" must be a mapping, not a list.']],
    [[], ['/ (value) The file must be a mapping, not a list.']],
    [
      { name: 1, networks: { n: { drivr: 'x' } }, volumes: [] },
      [
        '/name (value) "name" must be a string, not a number. Put it in quotes: "1".',
        '/networks/n/drivr (key) A network has no attribute "drivr". Did you mean "driver"?',
        '/volumes (value) "volumes" must be a mapping, not a list.',
      ],
    ],
  ]
  for (const [document, told] of cases) {
    t.same(mistakes(document), told, JSON.stringify(document))
    t.same(bothWays(document), [false, false], 'by JSON Schema too')
  }
  t.end()
})

t.test('keys that objects have by nature must be keys like others', (t) => {
  const document = JSON.parse(
    '{"services":{"web":{"image":"x","__proto__":{},"constructor":1,"labels":{"__proto__":"1"}}}}',
  ) as unknown
  t.same(
    validateDocument(document).map(({ path }) => path.join('.')),
    ['services.web.__proto__', 'services.web.constructor'],
  )
  t.end()
})

t.test('variables that are not filled in yet must be left alone', (t) => {
  const document = service({
    ports: ['${P}'],
    cgroup: '${C}',
    init: '$I',
    depends_on: { db: { condition: '$C' } },
  })
  t.same(mistakes(document, true), [])
  t.not(mistakes(document).length, 0)
  t.end()
})

t.test('there must be an end to mistakes', (t) => {
  const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`wrong${index}`, 1]))
  t.equal(validateDocument(service(many)).length, 100)
  t.end()
})

t.test('a suggestion must be near, whatever the case and the dashes', (t) => {
  const words = ['network_mode', 'networks', 'image', 'volumes', 'web', 'db']
  t.equal(suggest('Network-Mode', words), 'network_mode')
  t.equal(suggest('netwrks', words), 'networks')
  t.equal(suggest('wep', words), 'web')
  t.equal(suggest('xyz', words), undefined)
  t.equal(suggest('dc', words), undefined, 'two letters are near to too many')
  t.equal(suggest('x'.repeat(100_000), words), undefined)
  t.end()
})

t.test('the JSON Schema must judge as the check of a file does', (t) => {
  const keys = fc.constantFrom(
    'services',
    'web',
    'image',
    'ports',
    'target',
    'labels',
    'build',
    'deploy',
    'networks',
    'default',
    'external',
    'condition',
    'x-a',
    'volumes',
    'type',
    'healthcheck',
    'test',
    'zzz',
  )
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 6 },
      fc.oneof(
        fc.constantFrom('a', '1', ''),
        fc.boolean(),
        fc.integer(),
        fc.constant(null),
        fc.double({ noNaN: true }),
      ),
      fc.array(tie('tree'), { maxLength: 3 }),
      fc.dictionary(keys, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  const documents = fc.record({ services: fc.dictionary(keys, fc.dictionary(keys, tree)) })
  fc.assert(
    fc.property(fc.oneof(documents, tree), (document) => {
      const [own, jsonSchema] = bothWays(document)
      return own === jsonSchema
    }),
    { numRuns: 2000, seed: 7 },
  )
  t.end()
})

t.test('every file that Compose accepts must pass', withoutCorpus, (t) => {
  for (const name of readdirSync(cases)) {
    const { expect, newer } = readJson(name) as { expect: string; newer?: unknown }
    if (expect !== 'ok' && newer === undefined) continue
    for (const file of readdirSync(new URL(`${name}/`, cases)).filter((file) => /\.ya?ml$/.test(file))) {
      const text = readFileSync(new URL(`${name}/${file}`, cases), 'utf8')
      if (/!reset|!override/.test(text)) continue
      for (const document of parseAllDocuments(text, { merge: true, logLevel: 'silent' })) {
        if (document.errors.length > 0) continue
        const data: unknown = document.toJS({ maxAliasCount: -1 })
        if (typeof data !== 'object' || data === null || !('services' in data)) continue
        if (name !== 'inline-project-marshalloptions') t.same(mistakes(data, true), [], `${name}/${file}`)
      }
    }
  }
  t.end()
})

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}/case.json`, cases), 'utf8'))
}

t.test('the reference must say what the definition says', (t) => {
  const reference = new URL('../../../docs/reference/', import.meta.url)
  const remedy = 'run `npm run reference --workspace @bulkhead/compose`'
  t.equal(readFileSync(new URL('compose-support.md', reference), 'utf8'), renderSupport(), remedy)
  t.same(JSON.parse(readFileSync(new URL('compose.schema.json', reference), 'utf8')), toJsonSchema(), remedy)
  const undecided = listSupport().filter(({ support, inherited }) => {
    const limited = support.linux !== 'works' || support.windows !== 'works'
    return !inherited && limited && support.note === undefined
  })
  t.same(undecided, [], 'what does not work everywhere says why')
  t.end()
})
