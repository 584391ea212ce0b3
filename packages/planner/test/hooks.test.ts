import t from 'tap'
import type { Dependency, Service } from '@bulkhead/model'
import { openHooks, sealHooks } from '../src/index.ts'
import { containerSpec } from '../src/specification/container.ts'
import { initSpec } from '../src/specification/init.ts'
import { linux, scenario } from './scenario.ts'

const onWeb: Readonly<Record<string, Dependency>> = { web: { condition: 'service_started', required: true } }
const run = (command: string) => ({ command: [command] })

t.test('post_start hooks must run in their order after the start, and dependents wait for them', (t) => {
  const services = {
    web: { post_start: [run('first'), run('second')] } satisfies Partial<Service>,
    front: { depends_on: onWeb },
  }
  scenario()
    .wants(services)
    .finds('network')
    .plans(
      t,
      '[] #1 create container app-web-1 (not found)',
      '[1] #2 start container app-web-1 (not found)',
      '[2] #3 run post_start[0] in container app-web-1 (not found)',
      '[3] #4 run post_start[1] in container app-web-1 (not found)',
      '[] #5 create container app-front-1 (not found)',
      '[4,5] #6 start container app-front-1 (not found)',
    )
  t.end()
})

t.test('hooks that an interrupted round did not get to must run in the next, and no others', (t) => {
  const web = scenario().wants({
    web: { post_start: [run('first'), run('second')] },
    front: { depends_on: onWeb },
  })
  web
    .finds('web running', 'front created')
    .plans(
      t,
      '[] #1 run post_start[0] in container app-web-1 (not run since its start)',
      '[1] #2 run post_start[1] in container app-web-1 (not run since its start)',
      '[2] #3 start container app-front-1 (not started)',
    )
  web
    .finds('web running hooked=1', 'front running')
    .inTheLoop()
    .plans(t, '[] #1 run post_start[1] in container app-web-1 (not run since its start)')
  web.finds('web running hooked=2', 'front running').plans(t)
  web.finds('web running composed', 'front running').plans(t)
  t.end()
})

t.test('a plan with hooks carried out must leave nothing to plan', (t) => {
  const service = { post_start: [run('first')], pre_stop: [run('last')], pre_start: [run('init')] }
  for (const found of [['network'], ['web running changed stops=drain'], ['web created'], ['web exited']]) {
    const before = scenario()
      .wants({ web: service })
      .finds(...found)
    t.not(before.text(), '')
    t.equal(before.afterwards().text(), '', found.join())
  }
  t.end()
})

t.test('pre_stop hooks must run before every stop, those that the container was made with', (t) => {
  const web = scenario().wants({ web: { pre_stop: [run('new')] } })
  web
    .finds('web running changed stops=old')
    .plans(
      t,
      '[] #1 create container 0000000000aa_app-web-1 (configuration changed)',
      '[1] #2 run pre_stop[0] in container app-web-1 (configuration changed)',
      '[2] #3 stop container app-web-1 (configuration changed)',
      '[3] #4 remove container app-web-1 (configuration changed)',
      '[4] #5 rename container 0000000000aa_app-web-1 to app-web-1 (configuration changed)',
      '[5] #6 start container app-web-1 (configuration changed)',
    )
  web
    .finds('web running stops=old')
    .down()
    .plans(
      t,
      '[] #1 run pre_stop[0] in container app-web-1 (project goes down)',
      '[1] #2 stop container app-web-1 (project goes down)',
      '[2] #3 remove container app-web-1 (project goes down)',
      '[3] #4 remove network app_default (project goes down)',
    )
  web
    .finds('web running stops=old')
    .stopped()
    .plans(
      t,
      '[] #1 run pre_stop[0] in container app-web-1 (asked for)',
      '[1] #2 stop container app-web-1 (asked for)',
    )
  t.end()
})

t.test('pre_stop hooks must run on scale-down, and before the stop for a replaced dependency', (t) => {
  scenario()
    .wants({ web: {} })
    .finds('web running', 'web running #2 stops=drain')
    .plans(
      t,
      '[] #1 run pre_stop[0] in container app-web-2 (more than asked for)',
      '[1] #2 stop container app-web-2 (more than asked for)',
      '[2] #3 remove container app-web-2 (more than asked for)',
    )
  scenario()
    .wants({
      db: {},
      web: { depends_on: { db: { condition: 'service_started', required: true, restart: true } } },
    })
    .finds('db running changed', 'web running stops=drain')
    .plans(
      t,
      '[] #1 run pre_stop[0] in container app-web-1 (a dependency is replaced)',
      '[1] #2 stop container app-web-1 (a dependency is replaced)',
      '[] #3 create container 0000000000aa_app-db-1 (configuration changed)',
      '[2,3] #4 stop container app-db-1 (configuration changed)',
      '[4] #5 remove container app-db-1 (configuration changed)',
      '[5] #6 rename container 0000000000aa_app-db-1 to app-db-1 (configuration changed)',
      '[6] #7 start container app-db-1 (configuration changed)',
      '[2,7] #8 start container app-web-1 (a dependency is replaced)',
    )
  t.end()
})

t.test(
  'pre_stop hooks must not run where nothing can be run; those of a Compose container are the file’s',
  (t) => {
    const web = scenario().wants({ web: { pre_stop: [run('last')] } })
    const stop = [
      '[] #1 stop container app-web-1 (project goes down)',
      '[1] #2 remove container app-web-1 (project goes down)',
      '[2] #3 remove network app_default (project goes down)',
    ]
    web
      .finds('web paused stops=last')
      .down()
      .plans(t, ...stop)
    web
      .finds('web running')
      .down()
      .plans(t, ...stop)
    t.match(web.finds('web running composed').down().text(), /run pre_stop\[0\]/)
    t.notMatch(web.finds('web exited stops=last').down().text(), /pre_stop/)
    t.end()
  },
)

t.test('pre_start hooks must run once a service, before its first start, when its conditions hold', (t) => {
  const depends: Service['depends_on'] = { db: { condition: 'service_healthy', required: true } }
  scenario()
    .wants({ db: {}, web: { depends_on: depends, scale: 2, pre_start: [run('one'), run('two')] } })
    .finds('db running')
    .plans(
      t,
      '[] #1 create container app-web-1 (not found)',
      '[] #2 await service db healthy (needed by those that depend on it)',
      '[1,2] #3 run pre_start[0] of service web (before the first start)',
      '[3] #4 run pre_start[1] of service web (before the first start)',
      '[1,4] #5 start container app-web-1 (not found)',
      '[] #6 create container app-web-2 (not found)',
      '[4,6] #7 start container app-web-2 (not found)',
    )
  t.end()
})

t.test('pre_start hooks must not run on scale-up, on a restart or when nothing changed', (t) => {
  const web = scenario().wants({ web: { scale: 2, pre_start: [run('one')] } })
  for (const found of ['web running', 'web exited']) t.notMatch(web.finds(found).text(), /pre_start/, found)
  web.finds('web running', 'web running #2').plans(t)
  t.match(web.finds('web created').text(), /pre_start/)
  t.end()
})

t.test('what is replaced must go on until the pre_start hooks of its successor are done', (t) => {
  scenario()
    .wants({ web: { pre_start: [run('one')] } })
    .finds('web running changed')
    .plans(
      t,
      '[] #1 create container 0000000000aa_app-web-1 (configuration changed)',
      '[1] #2 run pre_start[0] of service web (before the first start)',
      '[1,2] #3 stop container app-web-1 (configuration changed)',
      '[3] #4 remove container app-web-1 (configuration changed)',
      '[4] #5 rename container 0000000000aa_app-web-1 to app-web-1 (configuration changed)',
      '[2,5] #6 start container app-web-1 (configuration changed)',
    )
  t.end()
})

t.test('the container of an interrupted pre_start hook must go, and the hook run again', (t) => {
  const web = scenario().wants({ web: { pre_start: [run('one')] } })
  web
    .finds('web created', 'web running hook')
    .plans(
      t,
      '[] #1 remove container app-web-pre_start-0 (left by an interrupted pre_start hook)',
      '[1] #2 run pre_start[0] of service web (before the first start)',
      '[2] #3 start container app-web-1 (not started)',
    )
  web
    .finds('web running', 'web exited hook')
    .inTheLoop()
    .plans(t, '[] #1 remove container app-web-pre_start-0 (left by an interrupted pre_start hook)')
  t.match(web.finds('web created', 'web exited hook').down().text(), /remove container app-web-pre_start-0/)
  t.end()
})

t.test('a label must not show the hooks it holds, and open with its key alone', (t) => {
  const hooks = [{ command: ['sh', '-c', 'drain'], environment: { TOKEN: 'hunter2' } }]
  const label = sealHooks(hooks, 'key')
  t.notMatch(label, /drain|hunter2/)
  t.equal(sealHooks(hooks, 'key'), label, 'the same plan every time')
  t.strictSame(openHooks(label, 'key'), hooks)
  t.equal(openHooks(label, 'other'), undefined)
  t.equal(openHooks('v1:AAAA', 'key'), undefined)
  t.end()
})

t.test('the container of a pre_start hook must be like the service and not be taken for it', (t) => {
  const service: Service = {
    name: 'web',
    image: 'bb:1',
    entrypoint: ['/entry'],
    command: ['serve'],
    user: 'app',
    environment: { A: '1', B: '2' },
    networks: { default: { aliases: ['www'], ipv4_address: '10.0.0.9' } },
    ports: [{ target: 80, published: '8080', protocol: 'tcp' }],
    restart: 'always',
    cap_drop: ['ALL'],
    volumes: [{ type: 'volume', source: 'data', target: '/data' }],
  }
  const input = {
    project: {
      name: 'app',
      workingDir: '/app',
      configFiles: [],
      environmentFiles: [],
      services: { web: service },
      disabledServices: {},
      networks: { default: { name: 'app_default' } },
      volumes: { data: { name: 'app_data' } },
      secrets: {},
      configs: {},
      models: {},
      extensions: {},
      positions: new Map(),
    },
    service,
    number: 1,
    profile: { mode: 'hyperv', kernel: 'own', runtime: 'runsc' } as const,
    capabilities: linux,
    image: undefined,
    hash: 'v1:x',
    hashKey: 'key',
    composeHash: 'c',
    inherited: [],
  }
  const hook = { command: ['migrate'], user: 'root', environment: { B: '3' } }
  const own = initSpec({ ...input, hook, index: 1, beside: 'app-web-1' })
  t.equal(own.name, 'app-web-pre_start-1')
  t.strictSame(own.networks, [{ network: 'app_default', endpoint: {} }])
  t.match(own.body, {
    Image: 'bb:1',
    Entrypoint: ['/entry'],
    Cmd: ['migrate'],
    User: 'root',
    Env: ['A=1', 'B=3'],
    HostConfig: {
      Runtime: 'runsc',
      VolumesFrom: ['app-web-1'],
      CapDrop: ['ALL'],
      RestartPolicy: { Name: 'no' },
      NetworkMode: 'app_default',
    },
  })
  const labels = own.body['Labels'] as Readonly<Record<string, string>>
  t.equal(labels['com.docker.compose.hook'], 'pre_start')
  t.notOk('com.docker.compose.config-hash' in labels)
  t.notOk('PortBindings' in (own.body['HostConfig'] as object))
  const other = initSpec({ ...input, hook: { ...hook, image: 'tools:1' }, index: 0, beside: 'app-web-1' })
  t.match(other.body, { Image: 'tools:1', Cmd: ['migrate'] })
  t.notOk('Entrypoint' in other.body, 'the entrypoint belongs to the image of the service')
  t.ok(containerSpec({ ...input, service: { ...service, pre_stop: [hook] } }).body['Labels'])
  t.end()
})
