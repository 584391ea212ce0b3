import t from 'tap'
import { bundleReader, loadBundle, load, readContents, record } from '@bulkhead/compose'
import type { Bundle } from '@bulkhead/model'
import { positionOf } from '@bulkhead/model'
import { lines, loadFrom, loadText, plain, readerOf } from './memory.ts'

t.test('an ordinary project must come out in long form, its services in start order', async (t) => {
  const { project, problems } = loadText(`
services:
  web:
    image: web:\${TAG:-1}
    ports: ["8080:80"]
    volumes: [data:/data, ./conf:/conf:ro]
    environment: [A=1, B]
    depends_on: [db]
  db: {image: db, healthcheck: {test: pg_isready, interval: 90s}, mem_limit: 1g}
volumes: {data: }
`)
  t.strictSame(problems, [])
  t.strictSame(Object.keys(project?.services ?? {}), ['db', 'web'])
  t.strictSame(plain(project?.services['web']), {
    name: 'web',
    image: 'web:1',
    ports: [{ mode: 'ingress', target: 80, published: '8080', protocol: 'tcp' }],
    volumes: [
      { type: 'volume', source: 'data', target: '/data', volume: {} },
      { type: 'bind', source: '/p/conf', target: '/conf', read_only: true, bind: { create_host_path: true } },
    ],
    environment: { A: '1', B: null },
    depends_on: { db: { condition: 'service_started', required: true } },
    networks: { default: null },
  })
  t.match(plain(project?.services['db']), {
    healthcheck: { test: ['CMD-SHELL', 'pg_isready'], interval: '1m30s' },
    mem_limit: '1073741824',
  })
  t.strictSame(plain(project?.networks), { default: { name: 'p_default' } })
  t.strictSame(plain(project?.volumes), { data: { name: 'p_data' } })
})

t.test('every element must know the place where it was written', async (t) => {
  const { project } = loadFrom({
    '/p/compose.yaml': 'services:\n  web:\n    image: a\n    ports:\n      - "80:80"\n',
    '/p/compose.override.yaml': 'services:\n  web:\n    image: b\n    labels: {x: y}\n',
  })
  if (project === undefined) throw new Error('no project')
  const at = (...path: string[]) => {
    const found = positionOf(project, ...path)
    return `${found?.file}:${found?.line}:${found?.column}`
  }
  t.equal(at('services', 'web'), '/p/compose.override.yaml:2:3')
  t.equal(at('services', 'web', 'image'), '/p/compose.override.yaml:3:12')
  t.equal(at('services', 'web', 'ports', '0'), '/p/compose.yaml:5:9')
  t.equal(at('services', 'web', 'labels', 'x'), '/p/compose.override.yaml:4:17')
})

t.test(
  'variables must come from the shell before --env-file, and from the project before an include',
  async (t) => {
    const files = {
      '/p/compose.yaml': 'include: [sub/c.yaml]\nservices: {a: {image: "$A-$B-$C"}}',
      '/p/.env': 'A=dotenv\nB=dotenv\nC=dotenv',
      '/p/one.env': 'B=one\nC=one',
      '/p/two.env': 'C=two',
      '/p/sub/.env': 'B=sub\nD=sub',
      '/p/sub/c.yaml': 'services: {s: {image: "$A-$B-$D", environment: [D, E]}}',
    }
    const first = loadFrom(files, { variables: { A: 'shell' } }).project
    t.equal(first?.services['a']?.image, 'shell-dotenv-dotenv')
    t.equal(first?.services['s']?.image, 'shell-dotenv-sub')
    t.strictSame(plain(first?.services['s']?.environment), { D: 'sub', E: null })
    const second = loadFrom(files, {
      variables: { A: 'shell' },
      environmentFiles: ['one.env', 'two.env'],
    }).project
    t.equal(second?.services['a']?.image, 'shell-one-two')
  },
)

t.test('environment must hold over env_file, and a later env_file over an earlier one', async (t) => {
  const { project } = loadFrom({
    '/p/compose.yaml': `services:
  a:
    image: a
    env_file: [one.env, {path: two.env}, {path: none.env, required: false}, {path: raw.env, format: raw}]
    environment: {X: explicit}
`,
    '/p/one.env': 'X=1\nY=1\nZ="$Y-z"',
    '/p/two.env': 'Y=2',
    '/p/raw.env': 'R="$X"',
  })
  t.strictSame(plain(project?.services['a']?.environment), { X: 'explicit', Y: '2', Z: '1-z', R: '"$X"' })
  t.equal(project?.services['a']?.env_file, undefined)
})

t.test('files must merge as the specification says, and !reset and !override take away first', async (t) => {
  const { project, problems } = loadFrom(
    {
      '/p/a.yaml': `services:
  a:
    image: a
    command: [one, two]
    ports: ["80:80", "81:81"]
    dns: 1.1.1.1
    volumes: ["vx:/x", "vy:/y"]
    labels: [l=1]
    logging: {driver: json-file, options: {max-size: 1m}}
    cap_add: [A, B]
volumes: {vx: {}, vy: {}}
`,
      '/p/b.yaml': `services:
  a:
    command: [three]
    ports: !override ["82:82"]
    dns: [8.8.8.8]
    volumes: ["./other:/y"]
    labels: {l: 2, m: 3}
    logging: {driver: none}
    cap_add: !reset []
`,
    },
    { configFiles: ['a.yaml', 'b.yaml'] },
  )
  t.strictSame(problems, [])
  const a = plain(project?.services['a']) as Record<string, unknown>
  t.strictSame(a['command'], ['three'])
  t.match(a['ports'], [{ published: '82' }])
  t.equal((a['ports'] as unknown[]).length, 1)
  t.strictSame(a['dns'], ['1.1.1.1', '8.8.8.8'])
  t.match(a['volumes'], [{ source: 'vx' }, { type: 'bind', source: '/p/other', target: '/y' }])
  t.strictSame(a['labels'], { l: '2', m: '3' })
  t.strictSame(a['logging'], { driver: 'none' })
  t.equal(a['cap_add'], undefined)
  t.strictSame(Object.keys(project?.volumes ?? {}), ['vx'])
})

t.test('extends must bring what the base says, its paths from its own folder', async (t) => {
  const { project, problems } = loadFrom({
    '/p/compose.yaml': `services:
  web: {extends: {file: base/c.yaml, service: mid}, environment: {A: web}, build: {target: prod}}
`,
    '/p/base/c.yaml': `services:
  root: {build: ., env_file: x.env, environment: {A: root, B: root}, volumes: ["./v:/v"]}
  mid: {extends: root, environment: {B: mid}}
`,
    '/p/base/x.env': 'C=file',
  })
  t.strictSame(lines(problems), [])
  t.match(plain(project?.services['web']), {
    build: { context: '/p/base', target: 'prod', dockerfile: 'Dockerfile' },
    environment: { A: 'web', B: 'mid', C: 'file' },
    volumes: [{ source: '/p/base/v' }],
  })
})

t.test('an include must have its own folder and be open to an override file', async (t) => {
  const { project, problems } = loadFrom({
    '/p/compose.yaml':
      'include:\n  - path: [lib/c.yaml, lib/over.yaml]\nservices: {a: {image: a, depends_on: [lib]}}',
    '/p/compose.override.yaml': 'services: {lib: {labels: {x: y}}}',
    '/p/lib/c.yaml': 'services: {lib: {build: ., networks: [n]}}\nnetworks: {n: {}}',
    '/p/lib/over.yaml': 'services: {lib: {hostname: h}}',
  })
  t.strictSame(lines(problems), [])
  t.match(plain(project?.services['lib']), {
    build: { context: '/p/lib' },
    hostname: 'h',
    labels: { x: 'y' },
    networks: { n: null },
  })
  t.match(plain(project?.networks), { n: { name: 'p_n' } })
})

t.test('profiles must enable services, and what only others use must go', async (t) => {
  const text = `services:
  a: {image: a}
  b: {image: b, profiles: [debug], volumes: ["vol:/v"]}
  c: {image: c, depends_on: {b: {condition: service_started, required: false}}}
volumes: {vol: {}}
`
  const plainly = loadText(text).project
  t.strictSame(Object.keys(plainly?.services ?? {}), ['a', 'c'])
  t.strictSame(Object.keys(plainly?.disabledServices ?? {}), ['b'])
  t.strictSame(Object.keys(plainly?.volumes ?? {}), [])
  t.strictSame(plain(plainly?.services['c']?.depends_on), {})
  for (const input of [
    { profiles: ['debug'] },
    { profiles: ['*'] },
    { variables: { COMPOSE_PROFILES: 'x, debug' } },
  ]) {
    t.strictSame(Object.keys(loadText(text, input).project?.services ?? {}), ['a', 'b', 'c'])
  }
})

t.test(
  'a service that is asked for by name must activate its profiles, for what it needs alone',
  async (t) => {
    const text = `services:
  web: {image: a, depends_on: {helper: {condition: service_started, required: false}}}
  debug: {image: b, profiles: [tools], depends_on: [helper], env_file: debug.env, volumes: ["vol:/v"]}
  helper: {image: c, profiles: [tools, other]}
  sibling: {image: d, profiles: [tools]}
  far: {image: e, profiles: [far], depends_on: [helper]}
volumes: {vol: {}}
`
    const files = { '/p/compose.yaml': text, '/p/debug.env': 'A=1' }
    const ask = (...services: readonly string[]) => loadFrom(files, { services })
    const names = ({ project }: ReturnType<typeof ask>) => Object.keys(project?.services ?? {}).sort()
    const debug = ask('debug')
    t.strictSame(names(debug), ['debug', 'helper', 'web'])
    t.strictSame(Object.keys(debug.project?.disabledServices ?? {}), ['far', 'sibling'])
    t.match(plain(debug.project?.services['debug']), { environment: { A: '1' } })
    t.strictSame(Object.keys(debug.project?.volumes ?? {}), ['vol'])
    t.strictSame(debug.activating, ['debug'])
    t.strictSame(names(ask('helper')), ['helper', 'web'])
    t.match(lines(ask('far').problems), [/BH_SERVICE_NOT_FOUND .*compose.yaml:6:49 .*"helper"/])
    t.strictSame(names(ask('far', 'debug')), ['debug', 'far', 'helper', 'web'])
    t.strictSame(ask('far', 'debug', 'web').activating, ['far', 'debug', 'web'])
    t.match(ask('web', 'nothing', '__proto__'), { activating: [], problems: [] })
    t.strictSame(names(ask('web')), ['web'])
    t.strictSame(loadFrom(files, { services: ['debug'], profiles: ['tools'] }).activating, [])
  },
)

t.test('a name must come from -p, COMPOSE_PROJECT_NAME, the file or the folder, in this order', async (t) => {
  const named = 'name: File-${N:-x}\nservices: {a: {image: "$COMPOSE_PROJECT_NAME"}}'
  const files = { '/My Folder/compose.yaml': named, '/My Folder/plain.yaml': 'services: {a: {image: a}}' }
  const name = (input: Parameters<typeof loadFrom>[1]) =>
    loadFrom(files, { workingDir: '/My Folder', ...input }).project?.name
  t.equal(name({ projectName: 'given', variables: { COMPOSE_PROJECT_NAME: 'env' } }), 'given')
  t.equal(name({ variables: { COMPOSE_PROJECT_NAME: 'env' } }), 'env')
  t.equal(name({}), 'file-x')
  t.equal(name({ configFiles: ['plain.yaml'] }), 'myfolder')
  t.equal(loadFrom(files, { workingDir: '/My Folder' }).project?.services['a']?.image, 'file-x')
})

t.test('files must be found in parents, by COMPOSE_FILE and through .env', async (t) => {
  const files = {
    '/p/compose.yaml': 'services: {a: {image: up}}',
    '/p/compose.override.yaml': 'services: {a: {hostname: over}}',
    '/q/.env': 'COMPOSE_FILE=one.yml;two.yml\nCOMPOSE_PATH_SEPARATOR=;',
    '/q/one.yml': 'services: {a: {image: one}}',
    '/q/two.yml': 'services: {a: {hostname: two}}',
  }
  const parent = loadFrom(files, { workingDir: '/p/x/y' }).project
  t.match(parent, { workingDir: '/p', configFiles: ['/p/compose.yaml', '/p/compose.override.yaml'] })
  t.match(loadFrom(files, { workingDir: '/q' }).project?.services['a'], { image: 'one', hostname: 'two' })
})

t.test('what is implied must be written out', async (t) => {
  const { project } = loadText(`services:
  a: {image: a, links: ["b:x"], network_mode: "service:c", volumes_from: [d], pull_policy: if_not_present}
  b: {image: b}
  c: {build: ./c}
  d: {image: d}
`)
  t.strictSame(plain(project?.services['a']?.depends_on), {
    b: { condition: 'service_started', restart: true, required: true },
    c: { condition: 'service_started', restart: true, required: true },
    d: { condition: 'service_started', restart: false, required: true },
  })
  t.equal(project?.services['a']?.networks, undefined)
  t.equal(project?.services['a']?.pull_policy, 'missing')
  t.strictSame(plain(project?.services['c']?.build), { context: '/p/c', dockerfile: 'Dockerfile' })
})

t.test('YAML must be read by the rules that Compose users know', async (t) => {
  const { project, problems } = loadText(`
x-base: &base {image: i, environment: &env {A: 012, B: 0o17, C: yes, D: 1.0, E: 1e10, F: 2001-12-14, G: 12345678901234567890, H: 0x1F, I: 1_000, J: .5, K: ~}}
services:
  a:
    <<: *base
    environment: {<<: *env, C: no}
---
services:
  a: {hostname: second}
`)
  t.strictSame(lines(problems), [])
  t.strictSame(plain(project?.services['a']?.environment), {
    A: '10',
    B: '15',
    C: 'no',
    D: '1',
    E: '1e+10',
    F: '2001-12-14 00:00:00 +0000 UTC',
    G: '12345678901234567890',
    H: '31',
    I: '1000',
    J: '0.5',
    K: null,
  })
  t.equal(project?.services['a']?.hostname, 'second')
})

t.test('attributes of 2026 must load by the specification', async (t) => {
  const { project, problems } = loadText(`
services:
  app:
    image: app
    pull_policy: every_12h
    use_api_socket: true
    models: {llm: {endpoint_var: URL, model_var: NAME}, small: }
    networks: {n: {interface_name: eth7, gw_priority: 5}}
    pre_start: [{image: init, command: migrate now}, {command: [seed]}]
    post_start: [{command: [a, b], privileged: true, environment: [X=1]}]
    volumes: [{type: image, source: data:1, target: /d, image: {subpath: x}}, {type: volume, source: v, target: /v, volume: {labels: [a=b]}}]
    develop: {watch: [{path: ./src, action: sync+exec, target: /src, include: "*.ts", initial_sync: true, exec: {command: go}}]}
    build: {context: ., provenance: "mode=max", sbom: true, no_cache_filter: builder, ssh: [default], additional_contexts: ["x=service:app"]}
  hw: {provider: {type: gpu, options: {size: 3}}}
  short: {image: s, models: [llm], isolation: hyperv}
models: {llm: {model: ai/x, context_size: 4096, runtime_flags: [--a]}, small: {model: ai/y}}
networks: {n: }
volumes: {v: }
`)
  t.strictSame(lines(problems), [])
  t.match(plain(project?.services['app']), {
    pull_policy: 'every_12h',
    use_api_socket: true,
    models: { llm: { endpoint_var: 'URL', model_var: 'NAME' }, small: null },
    networks: { n: { interface_name: 'eth7', gw_priority: 5 } },
    pre_start: [
      { image: 'init', command: ['migrate', 'now'] },
      { image: 'app', command: ['seed'] },
    ],
    post_start: [{ command: ['a', 'b'], privileged: true, environment: { X: '1' } }],
    volumes: [
      { type: 'image', source: 'data:1', target: '/d', image: { subpath: 'x' } },
      { type: 'volume', volume: { labels: { a: 'b' } } },
    ],
    develop: {
      watch: [{ path: '/p/src', include: ['*.ts'], initial_sync: true, exec: { command: ['go'] } }],
    },
    build: { provenance: 'mode=max', sbom: true, no_cache_filter: ['builder'] },
  })
  t.match(plain(project?.services['hw']), { provider: { type: 'gpu', options: { size: 3 } } })
  t.equal(project?.services['hw']?.networks, undefined)
  t.match(plain(project?.models), { llm: { model: 'ai/x', context_size: 4096 }, small: { model: 'ai/y' } })
})

t.test('a bundle of what was read must load to the same project, and reach nothing else', async (t) => {
  const machine = {
    files: {
      '/p/compose.yaml': `include: [{path: sub/c.yaml, project_directory: sub}]
services:
  a: {image: "$IMAGE", env_file: a.env, secrets: [s, v], configs: [c]}
secrets: {s: {file: ./s.txt}, v: {environment: TOKEN}}
configs: {c: {content: "x=$IMAGE"}}
`,
      '/p/a.env': 'X=$HOME',
      '/p/s.txt': 'secret',
      '/p/sub/c.yaml': 'services: {b: {extends: {file: d.yaml, service: d}}}',
      '/p/sub/d.yaml': 'services: {d: {image: d}}',
      '/p/unread.txt': 'private',
    },
    variables: { IMAGE: 'i', TOKEN: 'token', HOME: '/home', PRIVATE: 'private' },
  }
  const recorder = record(readerOf(machine))
  const input = { workingDir: '/p', configFiles: [], profiles: [], environmentFiles: [] }
  const loaded = load({ ...input, reader: recorder.reader })
  if (loaded.project === undefined) throw new Error(lines(loaded.problems).join('\n'))
  t.strictSame(readContents(loaded.project, recorder.reader).problems, [])
  const files = Object.fromEntries(
    [...recorder.files()].map(([path, bytes]) => [path, new TextDecoder().decode(bytes)]),
  )
  const bundle: Bundle = {
    ...input,
    files,
    environment: Object.fromEntries(recorder.variables()),
    contexts: {},
  }
  t.notOk(JSON.stringify(bundle).includes('private'))
  const again = loadBundle(bundle)
  t.strictSame(plain(again.project), plain(loaded.project))
  const contents = readContents(loaded.project, bundleReader(bundle))
  const texts = [...contents.secrets, ...contents.configs].map(
    ([key, bytes]) => `${key}=${new TextDecoder().decode(bytes)}`,
  )
  t.strictSame(texts, ['s=secret', 'v=token', 'c=x=i'])
})

t.test('no path of a bundle must reach the machine that loads it', async (t) => {
  const text = `include: [/etc/passwd]
services:
  a: {image: a, env_file: ../../../../etc/passwd, label_file: /etc/hostname, extends: {file: /etc/hosts, service: x}}
  b: {image: b, secrets: [s]}
secrets: {s: {file: /etc/passwd}}
`
  const bundle: Bundle = {
    workingDir: '/p',
    configFiles: ['/p/compose.yaml'],
    profiles: [],
    environmentFiles: ['/etc/environment'],
    files: { '/p/compose.yaml': text },
    environment: {},
    contexts: {},
  }
  const { project, problems } = loadBundle(bundle)
  t.equal(project, undefined)
  t.strictSame([...new Set(problems.map(({ code }) => code))], ['BH_FILE_NOT_FOUND'])
})

t.test('variables that stay must be left alone with interpolate off', async (t) => {
  const { document } = loadText(
    'services: {a: {image: "x:$TAG", environment: [A], cpus: "${C:-2}", ports: ["${P:-1}:80"]}}',
    {
      options: { interpolate: false },
      variables: { A: 'set', TAG: 'set' },
    },
  )
  t.match(plain(document), {
    services: { a: { image: 'x:$TAG', environment: ['A'], cpus: '${C:-2}', ports: ['${P:-1}:80'] } },
  })
})
