import t from 'tap'
import type { Dependency, Service } from '@bulkhead/model'
import { scenario } from './scenario.ts'

const needs = (condition: Dependency['condition'], more: Partial<Dependency> = {}): Dependency => ({
  condition,
  required: true,
  ...more,
})
const webOnDb = (condition: Dependency['condition'] = 'service_started', more: Partial<Dependency> = {}) => ({
  db: {},
  web: { depends_on: { db: needs(condition, more) } } satisfies Partial<Service>,
})

t.test('a project that is not there must be made whole, networks first, in start order', (t) => {
  scenario()
    .wants(webOnDb('service_healthy'))
    .plans(
      t,
      '[] #1 create network app_default (not found)',
      '[1] #2 create container app-db-1 (not found)',
      '[2] #3 start container app-db-1 (not found)',
      '[1] #4 create container app-web-1 (not found)',
      '[3] #5 await service db healthy (needed by those that depend on it)',
      '[4,5] #6 start container app-web-1 (not found)',
    )
  t.end()
})

t.test('a project that runs as asked must be left alone', (t) => {
  scenario().wants(webOnDb()).finds('db running', 'web running').plans(t)
  scenario().wants(webOnDb()).finds('db running', 'web running').inTheLoop().plans(t)
  t.end()
})

t.test('a changed service must be replaced while its neighbours are left alone', (t) => {
  scenario()
    .wants(webOnDb())
    .finds('db running', 'web running changed')
    .plans(
      t,
      '[] #1 create container 0000000000ab_app-web-1 (configuration changed)',
      '[1] #2 stop container app-web-1 (configuration changed)',
      '[2] #3 remove container app-web-1 (configuration changed)',
      '[3] #4 rename container 0000000000ab_app-web-1 to app-web-1 (configuration changed)',
      '[4] #5 start container app-web-1 (configuration changed)',
    )
  t.end()
})

t.test('a dependent with restart: true must stop before what it needs is replaced, and start after', (t) => {
  scenario()
    .wants(webOnDb('service_started', { restart: true }))
    .finds('db running changed', 'web running')
    .plans(
      t,
      '[] #1 stop container app-web-1 (a dependency is replaced)',
      '[] #2 create container 0000000000aa_app-db-1 (configuration changed)',
      '[1,2] #3 stop container app-db-1 (configuration changed)',
      '[3] #4 remove container app-db-1 (configuration changed)',
      '[4] #5 rename container 0000000000aa_app-db-1 to app-db-1 (configuration changed)',
      '[5] #6 start container app-db-1 (configuration changed)',
      '[1,6] #7 start container app-web-1 (a dependency is replaced)',
    )
  t.end()
})

t.test('a dependent with restart: true must start anew with what it needs and somebody removed', (t) => {
  scenario()
    .wants(webOnDb('service_started', { restart: true }))
    .finds('web running')
    .plans(
      t,
      '[] #1 stop container app-web-1 (a dependency is replaced)',
      '[] #2 create container app-db-1 (not found)',
      '[2] #3 start container app-db-1 (not found)',
      '[1,3] #4 start container app-web-1 (a dependency is replaced)',
    )
  t.end()
})

t.test('an interrupted replacement must be finished, at whatever point it broke', (t) => {
  const web = scenario().wants({ web: {} })
  web
    .finds('web running changed', 'web created temporary')
    .plans(
      t,
      '[] #1 stop container app-web-1 (replacement was interrupted)',
      '[1] #2 remove container app-web-1 (replacement was interrupted)',
      '[2] #3 rename container 0000000000aa_app-web-1 to app-web-1 (replacement was interrupted)',
      '[3] #4 start container app-web-1 (replacement was interrupted)',
    )
  web
    .finds('web exited changed', 'web created temporary')
    .plans(
      t,
      '[] #1 remove container app-web-1 (replacement was interrupted)',
      '[1] #2 rename container 0000000000aa_app-web-1 to app-web-1 (replacement was interrupted)',
      '[2] #3 start container app-web-1 (replacement was interrupted)',
    )
  web
    .finds('web created temporary')
    .plans(
      t,
      '[] #1 rename container 0000000000aa_app-web-1 to app-web-1 (replacement was interrupted)',
      '[1] #2 start container app-web-1 (replacement was interrupted)',
    )
  web.finds('web created').plans(t, '[] #1 start container app-web-1 (not started)')
  t.end()
})

t.test('a replacement that is out of date itself must be removed, and the old one replaced anew', (t) => {
  scenario()
    .wants({ web: {} })
    .finds('web running changed', 'web created temporary changed')
    .plans(
      t,
      '[] #1 remove container 0000000000aa_app-web-1 (left by an interrupted replacement)',
      '[1] #2 create container 0000000000aa_app-web-1 (configuration changed)',
      '[2] #3 stop container app-web-1 (configuration changed)',
      '[3] #4 remove container app-web-1 (configuration changed)',
      '[4] #5 rename container 0000000000aa_app-web-1 to app-web-1 (configuration changed)',
      '[5] #6 start container app-web-1 (configuration changed)',
    )
  t.end()
})

t.test('a job that ended well must not run again, one that failed must', (t) => {
  const job = { migrate: {}, web: { depends_on: { migrate: needs('service_completed_successfully') } } }
  scenario().wants(job).finds('migrate exited', 'web running').plans(t)
  scenario()
    .wants(job)
    .finds('migrate failed', 'web running')
    .plans(t, '[] #1 start container app-migrate-1 (not running)')
  t.end()
})

t.test('what ended by itself must be left to its restart policy by the loop', (t) => {
  scenario().wants({ web: {} }).finds('web exited').inTheLoop().plans(t)
  scenario().wants({ web: {} }).finds('web exited').plans(t, '[] #1 start container app-web-1 (not running)')
  t.end()
})

t.test('a removed container must come back, unless somebody stopped its service', (t) => {
  const web = scenario().wants({ web: {} }).finds('network').inTheLoop()
  web.plans(t, '[] #1 create container app-web-1 (not found)', '[1] #2 start container app-web-1 (not found)')
  web.holding('web').plans(t)
  const gone = scenario().wants({ web: {} }).finds().inTheLoop().holding('web')
  gone.plans(t)
  t.end()
})

t.test('scaling must keep the numbers of those that stay', (t) => {
  scenario()
    .wants({ web: { scale: 3 } })
    .finds('web running', 'web running #3')
    .plans(t, '[] #1 create container app-web-2 (not found)', '[1] #2 start container app-web-2 (not found)')
  scenario()
    .wants({ web: { scale: 1 } })
    .finds('web running changed', 'web running #2')
    .plans(
      t,
      '[] #1 stop container app-web-1 (more than asked for)',
      '[1] #2 remove container app-web-1 (more than asked for)',
    )
  t.end()
})

t.test('a container in the namespaces of another must follow when that is replaced', (t) => {
  scenario()
    .wants({
      vpn: {},
      app: { network_mode: 'service:vpn', depends_on: { vpn: needs('service_started', { restart: true }) } },
    })
    .finds('vpn running changed', 'app running')
    .plans(
      t,
      '[] #1 create container 0000000000aa_app-vpn-1 (configuration changed)',
      '[1] #2 stop container app-vpn-1 (configuration changed)',
      '[2] #3 remove container app-vpn-1 (configuration changed)',
      '[3] #4 rename container 0000000000aa_app-vpn-1 to app-vpn-1 (configuration changed)',
      '[4] #5 start container app-vpn-1 (configuration changed)',
      '[5] #6 create container 0000000000ab_app-app-1 ("vpn" is replaced)',
      '[5,6] #7 stop container app-app-1 ("vpn" is replaced)',
      '[7] #8 remove container app-app-1 ("vpn" is replaced)',
      '[8] #9 rename container 0000000000ab_app-app-1 to app-app-1 ("vpn" is replaced)',
      '[5,9] #10 start container app-app-1 ("vpn" is replaced)',
    )
  t.end()
})

t.test('a missing external network must stop everything before anything is made', (t) => {
  scenario().wants({ web: {} }).externalNetwork('nat').refuses(t, 'BH_NETWORK_NOT_FOUND')
  t.end()
})

t.test('down must take dependents first, then networks, and keep volumes unless asked', (t) => {
  const app = scenario().wants(webOnDb()).finds('db running', 'web running', 'volume')
  app
    .down()
    .plans(
      t,
      '[] #1 stop container app-web-1 (project goes down)',
      '[1] #2 remove container app-web-1 (project goes down)',
      '[1] #3 stop container app-db-1 (project goes down)',
      '[3] #4 remove container app-db-1 (project goes down)',
      '[2,4] #5 remove network app_default (project goes down)',
    )
  t.match(app.down({ removeVolumes: true }).text(), /remove volume app_data/)
  t.end()
})

t.test('a plan carried out must leave nothing to plan', (t) => {
  for (const states of [[], ['db running', 'web running changed'], ['web created temporary', 'db exited']]) {
    const before = scenario()
      .wants(webOnDb('service_started'))
      .finds(...states)
    t.equal(before.afterwards().text(), '', states.join(', '))
  }
  t.end()
})

t.test(
  'a service set aside must be left with what needs it, and nothing is stopped for what does not come',
  (t) => {
    const app = scenario()
      .wants({
        db: {},
        web: { depends_on: { db: { condition: 'service_started', required: true, restart: true } } },
        job: {},
      })
      .finds('db running changed', 'web running', 'job running changed')
      .inTheLoop()
    t.match(app.text(), /stop container app-web-1/)
    app
      .settingAside('db')
      .plans(
        t,
        '[] #8 create container 0000000000ac_app-job-1 (configuration changed)',
        '[8] #9 stop container app-job-1 (configuration changed)',
        '[9] #10 remove container app-job-1 (configuration changed)',
        '[10] #11 rename container 0000000000ac_app-job-1 to app-job-1 (configuration changed)',
        '[11] #12 start container app-job-1 (configuration changed)',
      )
    t.end()
  },
)

t.test('what is wrong with a service that is set aside must stop nothing else', (t) => {
  const app = scenario()
    .wants({ lost: { image: 'lost:1' }, web: {} })
    .inTheLoop()
  app.refuses(t, 'BH_IMAGE_NOT_FOUND')
  t.match(app.settingAside('lost').text(), /start container app-web-1/)
  t.notMatch(app.settingAside('lost').text(), /app-lost-1/)
  t.end()
})
